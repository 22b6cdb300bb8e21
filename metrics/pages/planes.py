"""Charts of points between two numbers: what was promised and what came, how important and how good."""

import json
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from metrics.formulas.backtest import Bin
from metrics.pages.charts import AXIS, COLOURS, LINE, Chart, chart_of, line_of, rounded


def reliability_chart(bins: Sequence[Bin]) -> Chart | None:
    """Return promised against observed losses in percent, beside the line of honest forecasts, or None."""
    if not bins:
        return None
    points = [{"x": rounded(100 * each.predicted), "y": rounded(100 * each.observed)} for each in bins]
    highest = max(max(point["x"] or 0, point["y"] or 0) for point in points)
    most = 10 * ceil(max(highest, 10) / 10)
    honest = line_of("As promised", [], points=0) | {
        "data": [{"x": 0, "y": 0}, {"x": most, "y": most}],
        "borderColor": AXIS,
        "borderDash": [4, 4],
    }
    words = "Lost as promised by the score against lost in fact, in percent; the table below has the numbers."
    return _plane([_dots("Observed", points), honest], words, ("promised %", "observed %"), most)


def importance_chart(drivers: Sequence[tuple[str, float, float]]) -> Chart | None:
    """Return each driver as a point: its mean rating and its importance, both from 0 to 100, or None.

    It has no legend: the table below marks each row in the colour of its point.
    """
    if not drivers:
        return None
    sets = [
        _dots(name, [{"x": rounded(rating), "y": rounded(share)}], COLOURS[number % len(COLOURS)])
        for number, (name, rating, share) in enumerate(drivers)
    ]
    words = "Importance of each rating against its mean; the table below has the numbers."
    return _plane(sets, words, ("mean rating, 0–100", "importance %"), 100)


def _dots(name: str, points: Sequence[Mapping[str, float | None]], colour: str = LINE) -> dict[str, Any]:
    return line_of(name, []) | {
        "data": points,
        "showLine": False,
        "pointRadius": 5,
        "borderColor": colour,
        "backgroundColor": colour,
    }


def _plane(sets: Sequence[Mapping[str, Any]], words: str, axes: tuple[str, str], most: float) -> Chart:
    """Return a chart of points whose axes are both numbers from 0."""
    chart = chart_of([], [*map(dict, sets)], words, 0, most)
    options = json.loads(chart.options)
    options["interaction"] = {"mode": "nearest", "intersect": True}
    for axis, title in zip("xy", axes, strict=True):
        options["scales"][axis] |= {
            "type": "linear",
            "min": 0,
            "max": most,
            "title": {"display": True, "text": title},
        }
    return Chart(chart.data, json.dumps(options), words)
