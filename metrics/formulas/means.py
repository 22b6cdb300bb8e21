"""Intervals of means: apart from the other intervals because Student's t needs scipy."""

from math import sqrt

import scipy

from metrics.formulas.histograms import Histogram, answers, mean, variance
from metrics.formulas.intervals import Interval


def student_critical_value(degrees_of_freedom: float, confidence: float = 0.95) -> float:
    """Return the two-sided quantile of Student's t (> 0)."""
    return float(scipy.special.stdtrit(degrees_of_freedom, (1 + confidence) / 2))


def mean_interval(histogram: Histogram, confidence: float = 0.95) -> Interval | None:
    """Return the t interval of the mean in scale points, or None below two answers (Student 1908)."""
    centre, spread, n = mean(histogram), variance(histogram), answers(histogram)
    if centre is None or spread is None:
        return None
    half_width = student_critical_value(n - 1, confidence) * sqrt(spread / n)
    return Interval(centre - half_width, centre + half_width)
