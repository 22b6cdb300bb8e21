"""How much of last year's revenue is still there: GRR, NRR and logo churn (METRICS §1.5, §1.7)."""

from typing import NamedTuple

from django.conf import settings

from metrics.formulas.money import ZERO
from metrics.formulas.retention import Retention, retention
from metrics.measures.exchange import rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.revenue import Arr, arr_on, require_revenue
from metrics.measures.scope import Scope

GRR = (
    "Of the yearly revenue of those who were customers at the start, the part still paid at the end;"
    " nobody counts for more than at the start."
)
NRR = (
    "What those who were customers at the start pay at the end, in percent of what they paid then;"
    " growth counts, new customers do not."
)
LOGO_CHURN = "Of those who were customers at the start, the percentage that pays nothing at the end."


class RevenueRetention(NamedTuple):
    """What became of the customers of the window's first day, three ways."""

    grr: Measure
    nrr: Measure
    logo_churn: Measure


def grr(scope: Scope) -> Measure:
    """Return gross revenue retention (0..100 percent), None without customers at the start."""
    return revenue_retention(scope).grr


def nrr(scope: Scope) -> Measure:
    """Return net revenue retention (>= 0 percent), None without customers at the start."""
    return revenue_retention(scope).nrr


def logo_churn(scope: Scope) -> Measure:
    """Return the customers lost (0..100 percent), None without customers at the start."""
    return revenue_retention(scope).logo_churn


def revenue_retention(scope: Scope) -> RevenueRetention:
    """Return GRR, NRR and logo churn between the first day of the window and its end, account by account.

    Both ends are converted at the rates of the first day, so that exchange rates neither keep nor lose a
    customer. Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    if scope.start is None:
        raise ValueError("retention compares two days, so the scope needs a start")
    rates = rates_on(scope.start)
    before, after = (arr_on(day, scope.accounts, rates) for day in (scope.start, scope.end))
    return _measures(scope, before, after)


def _measures(scope: Scope, before: Arr, after: Arr) -> RevenueRetention:
    pairs = {account: (amount, after.of(account)) for account, amount in before.by_account.items()}
    notes = before.rates.notes(before.currencies_of(pairs) | after.currencies_of(pairs))
    is_known = all(None not in pair for pair in pairs.values())
    outcome = retention((a or ZERO, b or ZERO) for a, b in pairs.values()) if is_known else None
    lost = sum(after.of(account) == ZERO for account in pairs)

    def measure(metric: str, value: float | None, definition: str, money: bool = True) -> Measure:
        return scope.measure(
            metric,
            Unit.PERCENT,
            value,
            n=len(pairs),
            counted="customers at the start",
            definition=definition,
            currency=settings.REPORTING_CURRENCY,
            notes=notes if money else (),
            beside=_money(outcome) if money and outcome else {"lost": lost},
        )

    return RevenueRetention(
        measure("grr", outcome and outcome.grr, GRR),
        measure("nrr", outcome and outcome.nrr, NRR),
        measure("logo_churn", 100 * lost / len(pairs) if pairs else None, LOGO_CHURN, money=False),
    )


def _money(outcome: Retention) -> dict[str, object]:
    return {
        "start": outcome.start,
        "kept": outcome.kept,
        "contraction": outcome.contraction,
        "churn": outcome.churn,
        "expansion": outcome.expansion,
        "end": outcome.end,
    }
