"""Numbers as people read them: real minus signs, thousands separated, halves rounded up, units said."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.conf import settings
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from metrics.formulas.rounding import displayed
from metrics.measures.comparisons import Comparison
from metrics.measures.measure import Days, Measure, Unit
from metrics.measures.targets import Aim
from metrics.measures.voices import Given, Mood
from metrics.pages.charts import period_name

register = template.Library()

UNKNOWN = "–"
# Of "USD 1,200" and "1 Feb 2027".
SPACES_WITHIN = re.compile(
    r"(?<=\b[A-Z]{3}) (?=\d)|(?<=\d) (?=[A-Z][a-z]{2} \d{4}\b)|(?<=\d [A-Z][a-z]{2}) (?=\d{4}\b)"
)
DIGITS: Mapping[Unit, int] = {Unit.POINTS: 0, Unit.PERCENT: 1, Unit.SCALE: 2}


@register.filter
def figure(measure: Measure) -> str:
    """Return the value of a measure with its unit, a dash where it cannot be known."""
    return quantity(measure.value, measure.unit)


@register.filter
def interval(measure: Measure) -> str:
    """Return the ends of a measure's interval, '' without one."""
    if measure.interval is None:
        return ""
    low, high = (quantity(end, measure.unit) for end in measure.interval)
    return f"{low} to {high}"


@register.filter
def in_unit(value: float | Decimal | None, unit: Unit | None) -> str:
    """Return a value in its unit, a plain number without one, a dash for an unknown one."""
    return number(None if value is None else float(value)) if unit is None else quantity(value, unit)


@register.filter
def change(difference: float | Decimal | None, unit: Unit) -> str:
    """Return a difference with its sign and unit: "+4 points", "−1.3 points", "+USD 1,200"."""
    if difference is None:
        return UNKNOWN
    if unit is Unit.MONEY:
        text = money(abs(Decimal(difference)))
        return text if not difference else f"{'−' if difference < 0 else '+'}{text}"
    digits = 1 if unit in (Unit.POINTS, Unit.PERCENT) else DIGITS[unit]
    return f"{signed(float(difference), digits)} points"


@register.filter
def gap(aim: Aim, measure: Measure) -> str:
    """Return value less target, so that the three agree as they are shown: "−12 points", "−2.1 points".

    Where value and target look alike and are not, it is told in tenths.
    """
    value, unit = measure.value, measure.unit
    if value is None or unit not in (Unit.POINTS, Unit.PERCENT):
        return change(aim.gap, unit)
    digits = DIGITS[unit]
    shown, wanted = (displayed(float(each), digits) or Decimal(0) for each in (value, aim.value))
    if shown == wanted:
        return change(aim.gap, unit)
    is_one = abs(shown - wanted) == 1 and not digits
    return f"{signed(float(shown - wanted), digits)} point{'' if is_one else 's'}"


@register.filter
def change_interval(comparison: Comparison, unit: Unit) -> str:
    """Return the ends of a difference's interval, '' without one."""
    if comparison.interval is None:
        return ""
    low, high = (signed(end, 1 if unit is not Unit.SCALE else 2) for end in comparison.interval)
    return f"{low} to {high}"


@register.filter
def scores(given: Iterable[Given]) -> SafeString:
    """Return scores as they were given, each in the colour of its mood: "NPS 9/10"."""
    return format_html_join("", '<span class="given {}">{} <b>{}</b>{}</span>', _by_kind(given))


def scores_in_words(given: Iterable[Given]) -> str:
    """Return scores as they were given, for a mail: "NPS 9/10, CSAT 4/5"."""
    return ", ".join(f"{label} {values}{scale}" for _, label, values, scale in _by_kind(given))


def _by_kind(given: Iterable[Given]) -> list[tuple[Mood, str, str, str]]:
    """Return scores as mood, label, values and scale; several of one kind together: "Rating 3, 5, 4 of 5"."""
    of_kind: dict[tuple[str, int], list[Given]] = defaultdict(list)
    for each in given:
        of_kind[each.label, each.highest].append(each)
    marks = []
    for (label, highest), alike in of_kind.items():
        moods = {each.mood for each in alike}
        mood = moods.pop() if len(moods) == 1 else Mood.NEUTRAL
        values = ", ".join(str(each.value) for each in alike)
        marks.append((mood, label, values, f" of {highest}" if len(alike) > 1 else f"/{highest}"))
    return marks


@register.filter
def within(value: float) -> float:
    """Return a percentage cut to what a bar can show: 0 to 100."""
    return max(0.0, min(100.0, float(value)))


@register.filter
def money(value: Decimal | None) -> str:
    """Return an amount in the reporting currency without cents: "USD 1,234,567", "−USD 1,200"."""
    if value is None:
        return UNKNOWN
    _, sign, size = amount(value).rpartition("−")
    return f"{sign}{settings.REPORTING_CURRENCY} {size}"


