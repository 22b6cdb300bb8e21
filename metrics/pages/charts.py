"""Series as the JSON that the admin theme's Chart.js reads from a canvas; each stands beside its table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from metrics.measures.levels import Level
from metrics.measures.measure import Point, Unit

# All read well on the light ground and on the dark one. The table of drivers marks its rows with them too.
COLOURS = ("#6366f1", "#0891b2", "#d97706", "#db2777", "#65a30d", "#7c3aed", "#dc2626", "#475569")
LINE, RANGE, AXIS = "#6366f1", "rgba(99, 102, 241, 0.32)", "#7c8493"
# What a series is about decides its colour wherever it is drawn.
MEANING: Mapping[str, str] = {
    **dict.fromkeys(("green", "happy", "promoters", "positive", "up", "answered"), "#22a35a"),
    **dict.fromkeys(("yellow",), "#d9a406"),
    **dict.fromkeys(("red", "unhappy", "detractors", "negative", "down", "silent"), "#dc2626"),
    **dict.fromkeys(("grey", "neutral", "passives", "not asked"), "#94a3b8"),
}

Value = float | Decimal | None


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: its data and options as JSON, and in words what a screen reader says instead.

    `head`, `rows` and `unit` are the same figures as a table, where the page has none of its own.
    """

    data: str
    options: str
    words: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, tuple[Value, ...]], ...] = ()
    unit: Unit | None = None


class Step(NamedTuple):
    """One bar of a bridge: a level that it starts from or ends at, or a movement between them."""

    name: str
    amount: Decimal
    is_level: bool = False


MARKS = {"usePointStyle": True, "boxWidth": 8, "boxHeight": 8, "padding": 16}
LEGEND = {"display": True, "position": "bottom", "labels": MARKS}
# What each unit can be at most; the axis shows all of it, so that no chart exaggerates.
RANGES: Mapping[Unit, tuple[float, float]] = {Unit.POINTS: (-100, 100), Unit.PERCENT: (0, 100)}
# How an axis and what the pointer shows write a number (options of Intl.NumberFormat): +30, 77.5%.
FORMATS: Mapping[Unit, Mapping[str, str]] = {
    Unit.POINTS: {"signDisplay": "exceptZero"},
    Unit.PERCENT: {"style": "unit", "unit": "percent"},
}


def trend_chart(points: Sequence[Point], name: str, by: str) -> Chart | None:
    """Return the line of a measure over time, each point inside its interval, or None without any value.

    The line goes on over periods without answers, which have neither point nor interval.
    """
    values = [rounded(point.measure.value) for point in points]
    if not any(value is not None for value in values):
        return None
    intervals = [point.measure.interval and [*map(rounded, point.measure.interval)] for point in points]
    labels = [period_name(point.period, by) for point in points]
    words = f"{name} by {by} with its 95% interval; the table below has the numbers."
    unit = points[0].measure.unit
    return chart_of(labels, [line_of(name, values), _ranges(intervals)], words, *_range(unit), unit=unit)


def sparkline(points: Sequence[Point], name: str, by: str) -> Chart | None:
    """Return a small line of a measure over time inside the band of its intervals, or None below two values.

    It has no axes: the tile says the value, the table below has the numbers.
    """
    values = [rounded(point.measure.value) for point in points]
    if sum(value is not None for value in values) < 2:
        return None
    edges = [
        [rounded(point.measure.interval and point.measure.interval[end]) for point in points]
        for end in (0, 1)
    ]
    band = [
        line_of(f"95% interval, {which}", edge, points=0)
        | {"borderWidth": 0, "spanGaps": False, "backgroundColor": RANGE, "fill": fill}
        for which, edge, fill in zip(("from", "to"), edges, (False, "-1"), strict=True)
    ]
    has_band = any(value is not None for value in edges[0])
    last = max(place for place, value in enumerate(values) if value is not None)
    line = line_of(name, values, points=0)
    line["pointRadius"] = [3 if place == last else 0 for place in range(len(values))]
    words = f"{name} by {by}{' with its 95% interval' if has_band else ''}; the table below has the numbers."
    labels = [period_name(point.period, by) for point in points]
    lines = [line, *(band if has_band else ())]
    chart = chart_of(labels, lines, words, None, None, unit=points[0].measure.unit)
    options = json.loads(chart.options)
    options["scales"]["x"] = {"display": False, "offset": True}
    options["scales"]["y"] |= {"display": False, "grace": "8%"}
    return Chart(chart.data, json.dumps(options), words)


def lines_chart(
    labels: Sequence[str], series: Mapping[str, Sequence[Value]], unit: Unit | None, words: str
) -> Chart:
    """Return several lines over the same labels, each with its own colour and name below.

    Without a unit the values are counts.
    """
    sets = [
        line_of(name, [rounded(value) for value in values])
        | {"borderColor": (colour := _colour(name, place)), "backgroundColor": colour}
        for place, (name, values) in enumerate(series.items())
    ]
    return _tabled(chart_of(labels, sets, words, *_range(unit), unit=unit), labels, series, unit)


