"""Alarms on daily figures that hold their peace: control charts, drift of a score, and missing volume."""

from collections.abc import Iterable, Sequence
from datetime import date
from math import sqrt
from typing import NamedTuple

import scipy

# Slow enough to be quiet, quick enough: 0.5 to 0.8 false alarms a year, 9 to 30 days' delay (METRICS 2.8).
SMOOTHING = 0.08
LIMIT = 3.0
BASELINE_DAYS = 180
LEAST_PERIODS = 8
# One false alarm on volume in about a thousand days.
RARE = 0.001


class EwmaChart(NamedTuple):
    """A smoothed series, its target first, between the limits of chance."""

    ewma: tuple[float, ...]
    lcl: float
    ucl: float


class ShareChart(NamedTuple):
    """A chart of shares (0..1): centre, limits, and the samples (counted from 1) outside of them."""

    center: float
    lcl: float
    ucl: float
    out_of_control: tuple[int, ...]


class Baseline(NamedTuple):
    """What a single answer used to be: mean and standard deviation."""

    mean: float
    sd: float


class Volume(NamedTuple):
    """What a day used to bring: the mean of each weekday, Monday first, and the excess over chance."""

    weekday_means: tuple[float, ...]
    dispersion: float


def ewma_chart(
    data: Iterable[float], *, target: float, sd: float, smoothing: float, limit: float = LIMIT
) -> EwmaChart:
    """Return the exponentially weighted moving average and its steady limits (Roberts 1959; NIST 6.3.2.4)."""
    series = [target]
    for value in data:
        series.append(smoothing * value + (1 - smoothing) * series[-1])
    reach = limit * sd * sqrt(smoothing / (2 - smoothing))
    return EwmaChart(tuple(series), target - reach, target + reach)


def share_chart(shares: Sequence[float], n_each: int, limit: float = LIMIT) -> ShareChart | None:
    """Return the p chart of shares from samples of one size, or None without samples (NIST 6.3.3.2)."""
    if not shares or n_each < 1:
        return None
    center = sum(shares) / len(shares)
    reach = limit * sqrt(center * (1 - center) / n_each)
    lcl, ucl = max(0.0, center - reach), min(1.0, center + reach)
    outside = tuple(i for i, share in enumerate(shares, start=1) if not lcl <= share <= ucl)
    return ShareChart(center, lcl, ucl, outside)


def baseline(days: Iterable[tuple[float, float, int]]) -> Baseline | None:
    """Return the baseline of (sum, sum of squares, n) per day, or None where nothing varies."""
    total = squares = 0.0
    n = 0
    for day_sum, day_squares, day_n in days:
        total += day_sum
        squares += day_squares
        n += day_n
    if n < 2:
        return None
    variance = (squares - total * total / n) / (n - 1)
    return Baseline(total / n, sqrt(variance)) if variance > 0 else None


def drifts(days: Iterable[tuple[float, int]], usual: Baseline, smoothing: float = SMOOTHING) -> list[float]:
    """Return how far the score has drifted after each day, in standard errors; beyond 3 is an alarm.

    Each day is (sum, n) of its answers and weighs by what it knows: a day with one answer hardly moves it.
    """
    error = variance = 0.0
    series = []
    for day_sum, n in days:
        error = (1 - smoothing) * error + smoothing * (day_sum - n * usual.mean)
        variance = (1 - smoothing) ** 2 * variance + smoothing**2 * n * usual.sd**2
        series.append(error / sqrt(variance) if variance else 0.0)
    return series


def volume(history: Iterable[tuple[date, int]]) -> Volume | None:
    """Return the usual volume of each weekday from daily counts, or None unless every weekday was seen.

    The dispersion of a negative binomial by moments: 0 where days vary no more than chance.
    """
    by_weekday: list[list[int]] = [[] for _ in range(7)]
    for day, count in history:
        by_weekday[day.weekday()].append(count)
    if not all(by_weekday):
        return None
    means = [sum(counts) / len(counts) for counts in by_weekday]
    excess = expected = 0.0
    for mean, counts in zip(means, by_weekday, strict=True):
        freedom = len(counts) - 1
        excess += sum((count - mean) ** 2 for count in counts) - freedom * mean
        expected += freedom * mean**2
    return Volume(tuple(means), max(0.0, excess / expected) if expected else 0.0)


def silence(usual: Volume, day: date, count: int) -> float:
    """Return the probability (0..1) of so few on this weekday; below RARE something is broken.

    Watch invitations as well as answers: a dead mail job looks like silence.
    """
    return _at_most(count, usual.weekday_means[day.weekday()], usual.dispersion)


def scarcity(history: Sequence[int], count: int) -> float | None:
    """Return the probability (0..1) of so few in a period as long as those before, None below 8 of these.

    A negative binomial by moments, as for days, without the weekdays.
    """
    if len(history) < LEAST_PERIODS:
        return None
    mean = sum(history) / len(history)
    variance = sum((each - mean) ** 2 for each in history) / (len(history) - 1)
    return _at_most(count, mean, max(0.0, variance - mean) / mean**2 if mean else 0.0)


def _at_most(count: int, mean: float, dispersion: float) -> float:
    """Return the probability of at most so many by a negative binomial, Poisson's without dispersion."""
    if mean <= 0:
        return 1.0
    if dispersion <= 0:
        return float(scipy.special.pdtr(count, mean))
    size = 1 / dispersion
    return float(scipy.special.betainc(size, count + 1, size / (size + mean)))
