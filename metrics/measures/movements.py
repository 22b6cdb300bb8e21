"""How recurring revenue got from one day to another: a bridge that closes exactly (METRICS §1.4)."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import accumulate, chain

from django.conf import settings

from metrics.formulas.days import month_of
from metrics.formulas.money import ZERO
from metrics.formulas.movements import Bridge, Change, bridge, changes, lost_and_regained
from metrics.measures.exchange import Rates
from metrics.measures.ledger import Ledger, PaidRow, currencies_of
from metrics.measures.measure import Measure, Unit
from metrics.measures.scope import Scope

DEFINITION = "Yearly recurring revenue of the subscriptions in force at the end."


@dataclass(frozen=True, slots=True)
class Movements:
    """The bridge, how many customers stand at its end, and what left and came back in between.

    `moves` are the movements of each customer, by the account that it is counted as, and `by_rates` what
    exchange rates did to what it pays: they make the bars.
    """

    bridge: Bridge
    customers: int
    regained: Decimal
    moves: Mapping[int, Sequence[Change]]
    by_rates: Mapping[int, Decimal]


def arr(scope: Scope) -> Measure:
    """Return ARR (money) at the end of the window, None where a rate of then is missing; the bridge beside.

    Raises PermissionDenied for whoever may not see revenue.
    """
    return arr_and_movements(Ledger(scope))[0]


def arr_and_movements(ledger: Ledger) -> tuple[Measure, Movements | None]:
    """Return the same with the movements behind the bridge, None where a rate is missing."""
    scope = ledger.scope
    if scope.start is None:
        raise ValueError("a bridge leads from one day to another, so the scope needs a start")
    moved = currencies_of(row for row in ledger.rows if row.last is None or row.last > scope.start)
    paid = currencies_of(row for row in ledger.rows if row.is_in_force(scope.closes_on))
    opening, closing = ledger.rates(scope.start), ledger.rates(scope.closes_on)
    is_known = all(map(opening.knows, moved)) and all(map(closing.knows, paid))
    found = _movements(ledger, opening, closing) if ledger.rows and is_known else None
    # Without a rate for the first day there is no bridge, and yet a level that it would lead to.
    level = ledger.arr(scope.closes_on, closing)
    customers = {ledger.customers[account] for account in level.by_account}
    notes = opening.notes(moved)
    measure = scope.measure(
        "arr",
        Unit.MONEY,
        found.bridge.closing if found else level.total if customers else None,
        n=found.customers if found else len(customers),
        counted="customers at the end",
        definition=DEFINITION,
        currency=settings.REPORTING_CURRENCY,
        notes=notes + tuple(note for note in closing.notes(paid) if note not in notes),
        beside={**found.bridge._asdict(), "lost_and_regained": found.regained} if found else {},
    )
    return measure, found


def _movements(ledger: Ledger, opening: Rates, closing: Rates) -> Movements:
    """Return the bridge over the window: levels on its first day, on firsts of months and at its end."""
    days, customer = _days(ledger.scope), ledger.customers
    steps: dict[int, dict[int, Decimal]] = defaultdict(lambda: {0: ZERO})
    abroad: dict[int, Decimal] = defaultdict(lambda: ZERO)
    earlier: set[int] = set()
    for row in ledger.rows:
        who = customer[row.account]
        if row.starts_on < days[0]:
            earlier.add(who)
        if row.last and row.last <= days[0]:
            continue
        amount, held = _known(opening, row), steps[who]
        begin = bisect_left(days, row.starts_on)
        until = bisect_left(days, row.last) if row.last else len(days)
        if begin < until:
            held[begin] = held.get(begin, ZERO) + amount
        if begin < until < len(days):
            held[until] = held.get(until, ZERO) - amount
        if row.is_in_force(days[-1]):
            abroad[who] += _known(closing, row)
    levels = {who: _levels(held) for who, held in steps.items()}
    moves = {who: changes(held, was_customer=who in earlier) for who, held in levels.items()}
    closes_at = sum(abroad.values(), ZERO)
    at_opening_rates = sum((held[-1] for held in levels.values()), ZERO)
    return Movements(
        bridge(
            sum((held[0] for held in levels.values()), ZERO),
            chain.from_iterable(moves.values()),
            closes_at,
            closes_at - at_opening_rates,
        ),
        customers=sum(held[-1] > 0 for held in levels.values()),
        regained=lost_and_regained(levels.values()),
        moves=moves,
        by_rates={who: abroad[who] - held[-1] for who, held in levels.items()},
    )


def _levels(steps: Mapping[int, Decimal]) -> list[Decimal]:
    """Return what a customer pays on the first day and after each change, by the place of its day."""
    return [*accumulate(steps[place] for place in sorted(steps))]


def _days(scope: Scope) -> list[date]:
    assert scope.start is not None
    days, month = [scope.start], month_of(scope.start).end
    while month < scope.closes_on:
        days.append(month)
        month = month_of(month).end
    return [*days, scope.closes_on]


def _known(rates: Rates, row: PaidRow) -> Decimal:
    amount = rates.convert(row.value, row.currency)
    assert amount is not None
    return amount