def bars_chart(
    labels: Sequence[str],
    series: Mapping[str, Sequence[Value]],
    unit: Unit | None,
    words: str,
    *,
    is_stacked: bool = False,
) -> Chart:
    """Return bars over the labels, one series beside the other or on top of each other."""
    sets = [
        _bar(name, [rounded(value) for value in values], _colour(name, place) if len(series) > 1 else LINE)
        for place, (name, values) in enumerate(series.items())
    ]
    chart = chart_of(labels, sets, words, None, None, unit=unit)
    options = json.loads(chart.options)
    for axis in "xy":
        options["scales"][axis]["stacked"] = is_stacked
    options["scales"]["y"]["beginAtZero"] = True
    return _tabled(Chart(chart.data, json.dumps(options), words), labels, series, unit)


def bridge_chart(steps: Sequence[Step], words: str) -> Chart | None:
    """Return a waterfall in money: levels stand on the axis, movements hang between them; None without any.

    A movement begins where the one before it ended.
    """
    if not steps:
        return None
    spans, colours, level = [], [], Decimal(0)
    for step in steps:
        before = Decimal(0) if step.is_level else level
        level = step.amount if step.is_level else level + step.amount
        spans.append([rounded(before), rounded(level)])
        meaning = "up" if step.amount >= 0 else "down"
        colours.append(LINE if step.is_level else MEANING[meaning])
    labels = [step.name for step in steps]
    chart = chart_of(labels, [_bar("Amount", spans, LINE) | {"backgroundColor": colours}], words, None, None)
    options = json.loads(chart.options)
    # Every bar has its name, on a phone upright.
    options["scales"]["x"]["ticks"] |= {"autoSkip": False, "maxRotation": 90}
    chart = replace(chart, options=json.dumps(options))
    return _tabled(chart, labels, {"Amount": [step.amount for step in steps]}, Unit.MONEY)


def _tabled(
    chart: Chart, labels: Sequence[str], series: Mapping[str, Sequence[Value]], unit: Unit | None
) -> Chart:
    """Return the chart with its table, and with a legend where there is more than one series."""
    options = json.loads(chart.options)
    if len(series) > 1:
        options["plugins"]["legend"] = LEGEND
    columns = zip(*series.values(), strict=True)
    rows = tuple((label, tuple(values)) for label, values in zip(labels, columns, strict=True))
    return Chart(chart.data, json.dumps(options), chart.words, tuple(series), rows, unit)


def _range(unit: Unit | None) -> tuple[float | None, float | None]:
    return RANGES.get(unit, (None, None)) if unit else (None, None)


def _colour(name: str, place: int) -> str:
    return MEANING.get(name.lower(), COLOURS[place % len(COLOURS)])


def _bar(name: str, values: Sequence[Any], colour: str) -> dict[str, Any]:
    return {
        "type": "bar",
        "label": name,
        "data": values,
        "backgroundColor": colour,
        "borderRadius": 3,
        "borderSkipped": False,
        "maxBarThickness": 48,
    }


def levels_chart(levels: Sequence[Level]) -> Chart | None:
    """Return the line of ARR by month, or None below two levels, or where no level is known."""
    if len(levels) < 2 or all(level.value is None for level in levels):
        return None
    labels = [f"{level.day.day} {period_name(level.day, 'month')}" for level in levels]
    values = {"ARR": [level.value for level in levels]}
    chart = lines_chart(labels, values, Unit.MONEY, "ARR by month, at today’s exchange rates.")
    options = json.loads(chart.options)
    # From zero, so that a small step does not look like a leap.
    options["scales"]["y"]["beginAtZero"] = True
    # The table beside it leads to the contracts of each day.
    return replace(chart, options=json.dumps(options), rows=())


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
    line = line_of(name, [levels.get(day) for day in axis], points=0)
    return chart_of(labels, [line], f"{name} by day, from 0 to 100.", 0, 100)


def period_name(first: date, by: str) -> str:
    """Return the name of a day, month or quarter: "5 Jun 2026", "Jun 2026", "Q2 2026"."""
    if by == "day":
        return f"{first.day} {first:%b %Y}"
    return f"{first:%b %Y}" if by == "month" else f"Q{(first.month + 2) // 3} {first.year}"


def line_of(name: str, values: Sequence[float | None], points: int = 3) -> dict[str, Any]:
    """Return a data set of Chart.js drawn as a line, with points of that radius in pixels."""
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


def chart_of(
    labels: Sequence[str],
    datasets: Sequence[dict[str, Any]],
    words: str,
    low: float | None,
    high: float | None,
    *,
    unit: Unit | None = None,
) -> Chart:
    """Return data sets over named places, with a y axis from low to high (None: as the values need)."""
    ticks = {"maxRotation": 0, "autoSkipPadding": 16}
    options = {
        "animation": False,
        "responsive": True,
        "maintainAspectRatio": False,
        "interaction": {"mode": "index", "intersect": False},
        "plugins": {"legend": {"display": False}},
        "scales": {
            "x": {"offset": True, "ticks": ticks, "grid": {"display": False}, "border": {"display": False}},
            "y": {
                "ticks": {"maxTicksLimit": 6, "format": FORMATS.get(unit, {}) if unit else {}},
                "grid": {"tickLength": 0},
                "border": {"display": False},
                "min": low,
                "max": high,
            },
        },
    }
    return Chart(json.dumps({"labels": labels, "datasets": datasets}), json.dumps(options), words)


def rounded(value: Any) -> float | None:
    """Return a value with the one digit that a chart needs."""
    return None if value is None else round(float(value), 1)
