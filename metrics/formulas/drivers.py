"""Key drivers: how much of the variance of an outcome goes with each of several correlated ratings.

Association, not effect: show R squared, intervals and signs beside the weights.
"""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import NamedTuple, TypeAlias

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
    """One rating: importance (share of the outcome's variance, 0..1) with interval, sign, and mean rating."""

    key: str
    importance: float
    interval: Interval
    sign: int
    performance: float


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
    among, with_outcome = _parts(correlations)
    eigenvalues, vectors = np.linalg.eigh(among)
    # Perfectly collinear ratings leave a zero eigenvalue, pairwise gaps a slightly negative one.
    roots = np.sqrt(np.clip(eigenvalues, 0, None))
    loadings = (vectors * roots) @ vectors.T
    slopes = np.linalg.pinv(loadings) @ with_outcome
    return _importance(np.square(loadings) @ np.square(slopes), with_outcome)


def shapley(correlations: ArrayLike) -> Importance:
    """Return each driver's gain in R squared, averaged over all orders of entry (LMG, Lindeman et al. 1980).

    Costs 2^p regressions: at most 12 drivers.
    """
    among, with_outcome = _parts(correlations)
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


def analyse(keys: Sequence[str], rows: ArrayLike, confidence: float = 0.95, seed: int = 0) -> Analysis:
    """Return the drivers of the first column among the others, most important first; gaps are NaN.

    Pairs of columns are correlated over the rows that have both. Refuses fewer than max(100, 10 p) answers
    and pairs that less than 80 percent of the rows have. Intervals are bootstrap percentiles.
    """
    values = np.asarray(rows, dtype=float)
    count = len(keys)
    if values.ndim != 2 or values.shape[1] != count + 1:
        raise ValueError(f"{count} drivers need {count + 1} columns, outcome first")
    values = values[~np.isnan(values[:, 0])]
    least = max(LEAST_ANSWERS, LEAST_ANSWERS_PER_DRIVER * count)
    if len(values) < least:
        raise NotEnoughToSay(f"{len(values)} answers, at least {least} needed")
    present = (~np.isnan(values)).astype(float)
    if (present.T @ present).min() < LEAST_COMPLETE_SHARE * len(values):
        raise NotEnoughToSay("too many ratings were left out together")
    whole = johnson(_pairwise_correlation(values))
    resampled = _bootstrap(values, seed)
    tails = [100 * (1 - confidence) / 2, 100 * (1 + confidence) / 2]
    lows, highs = np.percentile(resampled, tails, axis=0)
    performance = np.nanmean(values[:, 1:], axis=0)
    drivers = [
        Driver(key, whole.raw[i], Interval(float(lows[i]), float(highs[i])), whole.signs[i], float(mean))
        for i, (key, mean) in enumerate(zip(keys, performance, strict=True))
    ]
    ranked = tuple(sorted(drivers, key=lambda driver: -driver.importance))
    return Analysis(ranked, whole.r_squared, len(values))


def _bootstrap(values: Matrix, seed: int) -> Matrix:
    """Return the raw weights of resampled rows, one row per resample that varies."""
    generator = np.random.default_rng(seed)
    weights = []
    for _ in range(_RESAMPLES):
        sample = values[generator.integers(0, len(values), len(values))]
        try:
            weights.append(johnson(_pairwise_correlation(sample)).raw)
        except NotEnoughToSay:
            continue
    if len(weights) < _RESAMPLES / 2:
        raise NotEnoughToSay("the ratings hardly vary")
    return np.asarray(weights, dtype=float)


def _pairwise_correlation(values: Matrix) -> Matrix:
    """Return correlations, each over the rows that have both columns."""
    present = (~np.isnan(values)).astype(float)
    filled = np.nan_to_num(values - np.nanmean(values, axis=0))
    counts = present.T @ present
    sums, squares, products = filled.T @ present, np.square(filled).T @ present, filled.T @ filled
    covariance = products / counts - sums * sums.T / counts**2
    variance = squares / counts - np.square(sums / counts)
    if np.any(variance < 1e-12):
        raise NotEnoughToSay("a rating that never varies drives nothing")
    return np.asarray(covariance / np.sqrt(variance * variance.T), dtype=float)


def _parts(correlations: ArrayLike) -> tuple[Matrix, Matrix]:
    matrix = np.asarray(correlations, dtype=float)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or len(matrix) < 2:
        raise ValueError("correlations come as a square matrix, outcome first")
    return matrix[1:, 1:], matrix[1:, 0]


def _r_squared(among: Matrix, with_outcome: Matrix, subset: tuple[int, ...]) -> float:
    if not subset:
        return 0.0
    chosen = list(subset)
    slopes = np.linalg.pinv(among[np.ix_(chosen, chosen)], hermitian=True) @ with_outcome[chosen]
    return float(slopes @ with_outcome[chosen])


def _importance(raw: Matrix, with_outcome: Matrix) -> Importance:
    signs = tuple(int(sign) for sign in np.sign(with_outcome))
    return Importance(tuple(float(weight) for weight in raw), float(raw.sum()), signs)
