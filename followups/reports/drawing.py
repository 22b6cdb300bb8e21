"""Bars and lines as places in percent, so that a page, a mail and a PDF draw the same."""

from collections.abc import Sequence
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


def bridge_bars(bridge: Bridge) -> tuple[list[Bar], str]:
    """Return the bars from opening to closing, and where they begin; movements of nothing are left out.

    The scale begins near the lowest level that is reached, for a month moves little of the whole.
    """
    moves: list[tuple[str, Decimal]] = [
        (name, getattr(bridge, field)) for field, name in BARS.items() if getattr(bridge, field)
    ]
    levels: list[Decimal] = [bridge.opening]
    for _, amount in moves:
        levels.append(levels[-1] + amount)
    top, bottom = max(levels), min(levels)
    floor = max(ZERO, bottom - (top - bottom))
    span = float(top - floor) or 1.0

    def bar(name: str, amount: str, low: Decimal, high: Decimal, **kind: bool) -> Bar:
        start, end = (100 * (float(edge - floor)) / span for edge in (low, high))
        return Bar(name, amount, start, end - start, **{"is_loss": False, "is_level": False, **kind})

    bars = [bar("At the start", money(bridge.opening), floor, bridge.opening, is_level=True)]
    for (name, amount), before, after in zip(moves, levels, levels[1:], strict=False):
        edges = sorted((before, after))
        bars.append(bar(name, change(amount, Unit.MONEY), *edges, is_loss=amount < 0))
    bars.append(bar("At the end", money(bridge.closing), floor, levels[-1], is_level=True))
    return bars, f"The bars begin at {money(floor)}." if floor else ""


def trend_of(name: str, points: Sequence[Point]) -> Trend | None:
    """Return a measure by month as a line with its band, None with fewer than two values."""
    known = [point.measure for point in points if point.measure.value is not None]
    if len(known) < 2:
        return None
    edges = [float(each.value or 0) for each in known]
    edges += [edge for each in known if each.interval for edge in each.interval]
    low, high = min(edges), max(edges)
    span = (high - low) or 1.0

    def height(value: float | None) -> float | None:
        return None if value is None else 100 * (value - low) / span

    marks = []
    for point in points:
        measure = point.measure
        ends = measure.interval or (None, None)
        words = figure(measure) + (f" ({interval(measure)})" if measure.interval else "")
        at = None if measure.value is None else float(measure.value)
        marks.append(Mark(period(point.period, "month"), words, height(at), *map(height, ends)))
    unit = known[0].unit
    first, last = known[0], known[-1]
    words = f"{name} from {figure(first)} to {figure(last)} over {len(points)} months, with 95% intervals."
    return Trend(name, marks, quantity(low, unit), quantity(high, unit), words)
