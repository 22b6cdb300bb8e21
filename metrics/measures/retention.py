"""How much of last year's revenue is still there: GRR, NRR and logo churn (METRICS §1.5, §1.7)."""

from decimal import Decimal
from typing import NamedTuple

from django.conf import settings

from metrics.formulas.money import ZERO
from metrics.formulas.retention import Retention, retention, with_successors
from metrics.measures.exchange import rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.revenue import Arr, arr_of, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.takeovers import Takeovers

GRR = (
    "Of the yearly revenue of those who were customers at the start, the part still paid at the end;"
    " nobody counts for more than at the start."
)
NRR = (
    "What those who were customers at the start pay at the end, in percent of what they paid then;"
    " growth counts, new customers do not."
)
BY_PRODUCT = "Of one product: who changed to another counts as lost, so this is lower than the whole."
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
    """Return GRR, NRR and logo churn between the first day of the window and its end, customer by customer.

    Both ends are converted at the rates of the first day, so that exchange rates neither keep nor lose a
    customer. A customer whose contracts another one took over is one with it: a merger is neither churn nor
    expansion. Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    if scope.start is None:
        raise ValueError("retention compares two days, so the scope needs a start")
    rates = rates_on(scope.start)
    before, after = (arr_of(scope, day, rates) for day in (scope.start, scope.closes_on))
    return retained(scope, before, after)


def pairs_of(
    scope: Scope, before: Arr, after: Arr, takeovers: Takeovers | None = None
) -> dict[int, tuple[Decimal, Decimal]] | None:
    """Return (ARR at the start, at the end) of each customer, mergers joined; None where one is unknown.

    The takeovers are read unless they are given.
    """
    amounts = {
        account: (before.of(account), after.of(account))
        for account in {*before.by_account, *after.by_account}
    }
    known = {account: (a, b) for account, (a, b) in amounts.items() if a is not None and b is not None}
    if any(before.of(account) is None or account not in known for account in before.by_account):
        return None
    left = {account for account, (a, b) in known.items() if a and not b}
    takeovers = takeovers.among(left) if takeovers else Takeovers.of(scope, left=left)
    for account, amount in takeovers.kept_elsewhere(after.rates, inside=known.keys()).items():
        known[account] = (known[account][0], amount)
    heirs = {old: new for old, new in takeovers.heirs.items() if new in known}
    return with_successors(known, heirs) if heirs else known


def retained(scope: Scope, before: Arr, after: Arr, takeovers: Takeovers | None = None) -> RevenueRetention:
    """Return what became of the customers between two days, from what each paid on them."""
    notes = before.rates.notes(
        before.currencies_of(before.by_account) | after.currencies_of(before.by_account)
    )
    pairs = pairs_of(scope, before, after, takeovers)
    outcome = retention(pairs.values()) if pairs is not None else None
    # Whether somebody still pays can be told without a rate.
    customers = outcome.customers if outcome else len(before.by_account)
    lost = (
        outcome.customers_lost if outcome else sum(after.of(account) == ZERO for account in before.by_account)
    )
    if scope.product:
        notes += (BY_PRODUCT,)

    def measure(metric: str, value: float | None, definition: str, money: bool = True) -> Measure:
        return scope.measure(
            metric,
            Unit.PERCENT,
            value,
            n=customers,
            counted="customers at the start",
            definition=definition,
            currency=settings.REPORTING_CURRENCY,
            notes=notes if money else (),
            beside=_money(outcome) if money and outcome else {"lost": lost},
        )

    return RevenueRetention(
        measure("grr", outcome and outcome.grr, GRR),
        measure("nrr", outcome and outcome.nrr, NRR),
        measure("logo_churn", 100 * lost / customers if customers else None, LOGO_CHURN, money=False),
    )


def _money(outcome: Retention) -> dict[str, object]:
    return {
        "start": outcome.start,
        "kept": outcome.kept,
        "contraction": outcome.contraction,
        "churn": outcome.churn,
        "expansion": outcome.expansion,
        "end": outcome.end,
        "revenue_churn": outcome.revenue_churn,
        "arr_churn": outcome.arr_churn,
    }
