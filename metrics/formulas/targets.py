"""A value beside its target."""

from typing import NamedTuple

from metrics.formulas.intervals import Interval


class Gap(NamedTuple):
    """Value less target, in points, and whether the sample could have missed the target by chance alone."""

    points: float
    is_within_interval: bool


def gap(value: float | None, target: float, interval: Interval | None = None) -> Gap | None:
    """Return how far a value is above (or below) its target, or None when there is no value.

    A metric that is counted in full rather than sampled has no interval, and no excuse.
    """
    if value is None:
        return None
    return Gap(value - target, interval is not None and target in interval)
