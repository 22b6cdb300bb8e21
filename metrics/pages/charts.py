"""Series as the JSON that the admin theme's Chart.js reads from a canvas; each stands beside its table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics.measures.measure import Point, Unit

# Read well on the light ground and on the dark one.
LINE, RANGE, TEXT = "#6366f1", "rgba(99, 102, 241, 0.32)", "#7c8493"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its data and options as JSON, and in words what a screen reader says instead."""

    data: str
    options: str
    words: str


# What each unit can be at most; the axis shows all of it, so that no chart exaggerates.
RANGES = {Unit.POINTS: (-100, 100), Unit.PERCENT: (0, 100)}


def trend_chart(points: Sequence[Point], name: str, by: str) -> Chart | None:
    """Return the line of a measure over time, each point inside its interval, or None without any value.

    The line goes on over periods without answers, which have neither point nor interval.
    """
    values = [_rounded(point.measure.value) for point in points]
    if not any(value is not None for value in values):
        return None
    intervals = [point.measure.interval and [*map(_rounded, point.measure.interval)] for point in points]
    labels = [period_name(point.period, by) for point in points]
    words = f"{name} by {by} with its 95% interval; the table below has the numbers."
    return _chart(
        labels,
        [_line(name, values), _ranges(intervals)],
        words,
        *RANGES.get(points[0].measure.unit, (None, None)),
    )


def level_chart(days: Sequence[tuple[date, float]], name: str) -> Chart | None:
    """Return the line of a level from 0 to 100, given by day, or None below two days.

    The axis has every day from the first to the last, also those without a level.
    """
    if len(days) < 2:
        return None
    levels = dict(days)
    first, last = min(levels).toordinal(), max(levels).toordinal()
    axis = [date.fromordinal(number) for number in range(first, last + 1)]
    labels = [f"{day.day} {day:%b}" for day in axis]
    line = _line(name, [levels.get(day) for day in axis], points=0)
    return _chart(labels, [line], f"{name} by day, from 0 to 100.", 0, 100)


def period_name(first: date, by: str) -> str:
    """Return the name of a month or quarter: "Jun 2026", "Q2 2026"."""
    return f"{first:%b %Y}" if by == "month" else f"Q{(first.month + 2) // 3} {first.year}"


def _line(name: str, values: Sequence[float | None], points: int = 3) -> dict[str, Any]:
    return {
        "label": name,
        "data": values,
        "borderColor": LINE,
        "backgroundColor": LINE,
        "borderWidth": 2,
        "pointRadius": points,
        "pointStyle": "circle",
        "tension": 0,
        "spanGaps": True,
        "clip": 8,
    }


def _ranges(intervals: Sequence[list[float | None] | None]) -> dict[str, Any]:
    return {
        "type": "bar",
        "label": "95% interval",
        "data": intervals,
        "backgroundColor": RANGE,
        "barThickness": 10,
        "borderRadius": 5,
        "borderSkipped": False,
    }


def _chart(
    labels: Sequence[str],
    datasets: Sequence[dict[str, Any]],
    words: str,
    low: float | None,
    high: float | None,
) -> Chart:
    ticks = {"color": TEXT, "maxRotation": 0, "autoSkipPadding": 16}
    options = {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {"offset": True, "ticks": ticks, "grid": {"display": False}, "border": {"display": False}},
            "y": {
                "ticks": {"color": TEXT, "maxTicksLimit": 6},
                "grid": {"tickLength": 0},
                "border": {"display": False},
                "min": low,
                "max": high,
            },
        },
    }
    return Chart(json.dumps({"labels": labels, "datasets": datasets}), json.dumps(options), words)


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 1)
