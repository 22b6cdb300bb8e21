"""The two years that the demo company looks back on, and its dice. Pure."""

import random
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from functools import cached_property

from metrics.formulas.days import months_later

MONTHS = 24
# Of the companies tried, this one looks like a real one: GRR 92 %, NRR 106 %, renewal rate 90 %, NPS 27.
SEED = "veldaro/5"


def dice(name: str) -> random.Random:
    """Return the dice of one thing, such as one account's revenue: nothing else moves them."""
    return random.Random(f"{SEED}/{name}")  # noqa: S311


@dataclass(frozen=True)
class Timeline:
    """The months 0 to 24, of which the last is the one that `today` lies in.

    The past ends with the first instant of `today` in the reporting zone, so that a seed of one day is the
    same at any hour.
    """

    today: date
    zone: tzinfo

    @cached_property
    def start(self) -> date:
        """The first day of month 0."""
        return months_later(self.today.replace(day=1), -MONTHS)

    @cached_property
    def now(self) -> datetime:
        """The instant before which everything happened."""
        return datetime.combine(self.today, time(), self.zone)

    @property
    def months(self) -> range:
        """The numbers of all months, the current one included."""
        return range(MONTHS + 1)

    def first_of(self, month: int) -> date:
        """Return the first day of a month by its number."""
        return months_later(self.start, month)

    def instant_of(self, month: int) -> datetime:
        """Return the first instant of a month by its number."""
        return datetime.combine(self.first_of(month), time(), self.zone)

    def month_of(self, day: date) -> int:
        """Return the number of the month that a day lies in, held inside the two years."""
        number = (day.year - self.start.year) * 12 + day.month - self.start.month
        return max(0, min(MONTHS, number))

    def end_of(self, day: date) -> datetime:
        """Return the instant at which a day is over."""
        return datetime.combine(day + timedelta(days=1), time(), self.zone)

    def last_days(self, count: int) -> list[date]:
        """Return the last so many days up to today, oldest first."""
        return [self.today - timedelta(days=back) for back in range(count - 1, -1, -1)]

    def month_ends(self, count: int) -> list[date]:
        """Return the last days of the last so many whole months, oldest first."""
        return [self.first_of(MONTHS - back) - timedelta(days=1) for back in range(count - 1, -1, -1)]
