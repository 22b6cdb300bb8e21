"""Counts per scale point: the form in which every answer reaches the formulas."""

from collections import Counter
from collections.abc import Iterable, Mapping

# How many answers gave each scale point.
Histogram = Mapping[int, int]


def answers(histogram: Histogram) -> int:
    """Return the number of answers (>= 0)."""
    return sum(histogram.values())


def merged(histograms: Iterable[Histogram]) -> dict[int, int]:
    """Return the sum of signed histograms without its zeros.

    Signed integers form a commutative group: order, batches and late corrections cannot change the sum.
    """
    total: Counter[int] = Counter()
    for histogram in histograms:
        for value, count in histogram.items():
            total[value] += count
    return {value: total[value] for value in sorted(total) if total[value]}


def require_scale(histogram: Histogram, low: int, high: int) -> None:
    """Refuse negative totals and values outside the scale, ends included."""
    for value, count in histogram.items():
        if count < 0:
            raise ValueError(f"a total cannot be negative: {count} answers of {value}")
        if count and not low <= value <= high:
            raise ValueError(f"{value} lies outside the scale {low}..{high}")


def mean(histogram: Histogram) -> float | None:
    """Return the mean answer in scale points, or None without answers."""
    n = answers(histogram)
    return sum(value * count for value, count in histogram.items()) / n if n else None


def variance(histogram: Histogram) -> float | None:
    """Return the sample variance (divisor n - 1, squared scale points), or None below two answers."""
    n = answers(histogram)
    if n < 2:
        return None
    total = sum(value * count for value, count in histogram.items())
    squares = sum(value * value * count for value, count in histogram.items())
    # Whole numbers until the last division: no cancellation, however many answers.
    return (n * squares - total * total) / (n * (n - 1))


def quantile(histogram: Histogram, share: float) -> int | None:
    """Return the smallest scale point that at least this share (0..1) of answers does not exceed, or None."""
    n = answers(histogram)
    if n == 0:
        return None
    seen = 0
    for value in sorted(histogram):
        seen += histogram[value]
        if seen and seen >= share * n:
            return value
    raise ValueError(f"a share lies between 0 and 1, not {share}")
