"""Scores of small groups, moved towards the whole by as much as their few answers leave open."""

from collections.abc import Callable, Iterable, Sequence
from math import fsum, sqrt
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy

from metrics.formulas.intervals import Interval, clipped, critical_value
from metrics.formulas.nps import Split, nps

# Outside this range plug-in intervals cover too little (METRICS 2.5).
WEAKEST_PRIOR, STRONGEST_PRIOR = 1.0, 10.0
# A likelihood that rises for ever means that groups do not differ at all.
_LOG_STRENGTHS = (-12.0, 16.0)
_LOGITS = (-40.0, 40.0)

Vector: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]


class BetaPrior(NamedTuple):
    """How shares are spread over groups: Beta(alpha, beta)."""

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """Return the mean share (0..1)."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def rho(self) -> float:
        """Return the correlation (0..1) of two answers from one group: 1 / (1 + alpha + beta)."""
        return 1 / (1 + self.alpha + self.beta)


class DirichletPrior(NamedTuple):
    """How the three shares are spread over groups: their mean, and how many answers it is worth."""

    share: tuple[float, float, float]
    strength: float


class Shrunk(NamedTuple):
    """An account's score moved towards its segment, in points, with its interval; raw is None unanswered."""

    nps: float
    interval: Interval
    raw: float | None
    n: int


def prior_strength(accounts: Iterable[Split]) -> float:
    """Return how many answers the segment's score is worth beside an account's own (1..10).

    s = MSW / tau^2 with tau^2 = (MSB - MSW) / n0, one-way analysis of variance of answers coded -1, 0, +1,
    clamped as METRICS 2.5 found safe. Accounts that do not visibly differ give the strongest prior.
    """
    groups = [account for account in accounts if account.n]
    total = sum(account.n for account in groups)
    count = len(groups)
    if count < 2 or total == count:
        return STRONGEST_PRIOR
    balances = [account.promoters - account.detractors for account in groups]
    squares = sum(account.promoters + account.detractors for account in groups)
    between = fsum(b * b / g.n for b, g in zip(balances, groups, strict=True))
    mean_within = (squares - between) / (total - count)
    mean_between = (between - sum(balances) ** 2 / total) / (count - 1)
    size = (total - sum(account.n**2 for account in groups) / total) / (count - 1)
    spread = (mean_between - mean_within) / size
    if spread <= 0:
        return STRONGEST_PRIOR
    return min(STRONGEST_PRIOR, max(WEAKEST_PRIOR, mean_within / spread))


def shrunk_score(account: Split, segment: Split, strength: float) -> float:
    """Return (n raw + s segment) / (n + s) in points and nothing else; somebody in the segment answered."""
    balance = account.promoters - account.detractors
    of_segment = (segment.promoters - segment.detractors) / segment.n
    return 100 * (balance + strength * of_segment) / (account.n + strength)


def shrunk(account: Split, segment: Split, strength: float, confidence: float = 0.95) -> Shrunk | None:
    """Return (n raw + s segment) / (n + s) with its interval, or None when nobody in the segment answered.

    The posterior of a Dirichlet-multinomial account around its segment (METRICS 2.5). Rank by this; show
    the raw score beside it.
    """
    if not segment.n:
        return None
    weight = account.n + strength
    shares = [(a + strength * s / segment.n) / weight for a, s in zip(account, segment, strict=True)]
    score = shares[2] - shares[0]
    variance = (shares[2] + shares[0] - score**2) / (weight + 1)
    reach = critical_value(confidence) * sqrt(max(0.0, variance))
    around = clipped(Interval(100 * (score - reach), 100 * (score + reach)), -100, 100)
    return Shrunk(100 * score, around, nps(account), account.n)


def posterior_share(successes: int, n: int, prior: BetaPrior) -> float:
    """Return the mean (0..1) of a share after so many successes of n (Robinson, varianceexplained.org)."""
    return (successes + prior.alpha) / (n + prior.alpha + prior.beta)


def credible_interval(successes: int, n: int, prior: BetaPrior, level: float = 0.95) -> Interval:
    """Return the equal-tailed credible interval (0..1) of a share after so many successes of n."""
    tail = (1 - level) / 2
    alpha, beta = successes + prior.alpha, n - successes + prior.beta
    return Interval(
        float(scipy.special.betaincinv(alpha, beta, tail)),
        float(scipy.special.betaincinv(alpha, beta, 1 - tail)),
    )


def fit_beta(successes: Sequence[int], n: Sequence[int]) -> BetaPrior:
    """Return the maximum-likelihood beta-binomial prior of groups with so many successes of n."""
    hits, sizes = np.asarray(sorted(zip(successes, n, strict=True)), dtype=float).T

    def loss(at: Vector) -> float:
        strength, mean = np.exp(at[0]), 1 / (1 + np.exp(-at[1]))
        alpha, beta = strength * mean, strength * (1 - mean)
        return float(
            -np.sum(
                scipy.special.betaln(hits + alpha, sizes - hits + beta) - scipy.special.betaln(alpha, beta)
            )
        )

    centre = (hits.sum() + 0.5) / (sizes.sum() + 1)
    log_strength, logit = _minimised(loss, [1.0, float(np.log(centre / (1 - centre)))])
    strength, mean = float(np.exp(log_strength)), float(1 / (1 + np.exp(-logit)))
    return BetaPrior(strength * mean, strength * (1 - mean))


def fit_dirichlet(accounts: Sequence[Split]) -> DirichletPrior | None:
    """Return the maximum-likelihood Dirichlet-multinomial prior of accounts, or None without answers."""
    counts = np.asarray(sorted(account for account in accounts if account.n), dtype=float)
    if not counts.size:
        return None
    sizes = counts.sum(axis=1)

    def loss(at: Vector) -> float:
        strength, alphas = float(np.exp(at[0])), np.exp(at[0]) * _softmax(at[1:])
        per_account = scipy.special.gammaln(strength) - scipy.special.gammaln(sizes + strength)
        return float(
            -np.sum(per_account)
            - np.sum(scipy.special.gammaln(counts + alphas) - scipy.special.gammaln(alphas))
        )

    start = (counts.sum(axis=0) + 0.5) / (counts.sum() + 1.5)
    found = _minimised(loss, [1.0, *np.log(start[1:] / start[0])])
    detractors, passives, promoters = (float(share) for share in _softmax(found[1:]))
    return DirichletPrior((detractors, passives, promoters), float(np.exp(found[0])))


def _minimised(loss: Callable[[Vector], float], start: Sequence[float]) -> Vector:
    found = scipy.optimize.minimize(
        loss,
        x0=np.array(start, dtype=np.float64),
        method="Nelder-Mead",
        bounds=[_LOG_STRENGTHS, *[_LOGITS] * (len(start) - 1)],
        options={"xatol": 1e-10, "fatol": 1e-12, "maxiter": 20_000, "maxfev": 20_000},
    )
    return np.asarray(found.x, dtype=np.float64)


def _softmax(rest: Vector) -> Vector:
    """Return shares that add up to 1 from the logs of all but the first over the first."""
    raised = np.exp(np.concatenate(([0.0], rest)))
    return np.asarray(raised / raised.sum(), dtype=np.float64)
