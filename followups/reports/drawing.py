"""Bars and lines as places in percent, so that a page, a mail and a PDF draw the same."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from followups.reports.report import Bar, Mark, Trend
from metrics.formulas.money import ZERO
from metrics.formulas.movements import Bridge
from metrics.measures.measure import Point, Unit
from metrics.templatetags.figures import change, figure, interval, money, period, quantity

BARS = {
    "new": "New customers",
    "reactivation": "Came back",
    "expansion": "Expansion",
    "contraction": "Contraction",
    "churn": "Lost",
    "currency": "Exchange rates",
}
LEVELS = {"opening": "At the start", "closing": "At the end"}


def bridge_bars(bridge: Bridge, leads: Mapping[str, str] | None = None) -> tuple[list[Bar], str]:
    """Return the bars from opening to closing, and where they begin; movements of nothing are left out.

    `leads` holds where a part of the bridge leads, by its name. The scale begins near the lowest level that
    is reached, for a month moves little of the whole.
    """
    leads = leads or {}
    moves: list[tuple[str, Decimal]] = [
        (field, getattr(bridge, field)) for field in BARS if getattr(bridge, field)
    ]
    levels: list[Decimal] = [bridge.opening]
    for _, amount in moves:
        levels.append(levels[-1] + amount)
    top, bottom = max(levels), min(levels)
    floor = max(ZERO, bottom - (top - bottom))
    span = float(top - floor) or 1.0

    def bar(field: str, amount: str, low: Decimal, high: Decimal, *, is_loss: bool = False) -> Bar:
        start, end = (100 * (float(edge - floor)) / span for edge in (low, high))
        is_level = field in LEVELS
        name = LEVELS[field] if is_level else BARS[field]
        return Bar(name, amount, start, end - start, is_loss, is_level, leads.get(field, ""))

    bars = [bar("opening", money(bridge.opening), floor, bridge.opening)]
    for (field, amount), before, after in zip(moves, levels, levels[1:], strict=False):
        edges = sorted((before, after))
        bars.append(bar(field, change(amount, Unit.MONEY), *edges, is_loss=amount < 0))
    bars.append(bar("closing", money(bridge.closing), floor, levels[-1]))
    return bars, f"The bars begin at {money(floor)}, not at zero." if floor else ""


def trend_of(name: str, points: Sequence[Point], lead: Callable[[Point], str]) -> Trend | None:
    """Return a measure by month as a line with its band, None with fewer than two values.

    `lead` says where a month leads.
    """
    known = [point.measure for point in points if point.measure.value is not None]
    if len(known) < 2:
        return None
    edges = [float(each.value or 0) for each in known]
    edges += [edge for each in known if each.interval for edge in each.interval]
    low, high = _edges(min(edges), max(edges), known[0].unit)
    span = (high - low) or 1.0

    def height(value: float | None) -> float | None:
        return None if value is None else 100 * (value - low) / span

    marks = []
    for point in points:
        measure = point.measure
        ends = measure.interval or (None, None)
        words = figure(measure) + (f" ({interval(measure)})" if measure.interval else "")
        at = None if measure.value is None else float(measure.value)
        low_, high_ = map(height, ends)
        marks.append(Mark(period(point.period, "month"), words, height(at), low_, high_, lead(point)))
    unit = known[0].unit
    first, last = known[0], known[-1]
    words = f"{name} from {figure(first)} to {figure(last)} over {len(points)} months, with 95% intervals."
    zero = height(0) if low < 0 < high else None
    return Trend(name, marks, quantity(low, unit), quantity(high, unit), words, zero)


def _edges(low: float, high: float, unit: Unit) -> tuple[float, float]:
    """Return where a scale begins and ends; of a score in points at full tens, which are read at a glance."""
    if unit is not Unit.POINTS:
        return low, high
    return 10 * math.floor(low / 10), 10 * math.ceil(high / 10)
