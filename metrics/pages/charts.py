"""Series as the JSON that the admin theme's Chart.js reads from a canvas; each stands beside its table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from metrics.formulas.backtest import Bin
from metrics.measures.measure import Point, Unit

# All read well on the light ground and on the dark one.
COLOURS = ("#6366f1", "#0891b2", "#d97706", "#db2777", "#65a30d", "#7c3aed", "#dc2626", "#475569")
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


def reliability_chart(bins: Sequence[Bin]) -> Chart | None:
    """Return promised against observed losses in percent, beside the line of honest forecasts, or None."""
    if not bins:
        return None
    points = [{"x": _rounded(100 * each.predicted), "y": _rounded(100 * each.observed)} for each in bins]
    highest = max(max(point["x"] or 0, point["y"] or 0) for point in points)
    most = 10 * ceil(max(highest, 10) / 10)
    honest = _line("As promised", [], points=0) | {
        "data": [{"x": 0, "y": 0}, {"x": most, "y": most}],
        "borderColor": TEXT,
        "borderDash": [4, 4],
    }
    words = "Lost as promised by the score against lost in fact, in percent; the table below has the numbers."
    return _plane([_dots("Observed", points), honest], words, ("promised %", "observed %"), most)


def importance_chart(drivers: Sequence[tuple[str, float, float]]) -> Chart | None:
    """Return each driver as a point: its mean rating and its importance, both from 0 to 100, or None."""
    if not drivers:
        return None
    sets = [
        _dots(name, [{"x": _rounded(rating), "y": _rounded(share)}], COLOURS[number % len(COLOURS)])
        for number, (name, rating, share) in enumerate(drivers)
    ]
    words = "Importance of each rating against its mean; the table below has the numbers."
    chart = _plane(sets, words, ("mean rating, 0–100", "importance %"), 100)
    options = json.loads(chart.options)
    options["plugins"]["legend"] = {
        "display": True,
        "position": "bottom",
        "labels": {"color": TEXT, "usePointStyle": True},
    }
    return Chart(chart.data, json.dumps(options), words)


def _dots(name: str, points: Sequence[Mapping[str, float | None]], colour: str = LINE) -> dict[str, Any]:
    return _line(name, []) | {
        "data": points,
        "showLine": False,
        "pointRadius": 5,
        "borderColor": colour,
        "backgroundColor": colour,
    }


def _plane(sets: Sequence[Mapping[str, Any]], words: str, axes: tuple[str, str], most: float) -> Chart:
    """Return a chart of points whose axes are both numbers from 0."""
    chart = _chart([], [*map(dict, sets)], words, 0, most)
    options = json.loads(chart.options)
    options["interaction"] = {"mode": "nearest", "intersect": True}
    for axis, title in zip("xy", axes, strict=True):
        options["scales"][axis] |= {
            "type": "linear",
            "min": 0,
            "max": most,
            "title": {"display": True, "text": title, "color": TEXT},
        }
    return Chart(chart.data, json.dumps(options), words)


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
