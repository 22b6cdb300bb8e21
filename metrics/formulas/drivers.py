"""Key drivers: how much of the variance of an outcome goes with each of several correlated ratings.

Association, not effect: show R squared, intervals and signs beside the weights.
"""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from metrics.formulas.intervals import Interval

Matrix: TypeAlias = NDArray[np.float64]

# 2^12 regressions are half a second; beyond that Johnson's weights say the same.
MOST_FOR_SHAPLEY = 12
LEAST_COMPLETE_SHARE = 0.8
LEAST_ANSWERS = 100
LEAST_ANSWERS_PER_DRIVER = 10
_RESAMPLES = 500
_MOST_GROUPS = 2000


class Importance(NamedTuple):
    """Raw weights that add up to R squared (0..1), one per driver, and the sign of each correlation."""

    raw: tuple[float, ...]
    r_squared: float
    signs: tuple[int, ...]

    @property
    def shares(self) -> tuple[float, ...] | None:
        """Return each driver's percentage of R squared, or None when nothing is explained."""
        return tuple(100 * weight / self.r_squared for weight in self.raw) if self.r_squared > 0 else None


class Driver(NamedTuple):
    """One rating: importance (share of the outcome's variance, 0..1) with interval, sign, and mean rating.

    Beside Johnson's weight that of Shapley, or None where there are too many drivers for it.
    """

    key: str
    importance: float
    interval: Interval
    sign: int
    performance: float
    shapley: float | None = None


class Analysis(NamedTuple):
    """The drivers of one outcome, how much they explain together (0..1), and the answers used."""

    drivers: tuple[Driver, ...]
    r_squared: float
    n: int


class Moments(NamedTuple):
    """Count, sums and sums of products of complete rows, outcome first: they add up over days."""

    n: int
    sums: Matrix
    products: Matrix

    def plus(self, other: "Moments") -> "Moments":
        """Return the moments of both sets of rows together."""
        return Moments(self.n + other.n, self.sums + other.sums, self.products + other.products)


class NotEnoughToSay(ValueError):
    """Too few answers, too many gaps or no variation: no driver analysis would mean anything."""


def moments(rows: ArrayLike) -> Moments:
    """Return the moments of complete rows, outcome first."""
    values = np.atleast_2d(np.asarray(rows, dtype=float))
    return Moments(len(values), values.sum(axis=0), values.T @ values)


def correlation(of: Moments) -> Matrix:
    """Return the correlation matrix (-1..1), outcome first; refuses a column that does not vary."""
    covariance = of.products / of.n - np.outer(of.sums, of.sums) / of.n**2
    spreads = np.sqrt(np.clip(np.diag(covariance), 0, None))
    if of.n < 2 or np.any(spreads < 1e-9):
        raise NotEnoughToSay("a rating that never varies drives nothing")
    return np.asarray(covariance / np.outer(spreads, spreads), dtype=float)


def johnson(correlations: ArrayLike) -> Importance:
    """Return relative weights from a correlation matrix, outcome first (Johnson 2000).

    Fast in the number of drivers; equal to Genizi's (1993) decomposition.
    """
    matrix = _checked(correlations)
    return _importance(_johnson_of_each(matrix[None])[0], matrix[1:, 0])


def shapley(correlations: ArrayLike) -> Importance:
    """Return each driver's gain in R squared, averaged over all orders of entry (LMG, Lindeman et al. 1980).

    Costs 2^p regressions: at most 12 drivers.
    """
    matrix = _checked(correlations)
    among, with_outcome = matrix[1:, 1:], matrix[1:, 0]
    count = len(with_outcome)
    if count > MOST_FOR_SHAPLEY:
        raise ValueError(f"{count} drivers need {2**count} regressions; take johnson")
    explained = {
        subset: _r_squared(among, with_outcome, subset)
        for size in range(count + 1)
        for subset in combinations(range(count), size)
    }
    raw = np.zeros(count)
    for subset, share in explained.items():
        for driver in set(range(count)) - set(subset):
            gain = explained[tuple(sorted((*subset, driver)))] - share
            raw[driver] += gain / (count * comb(count - 1, len(subset)))
    return _importance(raw, with_outcome)


