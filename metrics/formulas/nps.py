"""The Net Promoter Score of one group of answers, and the difference between two."""

from math import erf, sqrt
from typing import Literal, NamedTuple

from metrics.formulas.histograms import Histogram, require_scale
from metrics.formulas.intervals import (
    PLUS_THREE,
    Interval,
    critical_value,
    mover,
    nps_score_interval,
    two_sided_p,
)

# Beyond eight standard errors a double cannot tell the confidence from 1.
_FARTHEST_Z = 8.0
_BISECTIONS = 30


class Split(NamedTuple):
    """How many answers fall into each of the three groups."""

    detractors: int
    passives: int
    promoters: int

    @property
    def n(self) -> int:
        """Return the number of answers."""
        return self.detractors + self.passives + self.promoters


NOBODY = Split(0, 0, 0)

Method = Literal["mover", "adjusted_wald", "wald"]


class Difference(NamedTuple):
    """The score of one group less that of another in points, with standard error and interval."""

    difference: float
    se: float
    low: float
    high: float

    @property
    def is_significant(self) -> bool:
        """Return whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


def split(
    histogram: Histogram,
    detractor_max: int = 6,
    passive_max: int = 8,
    *,
    scale_min: int = 0,
    scale_max: int = 10,
) -> Split:
    """Return detractors, passives and promoters; 0-6, 7-8, 9-10 by default (Reichheld, HBR Dec 2003).

    The cut-offs belong to the question. Values outside the scale are refused, not guessed at.
    """
    if not scale_min <= detractor_max <= passive_max < scale_max:
        raise ValueError(f"cut-offs {detractor_max} and {passive_max} do not divide {scale_min}..{scale_max}")
    require_scale(histogram, scale_min, scale_max)
    detractors = passives = promoters = 0
    for value, count in histogram.items():
        if value <= detractor_max:
            detractors += count
        elif value <= passive_max:
            passives += count
        else:
            promoters += count
    return Split(detractors, passives, promoters)


def nps(groups: Split) -> float | None:
    """Return the Net Promoter Score (-100..100), or None without answers (Reichheld 2003)."""
    return 100 * (groups.promoters - groups.detractors) / groups.n if groups.n else None


def percent_promoters(groups: Split) -> float | None:
    """Return the share of likely recommenders (0..100 percent), or None; never to be called NPS."""
    return 100 * groups.promoters / groups.n if groups.n else None


def variance(groups: Split, *, unbiased: bool = False) -> float | None:
    """Return the variance of one answer coded -1, 0, +1 (0..1), or None without answers.

    Divisor n; n - 1 (0..2, None below two answers) when unbiased. Unit scale, as R's package NPS has it.
    """
    n = groups.n
    if n < (2 if unbiased else 1):
        return None
    spread = n * (groups.promoters + groups.detractors) - (groups.promoters - groups.detractors) ** 2
    return spread / (n * (n - 1 if unbiased else n))


def standard_error(groups: Split, *, unbiased: bool = False, population: int | None = None) -> float | None:
    """Return the standard error of the score in points (>= 0), or None without enough answers.

    With the size of the surveyed population it takes the variance with divisor n - 1 and the finite
    population correction (Cochran 1977): worth it where more than 5 percent of it answered, and no cure for
    non-response bias.
    """
    spread = variance(groups, unbiased=unbiased or population is not None)
    if spread is None:
        return None
    if population is None:
        return 100 * sqrt(spread / groups.n)
    if population < groups.n:
        raise ValueError(f"{groups.n} answers cannot come from a population of {population}")
    return 100 * sqrt(spread / groups.n * (1 - groups.n / population))


def difference(a: Split, b: Split, confidence: float = 0.95, method: Method = "mover") -> Difference | None:
    """Return score a - score b in points (-200..200) with its interval, or None when one has no answers.

    MOVER on two score intervals keeps the promised error rate (METRICS 2.2); the difference shown is always
    the raw one. Plain Wald is there to compare with other tools.
    """
    score_a, score_b = nps(a), nps(b)
    if score_a is None or score_b is None:
        return None
    raw = score_a - score_b
    if method == "mover":
        _, se = _normal(a, b, "wald")
        return Difference(raw, se, *_mover_interval(a, b, confidence))
    centre, se = _normal(a, b, method)
    half_width = critical_value(confidence) * se
    return Difference(raw, se, centre - half_width, centre + half_width)


def p_value(a: Split, b: Split, method: Method = "mover") -> float | None:
    """Return the two-sided p (0..1) of no difference, or None when one has no answers.

    Under MOVER the error probability at which the interval just reaches zero: a search, a few milliseconds.
    """
    if not a.n or not b.n:
        return None
    if method != "mover":
        centre, se = _normal(a, b, method)
        return two_sided_p(centre / se) if se else float(centre == 0)
    low, high = 0.0, _FARTHEST_Z
    for _ in range(_BISECTIONS):
        z = (low + high) / 2
        ends = _mover_interval(a, b, erf(z / sqrt(2)))
        if ends.low > 0 or ends.high < 0:
            low = z
        else:
            high = z
    return two_sided_p((low + high) / 2)


def _mover_interval(a: Split, b: Split, confidence: float) -> Interval:
    of_a, of_b = nps_score_interval(*a, confidence), nps_score_interval(*b, confidence)
    score_a, score_b = nps(a), nps(b)
    if of_a is None or of_b is None or score_a is None or score_b is None:
        raise ValueError("both groups need answers")
    return mover(score_a, of_a, score_b, of_b)


def _normal(a: Split, b: Split, method: Method) -> tuple[float, float]:
    """Return centre and standard error of the difference in points, after pseudo-counts when adjusted."""
    pseudo = PLUS_THREE if method == "adjusted_wald" else (0.0, 0.0, 0.0)
    centre_a, error_a = _padded(a, pseudo)
    centre_b, error_b = _padded(b, pseudo)
    return centre_a - centre_b, sqrt(error_a**2 + error_b**2)


def _padded(groups: Split, pseudo: tuple[float, float, float]) -> tuple[float, float]:
    """Return score and standard error in points after adding answers to each group."""
    detractors, passives, promoters = (count + extra for count, extra in zip(groups, pseudo, strict=True))
    n = detractors + passives + promoters
    estimate = (promoters - detractors) / n
    return 100 * estimate, 100 * sqrt(max(0.0, (promoters + detractors) / n - estimate**2) / n)