@register.filter
def amount(value: Decimal | None) -> str:
    """Return an amount whose currency the heading says, without cents: "1,234,567"."""
    if value is None:
        return UNKNOWN
    whole = value.quantize(Decimal(1), ROUND_HALF_UP)
    return f"{'−' if whole < 0 else ''}{abs(whole):,}"


@register.filter
def cents(value: Decimal | None) -> str:
    """Return an amount to the cent, so that a sum can be checked: "1,234,567.89"."""
    if value is None:
        return UNKNOWN
    exact = value.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{'−' if exact < 0 else ''}{abs(exact):,}"


def exact(value: Decimal) -> str:
    """Return an exchange rate with all the decimals it has: "1.0842", "0.00649", "1"."""
    return f"{value.normalize():f}"


@register.filter
def counted(measure: Measure) -> str:
    """Return what a measure counts beside its n: "1,234 answers", "1 answer"."""
    noun, _, rest = measure.counted.partition(" ")
    noun = noun.removesuffix("s") if measure.n == 1 else noun
    return f"{_number(measure.n, 0)} {noun} {rest}".strip()


@register.filter
def percent(value: float | None, digits: int = 0) -> str:
    """Return a percentage: "72%"."""
    return UNKNOWN if value is None else f"{_number(value, digits)}%"


@register.filter
def number(value: float | None, digits: int = 0) -> str:
    """Return a number: "1,234.5"."""
    return UNKNOWN if value is None else _number(value, digits)


@register.filter
def short(value: Decimal | None, style: str = "plain") -> str:
    """Return a measured number with as many decimals as it has: "1,250", "0.75", with a sign when signed."""
    if value is None:
        return UNKNOWN
    plus = "+" if value > 0 and style == "signed" else ""
    text = f"{abs(value):,.4f}".rstrip("0").rstrip(".")
    return f"{'−' if value < 0 else plus}{text}"


@register.filter
def floor(value: float, digits: int = 0) -> str:
    """Return a score cut short, not rounded: 74.96 is not yet the 75 of the next band."""
    scale = 10**digits
    # In floating point a score of 64.1 may be a little less than 641 tenths.
    return f"{int(round(value * scale, 6)) / scale:.{digits}f}"


@register.filter
def signed(value: float | None, digits: int = 0) -> str:
    """Return a number with its sign: "+12", "−4", "0"."""
    if value is None:
        return UNKNOWN
    text = _number(value, digits)
    return f"+{text}" if value > 0 and text.strip("0.") else text


@register.filter
def hundredths(value: int, style: str = "signed") -> str:
    """Return integer hundredths with two decimals: "+2.00", "−4.88", and "67.25" when plain."""
    plus = "+" if value > 0 and style == "signed" else ""
    return f"{'−' if value < 0 else plus}{abs(value) // 100}.{abs(value) % 100:02}"


@register.filter
def took(length: timedelta | None) -> str:
    """Return how long something took: "1 min 32 s"."""
    if length is None:
        return UNKNOWN
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


@register.filter
def css(value: float) -> str:
    """Return a number as a style sheet reads it: "12.5"."""
    return f"{value:.2f}"


@register.filter
def period(first: date, by: str) -> str:
    """Return the name of the month or quarter that begins on the day: "Jun 2026", "Q2 2026"."""
    return period_name(first, by)


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    """Return a date, of an instant its local day: "5 Jun 2026"."""
    return f"{value.day} {value:%b %Y}" if value else UNKNOWN


@register.filter
def unbroken(words: str) -> str:
    """Return a sentence of which no line ends within an amount or a date: "USD 1,200", "1 Feb 2027"."""
    return SPACES_WITHIN.sub("\u00a0", words)


@register.filter
def days(window: Days) -> str:
    """Return a window by its first and last day, both included."""
    last = day(window.end - timedelta(days=1))
    if window.start == window.end - timedelta(days=1):
        return last
    return f"{day(window.start)} – {last}" if window.start else f"until {last}"


def quantity(value: float | Decimal | None, unit: Unit) -> str:
    """Return a value in its unit, a dash for an unknown one."""
    if unit is Unit.MONEY:
        return money(value if value is None else Decimal(value))
    if value is None:
        return UNKNOWN
    if unit is Unit.POINTS:
        return signed(float(value), DIGITS[unit])
    return (
        percent(float(value), DIGITS[unit]) if unit is Unit.PERCENT else _number(float(value), DIGITS[unit])
    )


def _number(value: float, digits: int) -> str:
    rounded = displayed(float(value), digits)
    assert rounded is not None
    return f"{'−' if rounded < 0 else ''}{abs(rounded):,}"
