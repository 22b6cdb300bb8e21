"""The rows behind a number as a table writes them."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal

from django import template
from django.conf import settings
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from metrics.pages.wording import value_in_words
from metrics.templatetags.figures import UNKNOWN, amount, day, exact, number, period

register = template.Library()

AMOUNTS = {
    "value",
    "arr",
    "arr_at_start",
    "arr_at_end",
    "due",
    "renewed",
    "revenue",
    "cost",
    "score",
    "confidence",
    "counts",
    "weight",
    "rate",
    "annual_value",
}
# Names that a hyphen or a lack of room would break in two.
UNBROKEN = {"response", "role"}
# At which exchange rates the same day is told, where a receipt tells it at both.
RATES = {"arr_at_end": "rates of the start", "arr": "rates of the end"}
IN_REPORTING_CURRENCY = {"arr", "arr_at_start", "arr_at_end", "due", "renewed"}


@register.simple_tag
def cells(row: Iterable[tuple[str, object, str]]) -> SafeString:
    """Return the cells of a row of a receipt: of each its column, what is shown and where it leads, if so.

    Written by a template, those of a hundred rows took a quarter of the time of their page.
    """
    row = [*row]
    columns = [column for column, _, _ in row]
    return format_html_join(
        "",
        '<td{} data-label="{}">{}</td>',
        (
            (
                _kind(column, value),
                heading(column, columns),
                _inside(column, value, link),
            )
            for column, value, link in row
        ),
    )


def _kind(column: str, value: object) -> str:
    if is_amount(column):
        return mark_safe(' class="num"')
    return mark_safe(' class="whole"') if isinstance(value, date) or column in UNBROKEN else ""


def _inside(column: str, value: object, link: str) -> str:
    if link:
        return format_html('<a href="{}">{}</a>', link, value)
    if column == "band":
        return format_html('<span class="band {}">{}</span>', value, value)
    if column == "month" and isinstance(value, date):
        return period(value, column)
    if column == "rate" and isinstance(value, Decimal):
        return exact(value)
    if value and column in ("language", "channel"):
        return value_in_words(column, str(value))
    return _cell(value)


@register.filter
def is_amount(column: str) -> bool:
    """Whether a column of a receipt holds numbers."""
    return column in AMOUNTS


@register.filter
def heading(column: str, among: Collection[str] = ()) -> str:
    """Return the heading of a column of a receipt among its others: "Submitted on", "ARR at start, USD"."""
    rates = f" ({RATES[column]})" if column in RATES and RATES.keys() <= {*among} else ""
    told = "arr_at_end" if rates else column
    words = " ".join("ARR" if word == "arr" else word for word in told.split("_"))
    if column == "rate":
        return f"Rate to {settings.REPORTING_CURRENCY}"
    unit = f", {settings.REPORTING_CURRENCY}" if column in IN_REPORTING_CURRENCY else ""
    return f"{words[:1].upper()}{words[1:]}{unit}{rates}"


def _cell(value: object) -> str:
    """Return a value of a table as people read it: dates, amounts, yes and no, a dash for nothing."""
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Decimal):
        return amount(value)
    if isinstance(value, int) and value < 0:
        return number(value)
    return number(value, 2) if isinstance(value, float) else str(value)
