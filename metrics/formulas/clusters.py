"""The Net Promoter Score seen by account: respondents of one account are not independent of each other.

Sums over accounts are rounded once (math.fsum): in whatever order the accounts come, the number is the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import fsum, sqrt
from typing import NamedTuple

from metrics.formulas.intervals import Interval, clipped
from metrics.formulas.means import student_critical_value
from metrics.formulas.money import ZERO, require_money
from metrics.formulas.nps import NOBODY, Split, nps

# Fewer accounts than this say nothing about how accounts differ.
LEAST_ACCOUNTS = 10
LONE_ANSWERS = (Split(1, 0, 0), Split(0, 1, 0), Split(0, 0, 1))
# Whose voice decides in the waterfall view, first to last.
ROLES = ("decision_maker", "influencer", "user")


class ClusterDifference(NamedTuple):
    """Score of one period less that of another, in points, with the accounts' own spread around it."""

    difference: float
    se: float
    interval: Interval


def pooled(accounts: Iterable[Split]) -> Split:
    """Return all respondents together: the groups behind the respondent NPS."""
    detractors = passives = promoters = 0
    for account in accounts:
        detractors += account.detractors
        passives += account.passives
        promoters += account.promoters
    return Split(detractors, passives, promoters)


def mean_of_accounts(accounts: Iterable[Split]) -> float | None:
    """Return the account NPS (-100..100): the mean of account scores, each account one voice, or None."""
    return mean_of_scores(map(nps, accounts))


def mean_of_scores(scores: Iterable[float | None]) -> float | None:
    """Return the mean (-100..100) of the scores there are, or None without any."""
    known = [score for score in scores if score is not None]
    return fsum(known) / len(known) if known else None


def revenue_weighted(scores: Iterable[tuple[float | None, Decimal]]) -> float | None:
    """Return sum of ARR x score / sum of ARR (-100..100) over accounts that answered, or None without ARR."""
    weighted, weight = [], ZERO
    for score, revenue in scores:
        require_money(revenue)
        if revenue < 0:
            raise ValueError(f"recurring revenue cannot be negative: {revenue}")
        if score is not None:
            weighted.append(float(revenue) * score)
            weight += revenue
    return fsum(weighted) / float(weight) if weight else None


def waterfall(by_role: Mapping[str, Split], order: Sequence[str] = ROLES) -> Split:
    """Return the groups of the weightiest role that answered: decision-maker, else influencer, else user.

    Empty when none of the roles did (satrixsolutions.com, three methods of account scoring).
    """
    role = deciding_role(by_role, order)
    return by_role[role] if role else Split(0, 0, 0)


def deciding_role(by_role: Mapping[str, Split], order: Sequence[str] = ROLES) -> str | None:
    """Return the weightiest role of which anybody answered, None where none of the roles did."""
    return next((role for role in order if role in by_role and by_role[role].n), None)


def role_weighted(by_role: Mapping[str, Split], weights: Mapping[str, float]) -> float | None:
    """Return the score (-100..100) with each answer at its role's weight, 1 by default, or None without."""
    balance = weight = 0.0
    for role, groups in by_role.items():
        share = weights.get(role, 1.0)
        balance += share * (groups.promoters - groups.detractors)
        weight += share * groups.n
    return 100 * balance / weight if weight else None


def standard_error(accounts: Iterable[Split], alone: Split = NOBODY) -> float | None:
    """Return the cluster-robust standard error of the pooled score in points, or None below two clusters.

    The linearised variance of a ratio between accounts, as R's survey::svymean has it (METRICS 2.4). Each
    answer `alone`, of which no account is known, is a cluster of its own.
    """
    clusters = [account for account in accounts if account.n]
    total = pooled((*clusters, alone))
    if len(clusters) + alone.n < 2:
        return None
    score = (total.promoters - total.detractors) / total.n
    influences = [_excess(account, score) / total.n for account in clusters]
    for answer, count in zip(LONE_ANSWERS, alone, strict=True):
        influences += count * [_excess(answer, score) / total.n]
    return _linearised_error(influences)


def interval(accounts: Iterable[Split], alone: Split = NOBODY, confidence: float = 0.95) -> Interval | None:
    """Return the cluster-robust t interval of the pooled score (-100..100), or None below ten accounts.

    Each answer `alone`, of which no account is known, is a cluster of its own.
    """
    clusters = [account for account in accounts if account.n]
    score, error = nps(pooled((*clusters, alone))), standard_error(clusters, alone)
    if score is None or error is None or len(clusters) < LEAST_ACCOUNTS:
        return None
    half_width = student_critical_value(len(clusters) + alone.n - 1, confidence) * error
    return clipped(Interval(score - half_width, score + half_width), -100, 100)


def difference(accounts: Iterable[tuple[Split, Split]], confidence: float = 0.95) -> ClusterDifference | None:
    """Return score a - score b from each account's (answers in a, answers in b), or None below ten accounts.

    Accounts that answered both times are their own comparison, so their agreement narrows the interval.
    """
    pairs = [(a, b) for a, b in accounts if a.n or b.n]
    total_a, total_b = pooled(a for a, _ in pairs), pooled(b for _, b in pairs)
    score_a, score_b = nps(total_a), nps(total_b)
    if score_a is None or score_b is None or len(pairs) < LEAST_ACCOUNTS:
        return None
    error = _linearised_error(
        [_excess(a, score_a / 100) / total_a.n - _excess(b, score_b / 100) / total_b.n for a, b in pairs]
    )
    raw, reach = score_a - score_b, student_critical_value(len(pairs) - 1, confidence) * error
    return ClusterDifference(raw, error, clipped(Interval(raw - reach, raw + reach), -200, 200))


def _excess(account: Split, score: float) -> float:
    """Return by how much the sum of an account's answers exceeds what the common score (-1..1) predicts."""
    return account.promoters - account.detractors - score * account.n


def _linearised_error(influences: Sequence[float]) -> float:
    count = len(influences)
    centre = fsum(influences) / count
    return 100 * sqrt(count / (count - 1) * fsum((each - centre) ** 2 for each in influences))
