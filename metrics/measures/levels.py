"""Recurring revenue month by month: how what accounts pay came to be what it is."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas.days import month_of, months_later
from metrics.formulas.money import ZERO
from metrics.measures.exchange import Rates, rates_on
from metrics.measures.movements import PaidRow, paid_rows
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope


class Level(NamedTuple):
    """The ARR on one day; None where a currency has no rate."""

    day: date
    value: Decimal | None


def arr_levels(scope: Scope, months: int) -> list[Level]:
    """Return the ARR of the accounts in question on the first of so many months, and today.

    All at the rates of today, so that no exchange rate looks like growth. It begins with the first month in
    which anybody paid; empty where nobody ever did. Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    rows, rates = paid_rows(scope, scope.today), rates_on(scope.today)
    if not rows:
        return []
    first = max(months_later(month_of(scope.today).start, 1 - months), month_of(_begun(rows)).start)
    days = [first]
    while (following := months_later(days[-1], 1)) < scope.today:
        days.append(following)
    return _levels(rows, [*days, scope.today] if days[-1] != scope.today else days, rates)


def _begun(rows: Sequence[PaidRow]) -> date:
    return min(row.starts_on for row in rows)


def _levels(rows: Sequence[PaidRow], days: Sequence[date], rates: Rates) -> list[Level]:
    values: dict[date, Decimal | None] = defaultdict(lambda: ZERO)
    for row in rows:
        amount = rates.convert(row.value, row.currency)
        for day in days:
            if row.is_in_force(day):
                before = values[day]
                values[day] = None if amount is None or before is None else before + amount
    return [Level(day, values[day]) for day in days]
