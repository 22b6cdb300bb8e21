"""Satisfaction and effort: share, mean and index of one histogram, and which scales may be pooled."""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from metrics.formulas.histograms import Histogram, answers, mean, merged, require_scale
from metrics.formulas.intervals import Interval, wilson


class Direction(StrEnum):
    """Whether a high answer is good news."""

    HIGHER_IS_BETTER = "higher_is_better"
    LOWER_IS_BETTER = "lower_is_better"


class Scale(NamedTuple):
    """The scale of a question: its ends, its direction, and from which point on an answer counts as good."""

    low: int
    high: int
    good_from: int
    direction: Direction = Direction.HIGHER_IS_BETTER


CSAT_5 = Scale(1, 5, 4)
CSAT_7 = Scale(1, 7, 6)
CSAT_10 = Scale(1, 10, 9)
# 2010: "how much effort did you have to put forth", little is good.
CES_1 = Scale(1, 5, 2, Direction.LOWER_IS_BETTER)
# 2013: "the company made it easy for me", agreement is good; Gartner counts 5, 6 and 7.
CES_2 = Scale(1, 7, 5)


class ScalesDiffer(ValueError):
    """Answers on different scales or in different directions were about to be pooled."""


class Effort(NamedTuple):
    """Customer effort: the mean in scale points and the percentage who found it easy."""

    mean: float
    percent_easy: float
    n: int


def top_box(histogram: Histogram, satisfied_min: int) -> float | None:
    """Return the percentage (0..100) of answers at or above the cut-off, or None without answers.

    4 of 5, 6 of 7, 9 of 10: the usual top two boxes (help.delighted.com, article 240).
    """
    n = answers(histogram)
    return 100 * _at_least(histogram, satisfied_min) / n if n else None


def top_box_interval(histogram: Histogram, satisfied_min: int, confidence: float = 0.95) -> Interval | None:
    """Return the Wilson interval of the satisfied share (0..1), or None without answers."""
    return wilson(_at_least(histogram, satisfied_min), answers(histogram), confidence)


def index(histogram: Histogram, low: int, high: int) -> float | None:
    """Return (mean - low) / (high - low) as 0..100, or None without answers.

    The only form in which answers on different scales stand side by side; say so where it is shown.
    """
    if low >= high:
        raise ValueError(f"a scale needs two ends, not {low}..{high}")
    require_scale(histogram, low, high)
    centre = mean(histogram)
    return None if centre is None else 100 * (centre - low) / (high - low)


def percent_good(histogram: Histogram, scale: Scale) -> float | None:
    """Return the percentage (0..100) of good answers in the direction of the scale, or None without."""
    n = answers(histogram)
    return 100 * _good(histogram, scale) / n if n else None


def percent_good_interval(histogram: Histogram, scale: Scale, confidence: float = 0.95) -> Interval | None:
    """Return the Wilson interval of the share (0..1) of good answers, or None without answers."""
    return wilson(_good(histogram, scale), answers(histogram), confidence)


def effort(histogram: Histogram, scale: Scale = CES_2) -> Effort | None:
    """Return the customer effort of one scale, or None without answers (CEB 2010, 2013; Gartner)."""
    centre, easy = mean(histogram), percent_good(histogram, scale)
    return None if centre is None or easy is None else Effort(centre, easy, answers(histogram))


def pooled(parts: Iterable[tuple[Scale, Histogram]]) -> tuple[Scale, dict[int, int]]:
    """Return the common scale and the sum of the histograms.

    CES 1.0 counts effort and CES 2.0 ease: adding them would cancel, so any difference in scale refuses.
    """
    pairs = list(parts)
    scales = {scale for scale, _ in pairs}
    if len(scales) != 1:
        raise ScalesDiffer(f"cannot pool answers on {len(scales)} different scales")
    return scales.pop(), merged(histogram for _, histogram in pairs)


def _good(histogram: Histogram, scale: Scale) -> int:
    require_scale(histogram, scale.low, scale.high)
    if scale.direction is Direction.HIGHER_IS_BETTER:
        return _at_least(histogram, scale.good_from)
    return answers(histogram) - _at_least(histogram, scale.good_from + 1)


def _at_least(histogram: Histogram, cut_off: int) -> int:
    return sum(count for value, count in histogram.items() if value >= cut_off)
