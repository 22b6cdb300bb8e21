"""The Net Promoter Score seen otherwise than answer by answer: by account, by revenue, by role, weighted.

All of them are the same answers (METRICS §1.1, §2.4, §2.5) and say in their definition which view they are.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from accounts.models import Contact
from metrics.formulas import clusters, shrinkage, weighting
from metrics.formulas.intervals import Interval, clipped, critical_value, nps_score_interval
from metrics.formulas.money import ZERO
from metrics.formulas.nps import NOBODY, Split, nps, standard_error
from metrics.measures.confidentiality import HIDDEN
from metrics.measures.measure import Measure, Unit
from metrics.measures.revenue import arr_at_end, require_revenue
from metrics.measures.roles import RoleWeights, role_weights
from metrics.measures.scope import Scope
from metrics.measures.splits import Questions, likelihoods, splits
from metrics.measures.strata import strata_of
from surveys.models import Invitation

# Above this share of the people asked the finite population narrows the interval (METRICS §2.4).
LEAST_SHARE = 0.05


def clustered(scope: Scope) -> Measure:
    """Return the respondents' NPS with the interval whose unit is the account, none below ten accounts."""
    of = likelihoods(scope)
    accounts = _by_account(scope, of)
    pooled = clusters.pooled(accounts.values())
    alone = accounts.pop("", NOBODY)
    interval = clusters.interval(accounts.values(), alone)
    few = () if interval else (f"Not enough accounts: fewer than {clusters.LEAST_ACCOUNTS} answered.",)
    return _measure(
        scope,
        of,
        "nps_clustered",
        nps(pooled),
        pooled.n,
        definition="Promoters less detractors in percent of all answers; answers of one account are taken as"
        " alike, each of no known account by itself.",
        interval=interval,
        notes=few,
        beside={
            **pooled._asdict(),
            "accounts": len(accounts),
            "alone": alone.n,
            "standard_error": clusters.standard_error(accounts.values(), alone),
        },
    )


def finite(scope: Scope) -> Measure:
    """Return the respondents' NPS with the interval for the people asked, not for all there could ever be."""
    of = likelihoods(scope)
    pooled, asked = splits(scope, of=of).get((), NOBODY), _asked(scope)
    value, interval = nps(pooled), nps_score_interval(*pooled)
    notes: tuple[str, ...] = ()
    error: float | None = None
    if value is not None and asked and LEAST_SHARE < pooled.n / asked <= 1:
        error = standard_error(pooled, population=asked)
        if error is not None:
            reach = critical_value() * error
            interval = clipped(Interval(value - reach, value + reach), -100, 100)
    elif value is not None:
        notes = ("The correction is for surveys that more than 5% of those asked answered, and nobody else.",)
    return _measure(
        scope,
        of,
        "nps_finite",
        value,
        pooled.n,
        definition="Promoters less detractors in percent of all answers; the interval is for the contacts"
        " invited.",
        interval=interval,
        notes=notes,
        beside={**pooled._asdict(), "invited": asked, "standard_error": error},
    )


def mean_of_accounts(scope: Scope) -> Measure:
    """Return the mean of the accounts' scores (-100..100), each account one voice, None without answers."""
    of, roles = likelihoods(scope), role_weights(scope.today)
    accounts = voices(scope, of, roles)
    scores = _scores(accounts, roles)
    return _measure(
        scope,
        of,
        "nps_accounts",
        clusters.mean_of_scores(scores.values()),
        _answers(accounts),
        definition="The mean of the Net Promoter Scores of the accounts: each account is one voice."
        + roles.wording,
        beside={"accounts": len(accounts)},
    )


def revenue_weighted(scope: Scope) -> Measure:
    """Return the accounts' scores weighted by ARR (-100..100), None without answers of accounts that pay.

    Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    of, roles = likelihoods(scope), role_weights(scope.today)
    accounts = voices(scope, of, roles)
    arr = arr_at_end(scope, scope.companies)
    scores = _scores(accounts, roles)
    paid = [(score, arr.of(account)) for account, score in scores.items()]
    pairs = [(score, amount) for score, amount in paid if amount is not None]
    return _measure(
        scope,
        of,
        "nps_revenue",
        clusters.revenue_weighted(pairs),
        _answers(accounts),
        definition="The Net Promoter Scores of the accounts, each weighted by its ARR at the end of the"
        " window." + roles.wording,
        notes=arr.notes,
        currency=settings.REPORTING_CURRENCY,
        beside={
            "accounts": len(accounts),
            "arr": sum((amount for score, amount in pairs if score is not None), ZERO),
        },
    )


def waterfall(scope: Scope) -> Measure:
    """Return the mean of the accounts' scores by their weightiest role that answered (-100..100), or None."""
    of = likelihoods(scope)
    accounts = by_role(scope, of)
    deciding = Counter(clusters.deciding_role(each) for each in accounts.values())
    return _measure(
        scope,
        of,
        "nps_waterfall",
        clusters.mean_of_accounts(map(clusters.waterfall, accounts.values())),
        _answers(accounts),
        definition="The mean of the accounts' scores, each by its decision-makers, else influencers, else"
        " users.",
        beside={"accounts": len(accounts)} | {f"by_{role}": deciding[role] for role in clusters.ROLES},
    )


