"""The figures of revenue in the windows that came before, each as long as the one in question.

What it takes to ask is read once for all of them, so a page can show where a figure comes from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from accounts.models import Account, ExchangeRate, Subscription
from metrics.formulas.days import months_later
from metrics.measures.comparisons import former
from metrics.measures.ledger import Ledger
from metrics.measures.lifetime import clv
from metrics.measures.measure import Days, Measure
from metrics.measures.memory import remembered
from metrics.measures.renewals import Due, Renewals, coming_renewals, renewals_of, terms_between
from metrics.measures.retention import RevenueRetention, retained
from metrics.measures.revenue import Arr, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.terms import Terms

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
    """Work out the figures of the scope, of `windows_before` as they stood then, and what is paid today."""
    scopes = [
        scope
        if days == scope.window
        else replace(scope, start=days.start, end=days.end, today=min(scope.today, days.end))
        for days in windows_before(scope)
    ]
    # What is paid today takes contracts that may have begun after the window.
    ledger = Ledger(scope.between(scope.start, max(scope.end, scope.today)))
    of_today = ledger.rates(scope.today)
    first = min(each.start for each in scopes if each.start)
    read = terms_between(scope, first, max(scope.end, scope.today + timedelta(days=COMING_DAYS)))
    due = coming_renewals(scope, COMING_DAYS, rates=of_today, read=read)
    return Books(kept_in(ledger, scopes, read), ledger.arr(scope.today, of_today), due)


def kept_in(ledger: Ledger, scopes: Sequence[Scope], read: Terms | None = None) -> list[Kept]:
    """Return the figures of several windows of one question, none of which ends after the ledger's.

    What falls due is read unless it was already.
    """
    starts = {scope.start: ledger.rates(scope.start) for scope in scopes if scope.start}
    found = []
    for scope, renewed in zip(scopes, renewals_of(scopes, starts, read), strict=True):
        assert scope.start is not None
        rates = starts[scope.start]
        before, after = ledger.arr(scope.start, rates), ledger.arr(scope.closes_on, rates)
        kept = retained(scope, before, after, ledger.all_takeovers.until(scope.closes_on))
        worth = clv(scope, retained=kept.grr, arr=ledger.arr(scope.closes_on, ledger.rates(scope.closes_on)))
        found.append(Kept(scope.window, kept, worth, renewed))
    return found


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
