"""The figures of revenue in the windows that came before, each as long as the one in question.

What it takes to ask is read once for all of them, so a page can show where a figure comes from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from accounts.models import Account, ExchangeRate, Subscription
from metrics.formulas.days import months_later
from metrics.measures.comparisons import former
from metrics.measures.exchange import Rates, rates_for
from metrics.measures.ledger import PaidRow, paid_rows
from metrics.measures.lifetime import clv
from metrics.measures.measure import Days, Measure
from metrics.measures.memory import remembered
from metrics.measures.renewals import Due, Renewals, coming_renewals, renewals_of
from metrics.measures.retention import RevenueRetention, retained
from metrics.measures.revenue import Arr, added_up, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.takeovers import Takeovers

STEP_MONTHS = 3
LEAST_STEPS = 4
COMING_DAYS = 180


@dataclass(frozen=True, slots=True)
class Books:
    """The figures of revenue over time, what accounts pay today, and what ends within half a year."""

    history: Sequence["Kept"]
    arr: Arr
    due: Sequence[Due]

    @property
    def now(self) -> "Kept":
        """The figures of the window in question."""
        return self.history[-1]

    def former(self, scope: Scope) -> "Kept":
        """Return the figures of the window as long as the scope's that ends where it begins."""
        window = former(scope).window
        return next(kept for kept in self.history if kept.window == window)


class Kept(NamedTuple):
    """What became of the customers of one window, what one is worth at its end, and what fell due in it."""

    window: Days
    retention: RevenueRetention
    clv: Measure
    renewals: Renewals


def books(scope: Scope) -> Books:
    """Return what contracts say of a scope, kept until one of them changes.

    Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    return remembered(_books, scope, (Subscription, ExchangeRate, Account))


def _books(scope: Scope) -> Books:
    """Work out the figures of `windows_before` and of the scope itself, each as asking alone says it."""
    scopes = [
        replace(scope, start=days.start, end=days.end, today=min(scope.today, days.end))
        for days in windows_before(scope)
    ]
    rows = paid_rows(scope, scope.end)
    rates = rates_for({scope.today, *(day for each in scopes for day in (each.start, each.end) if day)})
    takeovers = Takeovers.ever(scope)
    levels: dict[tuple[date, date], Arr] = {}

    def level(day: date, at: date) -> Arr:
        known = rates[at]
        key = (day, known.month if known.quotes else day)
        if key not in levels:
            levels[key] = _level(rows, day, known)
        return levels[key]

    found = []
    for each, renewed in zip(scopes, renewals_of(scopes, rates), strict=True):
        assert each.start is not None
        before, after = level(each.start, each.start), level(each.end, each.start)
        kept = retained(each, before, after, takeovers.until(each.end))
        worth = clv(each, retained=kept.grr, arr=level(each.end, each.end))
        found.append(Kept(each.window, kept, worth, renewed))
    due = coming_renewals(scope, COMING_DAYS, rates=rates[scope.today])
    return Books(found, level(scope.today, scope.today), due)


def windows_before(scope: Scope) -> list[Days]:
    """Return windows as long as the scope's, oldest first and its own last; the former one is among them.

    A window of whole months is moved by a quarter, any other one by itself.
    """
    return [*_steps(scope)][::-1]


def _steps(scope: Scope) -> Iterator[Days]:
    start, end = scope.start, scope.end
    if start is None:
        raise ValueError("there is no window before all days")
    months = 12 * (end.year - start.year) + end.month - start.month
    if months and months_later(end, -months) == start:
        step = STEP_MONTHS if months % STEP_MONTHS == 0 else months
        for back in range(0, max(LEAST_STEPS * step, months) + 1, step):
            yield Days(months_later(start, -back), months_later(end, -back))
    else:
        length = end - start
        for back in range(LEAST_STEPS + 1):
            yield Days(start - back * length, end - back * length)


def _level(rows: Sequence[PaidRow], day: date, rates: Rates) -> Arr:
    in_force = (
        (row.account, row.currency, row.value)
        for row in rows
        if row.starts_on <= day and (row.last is None or row.last > day)
    )
    return added_up(rates, in_force)
