"""How much each single answer counts in one view of the Net Promoter Score.

Every view is the mean of promoters (+1) and detractors (-1) under these weights, times 100; the measures work
it out from counts, receipts show it answer by answer.
"""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas import clusters, weighting
from metrics.formulas.nps import Split
from metrics.measures.revenue import arr_at_end, require_revenue
from metrics.measures.roles import RoleWeights, role_weights
from metrics.measures.scope import Scope
from metrics.measures.splits import Questions
from metrics.measures.strata import strata_of
from metrics.measures.viewpoints import by_role, voices


class Voice(NamedTuple):
    """Who gave an answer: the account if any is known, the role, and segment, tier and region at the time."""

    account: int | None
    role: str
    segment: str
    tier: str
    region: str


Weigh = Callable[[Voice], float]


def alike(scope: Scope, of: Questions, accounts: Collection[int]) -> Weigh:
    """Every answer is one voice."""
    return lambda voice: 1.0


def by_account(scope: Scope, of: Questions, accounts: Collection[int]) -> Weigh:
    """Return the weights, of answers given by some accounts, by which every account is one voice."""
    roles = role_weights(scope.today)
    return _shared(voices(scope, of, roles, accounts), roles, lambda account: 1.0)


def by_revenue(scope: Scope, of: Questions, accounts: Collection[int]) -> Weigh:
    """Return the weights by which every account has as much voice as ARR."""
    require_revenue(scope.viewer)
    arr = arr_at_end(scope, scope.companies.filter(pk__in=accounts))
    roles = role_weights(scope.today)
    spoken = voices(scope, of, roles, accounts)
    return _shared(spoken, roles, lambda account: float(arr.of(account) or Decimal(0)))


def by_weightiest_role(scope: Scope, of: Questions, accounts: Collection[int]) -> Weigh:
    """Return the weights by which every account is one voice, that of its weightiest role which answered."""
    spoken = by_role(scope, of, accounts)
    deciding = {account: clusters.deciding_role(roles) for account, roles in spoken.items()}

    def weigh(voice: Voice) -> float:
        if voice.account is None or deciding.get(voice.account) != voice.role:
            return 0.0
        return 1 / spoken[voice.account][voice.role].n

    return weigh


def by_share_of_contacts(scope: Scope, of: Questions, accounts: Collection[int]) -> Weigh:
    """Return the weights that put every segment, tier and region at its share of the contacts, if any do.

    On average an answer weighs one.
    """
    strata = strata_of(scope, of)
    margins = list(strata.margins.values())
    try:
        weights = (
            weighting.raking_weights(strata.cells, margins, weighting.TRIM_AT_MEDIANS) if margins else {}
        )
    except ValueError:
        # The measure says why it cannot be weighted.
        weights = {}
    n = clusters.pooled(strata.cells.values()).n

    def weigh(voice: Voice) -> float:
        place = strata.place_of(voice._asdict())
        return n * weights.get(place, 0.0) if place is not None else 0.0

    return weigh


VIEWS: Mapping[str, Callable[[Scope, Questions, Collection[int]], Weigh]] = {
    **dict.fromkeys(("nps", "nps_clustered", "nps_finite"), alike),
    "nps_accounts": by_account,
    "nps_revenue": by_revenue,
    "nps_waterfall": by_weightiest_role,
    "nps_weighted": by_share_of_contacts,
}


def _shared(
    spoken: Mapping[int, Mapping[str, Split]], roles: RoleWeights, worth: Callable[[int], float]
) -> Weigh:
    """Return the weights by which what an account is worth is shared among its answers, by their roles."""
    whole = {
        account: sum(roles.of(role) * groups.n for role, groups in each.items())
        for account, each in spoken.items()
    }

    def weigh(voice: Voice) -> float:
        if voice.account is None or not whole.get(voice.account):
            return 0.0
        return worth(voice.account) * roles.of(voice.role) / whole[voice.account]

    return weigh
