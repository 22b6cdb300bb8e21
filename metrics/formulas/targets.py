"""A value beside its target: the gap, how far the way is gone, and whether it is on track."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from metrics.formulas.intervals import Interval


class Gap(NamedTuple):
    """Value less target, in points, and whether the sample could have missed the target by chance alone."""

    points: float
    is_within_interval: bool


class Track(StrEnum):
    """How a target stands on a day."""

    REACHED = "reached"
    ON_TRACK = "on track"
    UNSURE = "not clearly behind"
    BEHIND = "behind"
    MISSED = "missed"
    OPEN = "not reached yet"
    UNKNOWN = "not known"


def gap(value: float | None, target: float, interval: Interval | None = None) -> Gap | None:
    """Return how far a value is above (or below) its target, or None when there is no value.

    A metric that is counted in full rather than sampled has no interval, and no excuse.
    """
    if value is None:
        return None
    return Gap(value - target, interval is not None and target in interval)


def progress(value: float | None, start: float | None, target: float) -> float | None:
    """Return which part of the way from start to target is gone (percent; below 0 backwards), or None.

    None without a value or a start, or where there is no way to go.
    """
    if value is None or start is None or start == target:
        return None
    return 100 * (value - start) / (target - start)


def track(
    value: float | None,
    target: float,
    *,
    today: date,
    by: date,
    lower_is_better: bool,
    start: tuple[float, date] | None = None,
    interval: Interval | None = None,
) -> Track:
    """Return how a target stands on a day.

    On track is whoever stands at least where a straight line from the start to the target is on the day. Not
    clearly behind is whoever stands below, but whose interval holds that line: chance alone may explain the
    difference. Without a start it is only said that the target is not reached yet.
    """
    if value is None:
        return Track.UNKNOWN
    if value <= target if lower_is_better else value >= target:
        return Track.REACHED
    if today > by:
        return Track.MISSED
    if start is None:
        return Track.OPEN
    begun, since = start
    # Before its first day the line has not begun to climb.
    expected = begun + (target - begun) * max(0, (today - since).days) / (by - since).days
    if value <= expected if lower_is_better else value >= expected:
        return Track.ON_TRACK
    return Track.UNSURE if interval and expected in interval else Track.BEHIND
