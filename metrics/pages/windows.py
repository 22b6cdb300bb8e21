"""The days that a page is asked for in its address, so that a link shows what its sender saw."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from metrics.formulas.days import months_later
from metrics.measures.measure import Days

ALL = "all"
# The day as of which a page is asked, by what is known now.
AS_OF = "as_of"
# What an address may name as `last`, and how a page offers it: days for answers, months for what is compared
# with the same time before.
NAMES: Mapping[str, str] = {
    "30": "30 days",
    "90": "90 days",
    "365": "365 days",
    "3m": "3 months",
    "6m": "6 months",
    "12m": "12 months",
    "24m": "24 months",
    ALL: "All",
}
DAYS = ("30", "90", "365", ALL)
MONTHS = ("3m", "6m", "12m", "24m")
DEFAULT = "365"
# No answer is older: an earlier day would only make the trend longer.
EARLIEST = date(1990, 1, 1)


class Chosen(NamedTuple):
    """The days asked for, by which name if any, and what was wrong with the question."""

    days: Days
    last: str
    error: str = ""

    @property
    def last_day(self) -> date:
        """The last day that is included."""
        return self.days.end - timedelta(days=1)


def chosen_window(
    query: Mapping[str, str], today: date, default: str = DEFAULT, offered: Sequence[str] = DAYS
) -> Chosen:
    """Return the days that `from` and `to` (both included) or `last` ask for: the default's otherwise.

    What lies before 1990 or after today is cut off. A page that offers one window shows that one.
    """
    if len(offered) == 1:
        return Chosen(_last(default, today), default)
    if query.get("from") or query.get("to"):
        try:
            start = max(date.fromisoformat(query["from"]), EARLIEST) if query.get("from") else None
            last_day = (
                max(EARLIEST, min(date.fromisoformat(query["to"]), today)) if query.get("to") else today
            )
        except ValueError:
            return Chosen(_last(default, today), default, "A date is written as year-month-day: 2026-06-30.")
        if start is None and ALL not in offered:
            return Chosen(_last(default, today), default, "This page needs a first day.")
        if start and start > last_day:
            return Chosen(_last(default, today), default, "The first day lies after the last one.")
        return Chosen(Days(start, last_day + timedelta(days=1)), "")
    last = query.get("last", default)
    last = last if last in offered else default
    return Chosen(_last(last, today), last)


def chosen_day(query: Mapping[str, str], today: date, faults: list[str]) -> date:
    """Return the day as of which the address asks, today without one; what is none is said in the faults."""
    said = query.get(AS_OF, "")
    if not said:
        return today
    try:
        day = date.fromisoformat(said)
    except ValueError:
        day = date.min
    if EARLIEST <= day <= today:
        return day
    faults.append(f"“{said[:60]}” is no day gone by, such as 2025-01-31: shown as of today.")
    return today


def _last(name: str, today: date) -> Days:
    end = today + timedelta(days=1)
    if name == ALL:
        return Days(None, end)
    if name.endswith("m"):
        return Days(months_later(end, -int(name.removesuffix("m"))), end)
    return Days(end - timedelta(days=int(name)), end)
