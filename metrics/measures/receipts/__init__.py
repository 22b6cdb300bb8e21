"""From a number to the rows it is made of: the receipt of every metric, row by row.

What surveys promised not to tell has no receipt (SECURITY T22).
"""

from collections.abc import Callable, Mapping
from datetime import date

from metrics.formulas.nps import Split
from metrics.measures.memory import CONTRACTS, remembered
from metrics.measures.query import METRICS, NotAsked
from metrics.measures.receipts.answers import answers
from metrics.measures.receipts.people import (
    accounts_heard,
    contacts,
    decision_makers,
    healths,
    invitations,
    revenue_heard,
    visits,
)
from metrics.measures.receipts.revenue import (
    customers,
    lifetimes,
    months_of_services,
    subscriptions,
    tenures_of,
    terms_due,
    values_of_customers,
)
from metrics.measures.receipts.rows import Key, Receipt, Row
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope
from metrics.measures.weights import VIEWS

__all__ = ["RECEIPTS", "Key", "Receipt", "Row", "receipt"]

RECEIPTS: Mapping[str, Callable[[Scope], Receipt]] = {
    **{name: answers(name) for name in (*VIEWS, "csat", "ces")},
    "response_rate": invitations,
    "completion_rate": visits,
    "contact_coverage": contacts,
    "decision_maker_coverage": decision_makers,
    "account_coverage": accounts_heard,
    "revenue_coverage": revenue_heard,
    "health": healths,
    "arr": subscriptions,
    **dict.fromkeys(("grr", "nrr", "logo_churn"), customers),
    "clv": values_of_customers,
    **dict.fromkeys(("renewal_rate", "net_renewal_rate", "logo_renewal_rate"), terms_due),
    "survival": tenures_of,
    "clv_sbg": lifetimes,
    "services_margin": months_of_services,
}

# Whose answers are on one scale, none of them weighed.
PARTED = frozenset({"nps", "csat", "ces"})
# Every row of these is worked out from contracts at once, and kept until one of them changes.
WORKED_OUT = frozenset({customers, lifetimes, tenures_of, values_of_customers})


def may_be_part(name: str, part: str) -> bool:
    """Whether a metric of answers has such a part: a group, which NPS alone has, or a value."""
    is_value = part.isascii() and part.isdecimal() and len(part) <= len("10")
    return (is_value and name in PARTED) or (name == "nps" and part in Split._fields)


def receipt(name: str, scope: Scope, part: str = "", *, rates_of: date | None = None) -> Receipt:
    """Return the rows behind a metric of a scope, from which its value can be worked out again.

    Of answers the value is 100 × Σ weight × counts / Σ weight; `part` are the promoters, passives or
    detractors among them, or the answers of one value. ARR is told at the exchange rates of another day if
    that is named, no other metric is. Raises NotAsked where the scope is none of the
    metric's kind, PermissionDenied where revenue is not shown.
    """
    metric = METRICS[name]
    if unknown := sorted(scope.narrowings - metric.dimensions):
        raise NotAsked(f"{name} is not narrowed by {', '.join(unknown)}.")
    if scope.known_on:
        raise NotAsked(
            f"The rows are listed as they are now. Of what was known on {scope.known_on} the figure is told,"
            " not its rows."
        )
    if metric.is_revenue:
        require_revenue(scope.viewer)
    if rates_of and name != "arr":
        raise NotAsked(f"{name} is told at its own exchange rates alone.")
    if part:
        if not may_be_part(name, part):
            raise NotAsked(f"{name} has no part “{part[:60]}”.")
        return answers(name, part)(scope)
    if rates_of:
        return subscriptions(scope, rates_of)
    if RECEIPTS[name] in WORKED_OUT:
        return remembered(RECEIPTS[name], scope, CONTRACTS)
    return RECEIPTS[name](scope)
