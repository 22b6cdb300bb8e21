"""Recurring revenue month by month: how what accounts pay came to be what it is."""

from bisect import bisect_left
from datetime import date
from decimal import Decimal
from itertools import accumulate
from typing import NamedTuple

from django.conf import settings

from metrics.formulas.days import month_of, months_later
from metrics.formulas.money import ZERO, total_known
from metrics.measures.exchange import rates_on
from metrics.measures.ledger import Ledger, currencies_of
from metrics.measures.measure import Measure, Unit
from metrics.measures.movements import DEFINITION
from metrics.measures.scope import Scope

ONE = Decimal(1)


class Level(NamedTuple):
    """The ARR on one day at the exchange rates of another; None where a currency has no rate.

    `rates_of` is that other day, None where the rates of the day itself make the same of it.
    """

    day: date
    value: Decimal | None
    rates_of: date | None = None


def level_at(scope: Scope, rates_of: date) -> Measure:
    """Return the ARR (money) at the end of the window, at the exchange rates of another day.

    Raises PermissionDenied for whoever may not see revenue.
    """
    ledger, rates = Ledger(scope), rates_on(rates_of)
    rows = [row for row in ledger.rows if row.is_in_force(scope.closes_on)]
    paid = currencies_of(rows)
    return scope.measure(
        "arr",
        Unit.MONEY,
        total_known(rates.convert(row.value, row.currency) for row in rows),
        n=len({ledger.customers[row.account] for row in rows}),
        counted="customers at the end",
        definition=f"{DEFINITION} At the exchange rates of {rates.month:%B %Y}.",
        currency=settings.REPORTING_CURRENCY,
        notes=rates.notes(paid),
    )


def arr_levels(ledger: Ledger, months: int) -> list[Level]:
    """Return the ARR on the first of so many months, and at the end of the window, today at the latest.

    All at the rates of that last day, so that no exchange rate looks like growth. It begins with the first
    month in which anybody paid; empty where nobody ever did.
    """
    last = ledger.scope.closes_on
    rows = [row for row in ledger.rows if row.starts_on <= last]
    if not rows:
        return []
    begun = min(row.starts_on for row in rows)
    days = [max(months_later(month_of(last).start, 1 - months), month_of(begun).start)]
    while (following := months_later(days[-1], 1)) <= last:
        days.append(following)
    if days[-1] != last:
        days.append(last)
    # What changes from one day to the next, so that a long contract is not added up day by day.
    rates, steps = ledger.rates(last), [ZERO] * (len(days) + 1)
    unknown = [0] * (len(days) + 1)
    for row in rows:
        amount = rates.convert(row.value, row.currency)
        since = bisect_left(days, row.starts_on)
        until = bisect_left(days, row.last) if row.last else len(days)
        if since < until:
            for place, sign in ((since, 1), (until, -1)):
                steps[place] += sign * (amount or ZERO)
                unknown[place] += sign * (amount is None)
    sums = zip(days, accumulate(steps), accumulate(unknown), strict=False)
    paid = currencies_of(rows)

    def is_of_then(day: date) -> bool:
        then = ledger.rates(day)
        return all(then.convert(ONE, each) == rates.convert(ONE, each) for each in paid)

    return [
        Level(day, None if missing else value, None if is_of_then(day) else last)
        for day, value, missing in sums
    ]
