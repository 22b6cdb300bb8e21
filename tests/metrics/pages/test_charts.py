import json
from datetime import date

import pytest

from metrics.formulas.intervals import Interval
from metrics.measures.levels import Level
from metrics.measures.measure import Days, Measure, Point, Unit
from metrics.pages.charts import level_chart, levels_chart, sparkline, trend_chart


def point(month, value, interval=None, unit=Unit.POINTS):
    start = date(2026, month, 1)
    return Point(
        start,
        Measure(
            metric="nps",
            unit=unit,
            value=value,
            n=0 if value is None else 9,
            counted="answers",
            window=Days(start, date(2026, month, 28)),
            definition="",
            as_of=start,
            interval=interval,
        ),
    )


def test_a_trend_has_each_value_inside_its_interval_and_nothing_where_nobody_answered():
    points = [point(1, 12.345, Interval(-1.04, 30)), point(2, None), point(3, -5.0, Interval(-20, 9))]
    chart = trend_chart(points, "NPS", "month")
    data, options = json.loads(chart.data), json.loads(chart.options)
    assert data["labels"] == ["Jan 2026", "Feb 2026", "Mar 2026"]
    line, ranges = data["datasets"]
    assert line["data"] == [12.3, None, -5.0]
    assert ranges["data"] == [[-1.0, 30.0], None, [-20.0, 9.0]]
    assert (options["scales"]["y"]["min"], options["scales"]["y"]["max"]) == (-100, 100)
    assert "NPS by month" in chart.words


def test_a_trend_without_any_value_is_no_chart():
    assert trend_chart([point(1, None), point(2, None)], "NPS", "month") is None
    assert trend_chart([], "NPS", "month") is None


def test_a_mean_has_no_fixed_axis():
    chart = trend_chart([point(1, 4.2, unit=Unit.SCALE)], "Rating", "month")
    assert json.loads(chart.options)["scales"]["y"]["min"] is None


def test_a_level_stands_at_its_own_day():
    levels = [(date(2026, 6, 1), 50.0), (date(2026, 6, 4), 60.5)]
    data = json.loads(level_chart(levels, "Health").data)
    assert data["labels"] == ["1 Jun", "2 Jun", "3 Jun", "4 Jun"]
    assert data["datasets"][0]["data"] == [50.0, None, None, 60.5]
    assert level_chart(levels[:1], "Health") is None


@pytest.mark.parametrize(
    ("unit", "written"),
    [
        (Unit.PERCENT, {"style": "unit", "unit": "percent"}),
        (Unit.POINTS, {"signDisplay": "exceptZero"}),
        (Unit.SCALE, {}),
    ],
)
@pytest.mark.parametrize("draw", [trend_chart, sparkline])
def test_a_chart_writes_its_numbers_in_their_unit(draw, unit, written):
    chart = draw([point(1, 40.0, unit=unit), point(2, 50.0, unit=unit)], "CSAT", "month")
    assert json.loads(chart.options)["scales"]["y"].get("ticks", {}).get("format", {}) == written


def test_months_of_revenue_of_which_none_is_known_are_not_drawn_on_an_empty_scale():
    days = [date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 20)]
    assert levels_chart([Level(day, None) for day in days]) is None
    chart = levels_chart([Level(day, value) for day, value in zip(days, (None, 0, 100), strict=True)])
    assert json.loads(chart.data)["datasets"][0]["data"] == [None, 0, 100]
