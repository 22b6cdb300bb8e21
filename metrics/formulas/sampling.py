"""How many answers are enough, and what the answers there are can show."""

from math import ceil, floor, sqrt
from statistics import NormalDist
from typing import Literal

# The variance of one answer coded -1, 0, +1 is 0.55 to 0.67 in practice; the larger is the safe one.
TYPICAL_VARIANCE = 0.67


def required_answers(
    difference_points: float,
    *,
    variance: float = TYPICAL_VARIANCE,
    confidence: float = 0.95,
    power: float | None = 0.8,
    tails: Literal[1, 2] = 2,
    samples: Literal[1, 2] = 1,
    adjustment: int = 3,
) -> int:
    """Return the answers (per sample) that show a difference of so many points, rounded up.

    s^2 (z_alpha + z_beta)^2 / d^2 - 3, doubled for two samples (measuringu.com, nps-sig-test-sample-size).
    Without power it is the answers for a margin of error of that size.
    """
    if difference_points <= 0:
        raise ValueError(f"a difference is positive, not {difference_points}")
    reach = _deviations(confidence, power, tails)
    exact = samples * variance * reach**2 / (difference_points / 100) ** 2 - adjustment
    return max(1, ceil(exact))


def detectable_change(
    n: int, *, variance: float = TYPICAL_VARIANCE, confidence: float = 0.95, power: float | None = 0.8
) -> float | None:
    """Return the change between two periods of n answers each that would be noticed, in points, or None.

    With power 0.8: the true change found four times in five. Without power: the smallest difference that is
    just significant. Print it beside every trend (METRICS 2.3).
    """
    if n < 1:
        return None
    return 100 * _deviations(confidence, power, 2) * sqrt(2 * variance / n)


def finite_population_answers(
    population: int, *, share: float = 0.5, margin: float = 0.05, chi2: float = 3.841
) -> int:
    """Return the answers that estimate a share within a margin (both 0..1), to the nearest whole number.

    Krejcie & Morgan (1970); 3.841 is the chi-square of one degree of freedom at 95 percent.
    """
    if population < 1:
        raise ValueError(f"a population has someone in it, not {population}")
    spread = chi2 * share * (1 - share)
    return floor(spread * population / (margin**2 * (population - 1) + spread) + 0.5)


def _deviations(confidence: float, power: float | None, tails: int) -> float:
    standard = NormalDist()
    reach = standard.inv_cdf(1 - (1 - confidence) / tails)
    return reach if power is None else reach + standard.inv_cdf(power)
