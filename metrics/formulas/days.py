"""Calendar days of the reporting time zone: which day an instant belongs to, and the windows made of days."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo


class Window(NamedTuple):
    """Whole days from start up to, not including, end."""

    start: date
    end: date

    def __contains__(self, day: object) -> bool:
        """Return whether a day belongs to the window."""
        return isinstance(day, date) and self.start <= day < self.end


def reporting_day(instant: datetime, zone: ZoneInfo) -> date:
    """Return the local day of an aware instant."""
    if instant.tzinfo is None:
        raise ValueError("an instant without a time zone belongs to no day")
    return instant.astimezone(zone).date()


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the UTC instants [start, end) of a local day."""
    start = datetime.combine(day, time.min, zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time.min, zone).astimezone(UTC)
    return start, end


def day_length_hours(day: date, zone: ZoneInfo) -> float:
    """Return how long a local day lasts: 24 hours, or 23 or 25 where the clocks change."""
    start, end = day_bounds(day, zone)
    return (end - start) / timedelta(hours=1)


def month_of(day: date) -> Window:
    """Return the calendar month of a day."""
    start = day.replace(day=1)
    return Window(start, months_later(start, 1))


def quarter_of(day: date) -> Window:
    """Return the calendar quarter of a day."""
    start = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
    return Window(start, months_later(start, 3))


def trailing(end: date, months: int = 12) -> Window:
    """Return the months up to, not including, a day."""
    return Window(months_later(end, -months), end)


def months_later(day: date, months: int) -> date:
    """Return the same day of a later (or earlier) month, its last day where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