def analyse(
    keys: Sequence[str],
    rows: ArrayLike,
    groups: Sequence[int] | None = None,
    *,
    confidence: float = 0.95,
    seed: int = 0,
) -> Analysis:
    """Return the drivers of the first column among the others, most important first; gaps are NaN.

    Pairs of columns are correlated over the rows that have both. Refuses fewer than max(100, 10 p) answers
    and pairs that less than 80 percent of the rows have. Intervals are bootstrap percentiles; rows of one
    group (an account's people, who are alike) are drawn together.
    """
    values = np.asarray(rows, dtype=float)
    count = len(keys)
    if not count:
        raise NotEnoughToSay("nothing else was rated")
    if values.ndim != 2 or values.shape[1] != count + 1:
        raise ValueError(f"{count} drivers need {count + 1} columns, outcome first")
    belongs = np.arange(len(values)) if groups is None else np.asarray(groups)
    is_answered = ~np.isnan(values[:, 0])
    values, belongs = values[is_answered], belongs[is_answered]
    least = max(LEAST_ANSWERS, LEAST_ANSWERS_PER_DRIVER * count)
    if len(values) < least:
        raise NotEnoughToSay(f"{len(values)} answered, at least {least} needed")
    present = (~np.isnan(values)).astype(float)
    if (present.T @ present).min() < LEAST_COMPLETE_SHARE * len(values):
        raise NotEnoughToSay("too many ratings were left out together")
    sums = _group_sums(values, belongs, seed)
    correlations = _correlations(sums.sum(axis=0)[None])
    if not len(correlations):
        raise NotEnoughToSay("a rating that never varies drives nothing")
    whole = johnson(correlations[0])
    averaged = shapley(correlations[0]).raw if count <= MOST_FOR_SHAPLEY else None
    tails = [100 * (1 - confidence) / 2, 100 * (1 + confidence) / 2]
    lows, highs = np.percentile(_bootstrap(sums, seed), tails, axis=0)
    performance = np.nanmean(values[:, 1:], axis=0)
    drivers = [
        Driver(
            key,
            whole.raw[i],
            Interval(float(lows[i]), float(highs[i])),
            whole.signs[i],
            float(mean),
            averaged[i] if averaged else None,
        )
        for i, (key, mean) in enumerate(zip(keys, performance, strict=True))
    ]
    ranked = tuple(sorted(drivers, key=lambda driver: -driver.importance))
    return Analysis(ranked, whole.r_squared, len(values))


def _group_sums(values: Matrix, belongs: NDArray[Any], seed: int) -> Matrix:
    """Return the pairwise sums of each group: counts, sums, squares, products (groups x 4 x p x p).

    More groups than are drawn among are joined at random: that leaves the spread of their sums as it is.
    """
    present = (~np.isnan(values)).astype(float)
    filled = np.nan_to_num(values - np.nanmean(values, axis=0))
    _, position = np.unique(belongs, return_inverse=True)
    if position.max() >= _MOST_GROUPS:
        order = np.random.default_rng(seed).permutation(position.max() + 1)
        position = order[position] % _MOST_GROUPS
    order = np.argsort(position, kind="stable")
    present, filled = present[order], filled[order]
    starts = np.unique(position[order], return_index=True)[1]
    pairs = ((present, present), (filled, present), (np.square(filled), present), (filled, filled))
    parts = [np.add.reduceat(a[:, :, None] * b[:, None, :], starts, axis=0) for a, b in pairs]
    return np.stack(parts, axis=1)


def _correlations(sums: Matrix) -> Matrix:
    """Return the correlation matrices of stacked sums, each over the rows that have both columns.

    Those in which a column does not vary are left out.
    """
    counts, totals, squares, products = (sums[:, part] for part in range(4))
    counts = np.maximum(counts, 1)
    covariance = products / counts - totals * totals.transpose(0, 2, 1) / counts**2
    variance = squares / counts - np.square(totals / counts)
    varies = (variance > 1e-12).all(axis=(1, 2))
    spread = variance[varies] * variance[varies].transpose(0, 2, 1)
    return np.asarray(covariance[varies] / np.sqrt(spread), dtype=float)


def _bootstrap(sums: Matrix, seed: int) -> Matrix:
    """Return the raw weights of resampled groups, one row per resample that varies."""
    count = len(sums)
    # How often each group is drawn: counting the draws is ten times as fast as numpy's multinomial.
    draws = np.random.default_rng(seed).integers(count, size=(_RESAMPLES, count))
    draws += count * np.arange(_RESAMPLES)[:, None]
    drawn = np.bincount(draws.ravel(), minlength=_RESAMPLES * count).reshape(_RESAMPLES, count)
    resampled = (drawn.astype(float) @ sums.reshape(count, -1)).reshape(_RESAMPLES, *sums.shape[1:])
    weights = _johnson_of_each(_correlations(resampled))
    if len(weights) < _RESAMPLES / 2:
        raise NotEnoughToSay("the ratings hardly vary")
    return weights


def _johnson_of_each(correlations: Matrix) -> Matrix:
    """Return the raw relative weights of each of many correlation matrices, outcome first."""
    among, with_outcome = correlations[:, 1:, 1:], correlations[:, 1:, :1]
    eigenvalues, vectors = np.linalg.eigh(among)
    # Perfectly collinear ratings leave a zero eigenvalue, pairwise gaps a slightly negative one.
    roots = np.sqrt(np.clip(eigenvalues, 0, None))
    loadings = (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)
    slopes = np.linalg.pinv(loadings) @ with_outcome
    return np.asarray((np.square(loadings) @ np.square(slopes))[:, :, 0], dtype=float)


def _checked(correlations: ArrayLike) -> Matrix:
    matrix = np.asarray(correlations, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise ValueError("correlations come as a square matrix, outcome first")
    return matrix


def _r_squared(among: Matrix, with_outcome: Matrix, subset: tuple[int, ...]) -> float:
    if not subset:
        return 0.0
    chosen = list(subset)
    slopes = np.linalg.pinv(among[np.ix_(chosen, chosen)], hermitian=True) @ with_outcome[chosen]
    return float(slopes @ with_outcome[chosen])


def _importance(raw: Matrix, with_outcome: Matrix) -> Importance:
    signs = tuple(int(sign) for sign in np.sign(with_outcome))
    return Importance(tuple(float(weight) for weight in raw), float(raw.sum()), signs)
