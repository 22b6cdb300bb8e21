"""The days that a page is asked for in its address, so that a link shows what its sender saw."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from metrics.measures.measure import Days

LAST = {"30": 30, "90": 90, "365": 365}
ALL = "all"
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


def chosen_window(query: Mapping[str, str], today: date) -> Chosen:
    """Return the days that `from` and `to` (both included) or `last` ask for: the last year by default.

    What lies before 1990 or after today is cut off.
    """
    if query.get("from") or query.get("to"):
        try:
            start = max(date.fromisoformat(query["from"]), EARLIEST) if query.get("from") else None
            last_day = min(date.fromisoformat(query["to"]), today) if query.get("to") else today
        except ValueError:
            return Chosen(_last(DEFAULT, today), DEFAULT, "A date is written as year-month-day: 2026-06-30.")
        if start and start > last_day:
            return Chosen(_last(DEFAULT, today), DEFAULT, "The first day lies after the last one.")
        return Chosen(Days(start, last_day + timedelta(days=1)), "")
    last = query.get("last", DEFAULT)
    last = last if last in LAST or last == ALL else DEFAULT
    return Chosen(_last(last, today), last)


def _last(name: str, today: date) -> Days:
    end = today + timedelta(days=1)
    return Days(None if name == ALL else end - timedelta(days=LAST[name]), end)