def weighted(scope: Scope) -> Measure:
    """Return NPS with each segment, tier and region at its share of the contacts (-100..100), or None.

    Raked over the attributes in use, weights cut at five times the median; the interval is that of as many
    answers as it is worth (Kish), and the design effect says what the weights cost.
    """
    of = likelihoods(scope)
    strata = strata_of(scope, of)
    found = None
    notes: tuple[str, ...] = ()
    beside: dict[str, float] = {}
    if strata.margins:
        try:
            found = weighting.raked(strata.cells, list(strata.margins.values()), weighting.TRIM_AT_MEDIANS)
        except ValueError as fault:
            notes = (f"Cannot be weighted: {fault}.",)
    elif strata.answers:
        notes = ("Cannot be weighted: all contacts are of one segment, tier and region.",)
    if found:
        beside = {
            "percent_promoters": 100 * found.promoters,
            "percent_detractors": 100 * found.detractors,
            "effective_n": found.effective_n,
            "design_effect": clusters.pooled(strata.cells.values()).n / found.effective_n,
        }
    return _measure(
        scope,
        of,
        "nps_weighted",
        found and found.nps,
        strata.answers,
        definition=f"The Net Promoter Score, every {' and '.join(strata.margins) or 'segment'} at its share"
        " of the contacts.",
        interval=found and found.interval(),
        notes=notes,
        beside=beside,
    )


def shrunk_accounts(scope: Scope) -> dict[int, shrinkage.Shrunk]:
    """Return the score of each account moved towards that of all by what its few answers leave open."""
    accounts = {account: groups for account, groups in _by_account(scope).items() if account}
    whole, strength = clusters.pooled(accounts.values()), shrinkage.prior_strength(accounts.values())
    found = {account: shrinkage.shrunk(groups, whole, strength) for account, groups in accounts.items()}
    return {account: each for account, each in found.items() if each}


def account_splits(scope: Scope, only: Q | None = None) -> dict[int, Split]:
    """Return how many of each account gave which likelihood, of those that meet a condition on answers."""
    found = splits(scope, "account", only=only)
    return {account: groups for (account,), groups in found.items() if account}


def _measure(
    scope: Scope,
    of: Questions,
    metric: str,
    value: float | None,
    answers: int,
    *,
    definition: str,
    notes: tuple[str, ...] = (),
    beside: Mapping[str, Any] | None = None,
    **rest: Any,
) -> Measure:
    if of.is_hidden:
        notes = (HIDDEN, *notes)
    return scope.measure(
        metric,
        Unit.POINTS,
        value,
        n=answers,
        counted="answers",
        definition=definition,
        notes=notes,
        beside=beside or {},
        **rest,
    )


def voices(
    scope: Scope, of: Questions, roles: RoleWeights, among: Collection[int] | None = None
) -> Mapping[int, Mapping[str, Split]]:
    """Return the answers of each account by what they weigh: by role, all together where roles weigh alike.

    Of all accounts, or of some; answers without an account are nobody's voice.
    """
    if roles.weights:
        return by_role(scope, of, among)
    found = splits(scope, "account", of=of, only=_among(among))
    return {account: {"": groups} for (account,), groups in found.items() if account}


def by_role(scope: Scope, of: Questions, among: Collection[int] | None = None) -> dict[int, dict[str, Split]]:
    """Return the answers of each account by role; of all accounts, or of some."""
    roles: dict[int, dict[str, Split]] = defaultdict(dict)
    for (account, role), groups in splits(scope, "account", "role", of=of, only=_among(among)).items():
        if account:
            roles[account][role] = groups
    return dict(roles)


def _among(accounts: Collection[int] | None) -> Q | None:
    return None if accounts is None else Q(account__in=accounts)


def _scores(accounts: Mapping[int, Mapping[str, Split]], roles: RoleWeights) -> dict[int, float | None]:
    return {account: clusters.role_weighted(each, roles.weights) for account, each in accounts.items()}


def _answers(accounts: Mapping[int, Mapping[str, Split]]) -> int:
    return sum(groups.n for each in accounts.values() for groups in each.values())


def _by_account(scope: Scope, of: Questions | None = None) -> dict[Any, Split]:
    return {account: groups for (account,), groups in splits(scope, "account", of=of).items()}


def _asked(scope: Scope) -> int:
    """Return how many contacts were delivered an invitation within the window, each looked up by an index."""
    delivered = Invitation.objects.delivered().filter(scope.instants("sent_at"), scope.surveys())
    asked = Contact.objects.filter(Exists(delivered.filter(contact=OuterRef("pk"))))
    return asked.filter(account__in=scope.accounts).count() if scope.is_narrowed else asked.count()
