"""Days and times of day as a respondent's language writes them."""

from datetime import date, datetime

from django.utils import translation
from django.utils.formats import date_format, time_format

# Languages that Django knows under another name.
DJANGO_CODES = {"zh": "zh-hans"}


def write_day(day: date, language: str) -> str:
    """Return the day in words, such as 22 November 2026."""
    with translation.override(DJANGO_CODES.get(language, language)):
        return date_format(day, "DATE_FORMAT")


def write_time(moment: datetime, language: str) -> str:
    """Return the time of day with the name of its zone."""
    with translation.override(DJANGO_CODES.get(language, language)):
        return f"{time_format(moment, 'TIME_FORMAT')} {moment:%Z}"
