"""When mail may go out: hours of the day and days of the week, on the clock of who gets it. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = 7
WORKING_DAYS = frozenset(range(5))


@dataclass(frozen=True, slots=True)
class Window:
    """From `opens` to `closes` (midnight: the end of the day) on these weekdays; Monday is 0."""

    opens: time = time(9)
    closes: time = time(17)
    weekdays: frozenset[int] = WORKING_DAYS

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(WEEK)):
            raise ValueError("A window has weekdays from 0 (Monday) to 6.")
        if self.closes != time(0) and self.closes <= self.opens:
            raise ValueError("A window closes after it opens.")

    def next_open(self, at: datetime, zone: ZoneInfo) -> datetime:
        """Return the first instant (UTC) from `at` on that lies in the window on the zone's clock."""
        day = at.astimezone(zone).date()
        while True:
            opens, closes = self._bounds(day, zone)
            if day.weekday() in self.weekdays and at < closes and opens < closes:
                return max(at.astimezone(UTC), opens)
            day += timedelta(days=1)

    def _bounds(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Return when the window opens and closes on a day; an hour that clocks leave out is passed over."""
        ends_on = day + timedelta(days=1) if self.closes == time(0) else day
        opens = datetime.combine(day, self.opens, zone).astimezone(UTC)
        return opens, datetime.combine(ends_on, self.closes, zone).astimezone(UTC)


def place_in_cycle(seed: str, days: int) -> int:
    """Return a number from 0 to `days` - 1 that stays the same for a seed and spreads seeds evenly."""
    return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:8]) % days


def latest_turn(day: date, seed: str, every_days: int) -> date:
    """Return the last day, `day` or before, on which the turn came of whom the seed names."""
    place = (day.toordinal() - place_in_cycle(seed, every_days)) % every_days
    return day - timedelta(days=place)


def is_sampled(seed: str, percent: int) -> bool:
    """Return whether a sample of so many percent (0-100) holds whom the seed names; larger ones hold it."""
    return percent >= 100 or place_in_cycle(f"sample:{seed}", 100) < percent
