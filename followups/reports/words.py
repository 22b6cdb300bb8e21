"""Sentences about numbers: how they stand, what changed and whether that says anything."""

from decimal import Decimal

from followups.reports.report import Figure
from metrics.formulas.disclosure import is_low
from metrics.formulas.intervals import mover
from metrics.measures.health import Standing
from metrics.measures.measure import Measure, Unit
from metrics.measures.renewals import Due
from metrics.measures.targets import Aim
from metrics.templatetags.figures import counted, day, figure, floor, gap, interval, money, number, quantity

# Beside a difference: what one of its unit is called.
NOUNS = {Unit.POINTS: "point", Unit.PERCENT: "point", Unit.SCALE: "scale point"}


def beside(each: Figure) -> str:
    """Return what to say beside a number: of how many it is, what changed, and its target."""
    few = ", which is few" if each.measure.is_few else ""
    return " ".join(filter(None, (f"{counted(each.measure)}{few}.", each.change, each.target)))


def level(name: str, measure: Measure) -> str:
    """Return a sentence that says where a number stands, with its interval and what it counts."""
    if not measure.is_known:
        return f"{name}: not enough to say."
    sampled = f"95% interval {interval(measure)}, " if measure.interval else ""
    few = ", which is few" if measure.is_few else ""
    return f"{name}: {figure(measure)} ({sampled}{counted(measure)}{few})."


def sampled_change(now: Measure, before: Measure) -> tuple[str, bool | None]:
    """Return a sentence on two samples that share no answer, and whether chance fails to explain the change.

    By MOVER (METRICS §2.2); None where the samples are too small to be compared, no words without any.
    """
    if now.value is None:
        return "", None
    if now.value is None or before.value is None or not now.interval or not before.interval:
        return "There is no earlier period to compare with.", None
    lead = (
        f"The last three months stand at {figure(now)} ({counted(now)})"
        f" after {figure(before)} ({before.n:,}) in the three before"
    )
    if is_low(now.n) or is_low(before.n):
        return f"{lead}: too few answers to compare.", None
    found = mover(float(now.value), now.interval, float(before.value), before.interval)
    if 0 in found:
        return f"{lead}, no more than chance explains.", False
    return f"{lead}, more than chance explains.", True


def counted_change(now: Measure, before: Measure) -> str:
    """Return a sentence on two full counts a month apart, of which no chance is part; "" without any."""
    if now.value is None:
        return ""
    if now.value is None or before.value is None:
        return "There is no value of a month earlier to compare with."
    change = _difference(now, before) or 0
    size = amount_of(abs(change), now.unit)
    if not float(displayed_change(change, now.unit)):
        return "As a month earlier."
    return f"{size} {'more' if change > 0 else 'less'} than a month earlier."


def _difference(now: Measure, before: Measure) -> float | None:
    """Return now less before in the unit, None where one is unknown."""
    if now.value is None or before.value is None:
        return None
    return float(Decimal(str(now.value)) - Decimal(str(before.value)))


def in_short(each: Figure) -> str:
    """Return what to know of a number first: that it really rose or fell, or misses its target; else ""."""
    if each.is_signal:
        way = "rose" if each.has_risen else "fell"
        return f"{each.name} really {way}. {each.change} Over the year it is {figure(each.measure)}."
    if each.aim and (each.aim.gap or 0) < 0 and not each.aim.is_within_interval:
        return f"{each.name}: {figure(each.measure)}. {each.target}"
    return ""


def aim_words(aim: Aim, measure: Measure) -> str:
    """Return a sentence on a target: reached or by how much not, and whether chance could hide that."""
    unit = measure.unit
    target = f"The target of {quantity(aim.value, unit)} by {day(aim.by)}"
    if aim.gap is None:
        return f"{target} cannot be compared yet."
    if aim.gap >= 0:
        return f"{target} is reached."
    within = "; the gap is inside the interval" if aim.is_within_interval else ""
    away = gap(aim, measure).lstrip("−") if unit is Unit.POINTS else amount_of(-aim.gap, unit)
    return f"{target} is {away} away{within}."


def amount_of(size: float, unit: Unit) -> str:
    """Return a size without sign in words: "4 points", "0.8 points", "USD 1,200"."""
    if unit is Unit.MONEY:
        return money(Decimal(str(size)))
    shown = displayed_change(size, unit)
    noun = NOUNS[unit]
    return f"{shown} {noun if shown == '1' else noun + 's'}"


def displayed_change(size: float, unit: Unit) -> str:
    """Return a change as it is read: whole points of a score, tenths of a percentage, whole money."""
    digits = {Unit.POINTS: 0, Unit.PERCENT: 1, Unit.SCALE: 2, Unit.MONEY: 0}[unit]
    return number(abs(size), digits).replace(",", "").removesuffix(".0")


def due_words(due: Due) -> str:
    """Return the day on which something ends, and whether notice was given."""
    return day(due.ends_on) + (", notice given" if due.is_cancelled else "")


def health_words(standing: Standing) -> str:
    """Return a health by its band's name and score: "red 42"."""
    return f"{standing.band} {floor(standing.score)}"


def several(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: "1 account", "12 accounts"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
