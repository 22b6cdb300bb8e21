"""Confidence intervals that need nothing but the standard library, so that web processes start light."""

from collections.abc import Callable
from math import copysign, inf, isfinite, sqrt
from statistics import NormalDist
from typing import NamedTuple

_STANDARD_NORMAL = NormalDist()
# So near its level a score is met, less than 1e-6 points away; it takes ten steps, and never all of these.
_NEAR, _MOST_STEPS = 1e-12, 100


class Interval(NamedTuple):
    """Two ends of a confidence interval, in the unit of the estimate it belongs to."""

    low: float
    high: float

    def __contains__(self, value: object) -> bool:
        """Return whether a number lies between the ends, ends included."""
        return isinstance(value, int | float) and self.low <= value <= self.high


class PseudoCounts(NamedTuple):
    """Answers added to each group before an adjusted Wald interval."""

    detractors: float
    passives: float
    promoters: float


# Rocks (2016) calls it (3, T); MeasuringU publishes it as "n + 3".
PLUS_THREE = PseudoCounts(0.75, 1.5, 0.75)


def critical_value(confidence: float = 0.95) -> float:
    """Return the two-sided standard normal quantile, 1.96 at 0.95."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, not {confidence}")
    return _STANDARD_NORMAL.inv_cdf((1 + confidence) / 2)


def two_sided_p(z: float) -> float:
    """Return the probability (0..1) of a standard normal at least as far from zero as z."""
    return 2 * _STANDARD_NORMAL.cdf(-abs(z))


def clipped(interval: Interval, low: float, high: float) -> Interval:
    """Return the interval cut off where the scale ends."""
    return Interval(max(interval.low, low), min(interval.high, high))


def wilson(successes: float, n: float, confidence: float = 0.95) -> Interval | None:
    """Return Wilson's score interval of a share (0..1), or None without answers (Wilson 1927).

    Newcombe (1998) lists it as method 3. Effective, non-integer counts of weighted samples are welcome.
    """
    _require_counts(successes, n - successes)
    if n == 0:
        return None
    z = critical_value(confidence)
    share = successes / n
    centre = share + z * z / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The exact ends are 0 and 1 when all agree; rounding would miss them by 1e-17.
    low = 0.0 if successes == 0 else (centre - reach) / scale
    high = 1.0 if successes == n else (centre + reach) / scale
    return Interval(low, high)


def mover(x: float, of_x: Interval, y: float, of_y: Interval) -> Interval:
    """Return the interval of x - y from the interval of each, in their unit (Zou & Donner 2008, MOVER).

    With two Wilson intervals it is Newcombe's method 10.
    """
    difference = x - y
    return Interval(
        difference - sqrt((x - of_x.low) ** 2 + (of_y.high - y) ** 2),
        difference + sqrt((of_x.high - x) ** 2 + (y - of_y.low) ** 2),
    )


def share_difference(
    a: tuple[float, float], b: tuple[float, float], confidence: float = 0.95
) -> Interval | None:
    """Return the interval of share a - share b (-1..1), or None when one has no answers.

    Each pair is (successes, n). Newcombe (1998), method 10.
    """
    of_a, of_b = wilson(*a, confidence), wilson(*b, confidence)
    if of_a is None or of_b is None:
        return None
    return mover(a[0] / a[1], of_a, b[0] / b[1], of_b)


def nps_score_interval(
    detractors: float, passives: float, promoters: float, confidence: float = 0.95
) -> Interval | None:
    """Return the score interval of the Net Promoter Score (-100..100), or None without answers (Tango 1998).

    It stays inside the scale and never collapses when all agree; METRICS 2.1 has its exact coverage.
    """
    _require_counts(detractors, passives, promoters)
    n = detractors + passives + promoters
    if n == 0:
        return None
    z = critical_value(confidence)
    estimate = (promoters - detractors) / n

    def score(delta: float) -> float:
        return _tango_score(detractors, promoters, n, delta)

    low = -1.0 if detractors == n else _crossing(score, -1.0, estimate, z)
    high = 1.0 if promoters == n else _crossing(score, estimate, 1.0, -z)
    return Interval(100 * low, 100 * high)


def nps_adjusted_wald_interval(
    detractors: float,
    passives: float,
    promoters: float,
    confidence: float = 0.95,
    pseudo_counts: PseudoCounts = PLUS_THREE,
) -> Interval | None:
    """Return the adjusted Wald interval (-100..100), or None without answers (Rocks 2016, arXiv 1601.07235).

    The closed-form alternative to the score interval, cut off at the ends of the scale.
    """
    _require_counts(detractors, passives, promoters)
    if detractors + passives + promoters == 0:
        return None
    counts = (
        detractors + pseudo_counts.detractors,
        passives + pseudo_counts.passives,
        promoters + pseudo_counts.promoters,
    )
    estimate = 100 * (counts[2] - counts[0]) / sum(counts)
    half_width = nps_wald_half_width(*counts, confidence)
    if half_width is None:
        return None
    return clipped(Interval(estimate - half_width, estimate + half_width), -100, 100)


def nps_wald_half_width(
    detractors: float, passives: float, promoters: float, confidence: float = 0.95
) -> float | None:
    """Return half the width of the plain Wald interval in points (>= 0), or None without answers.

    For comparison with other tools only: METRICS 2.1 bans it below 100 answers, where it is too narrow.
    """
    _require_counts(detractors, passives, promoters)
    n = detractors + passives + promoters
    if n == 0:
        return None
    estimate = (promoters - detractors) / n
    variance = max(0.0, (promoters + detractors) / n - estimate**2)
    return 100 * critical_value(confidence) * sqrt(variance / n)


def _tango_score(b: float, c: float, n: float, delta: float) -> float:
    """Return how many standard errors (c - b) / n lies above delta, the error taken under delta."""
    qa = 2 * n
    qb = -b - c + (2 * n - c + b) * delta
    qc = -b * delta * (1 - delta)
    q = (sqrt(max(0.0, qb * qb - 4 * qa * qc)) - qb) / (2 * qa)
    distance = c - b - n * delta
    variance = n * (2 * q + delta * (1 - delta))
    if variance <= 0:
        return copysign(inf, distance) if distance else 0.0
    return distance / sqrt(variance)


def _crossing(falling: Callable[[float], float], low: float, high: float, level: float) -> float:
    """Return where a falling function meets the level between low and high (Illinois, Dowell & Jarratt 1971).

    False position, that halves the weight of an end which stays twice; where a value is infinite, the middle.
    """
    above, below = falling(low) - level, falling(high) - level
    middle, side = (low + high) / 2, 0
    for _ in range(_MOST_STEPS):
        is_finite = isfinite(above) and isfinite(below) and above > below
        middle = (low * below - high * above) / (below - above) if is_finite else (low + high) / 2
        value = falling(middle) - level
        if abs(value) < _NEAR or not low < middle < high:
            break
        if value > 0:
            low, above = middle, value
            below = below / 2 if side > 0 else below
            side = 1
        else:
            high, below = middle, value
            above = above / 2 if side < 0 else above
            side = -1
    return middle


def _require_counts(*counts: float) -> None:
    if min(counts) < 0:
        raise ValueError(f"counts cannot be negative: {counts}")
