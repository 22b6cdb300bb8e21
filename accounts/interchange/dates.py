"""Days and instants as files write them. Pure."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Self

from accounts.interchange.cells import Cell, CellRefused, plain, quoted

WORDS = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
TIMES = ("%H", "%I", "%c", "%X")
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ISO_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
TIME = re.compile(
    r"(?:[Tt]|\s+)(?P<hour>[0-9]{1,2})(?P<rest>:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?)"
    r"\s*(?P<half>[AaPp][Mm])?\s*(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?\Z"
)
LONGEST = 60
FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class Dates:
    """How a file writes its dates: as in ISO 8601 (2024-12-31) unless a strptime format is named."""

    format: str = ""

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the dates of a strptime format or of one in words (DD-MM-YYYY), or raise ValueError."""
        pattern = name
        if "%" not in name:
            for word, directive in WORDS.items():
                pattern = pattern.replace(word, directive)
        sample = date(2003, 2, 1)
        read = datetime.strptime(sample.strftime(pattern), pattern).date()  # noqa: DTZ007
        if pattern and (read.year, read.month) != (sample.year, sample.month):
            raise ValueError(f"{name!r} names no year and month, as DD-MM-YYYY or %d-%m-%Y do")
        return cls(pattern)

    def day(self, cell: Cell) -> date:
        """Return the day that a cell names; a time after it is cut."""
        read = self._read(cell)
        return read.date() if isinstance(read, datetime) else read

    def month(self, cell: Cell) -> date:
        """Return the first day of the month that a cell names, with or without a day."""
        is_bare = not self.format and isinstance(cell, str) and ISO_MONTH.fullmatch(cell.strip())
        return self.day(f"{plain(cell)}-01" if is_bare else cell).replace(day=1)

    def instant(self, cell: Cell, zone: tzinfo) -> datetime:
        """Return the instant in UTC: a time without an offset is one of the zone, a day alone is its noon.

        At noon the day stays the same whichever zone a person reads it in, but for the Pacific's edges.
        """
        read = self._read(cell)
        moment = read if isinstance(read, datetime) else datetime.combine(read, time(12))
        # An instant that a clock shows twice equals none of another zone (PEP 495), hence UTC at once.
        try:
            return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
        except OverflowError:
            raise CellRefused(f"{quoted(cell)} is too late a date") from None

    def _read(self, cell: Cell) -> date | datetime:
        if isinstance(cell, datetime):
            read = cell if cell.time() != time() else cell.date()
        else:
            read = self._parse(plain(cell))
        if read.year < FIRST_YEAR:
            raise CellRefused(f"{quoted(cell)} is before {FIRST_YEAR}")
        return read

    def _parse(self, text: str) -> date | datetime:
        clock = TIME.search(text) if len(text) <= LONGEST else None
        with suppress(ValueError):
            return self._parse_whole(text)
        with suppress(ValueError):
            if clock:
                return datetime.combine(self._parse_whole(text[: clock.start()]), _time(clock))
        raise CellRefused(f"{quoted(text)} is not a date like {self.example}")

    def _parse_whole(self, text: str) -> date | datetime:
        if len(text) > LONGEST:
            raise ValueError(text)
        if not self.format:
            if not ISO_DAY.fullmatch(text):
                raise ValueError(text)
            return date.fromisoformat(text)
        read = datetime.strptime(text, self.format)  # noqa: DTZ007
        return read if any(directive in self.format for directive in TIMES) else read.date()

    @property
    def example(self) -> str:
        """One day as the file is said to write it."""
        return date(2024, 12, 31).strftime(self.format or "%Y-%m-%d")


def _time(clock: re.Match[str]) -> time:
    hour = int(clock["hour"])
    if clock["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(clock[0])
        hour = hour % 12 + (12 if clock["half"].lower() == "pm" else 0)
    return time.fromisoformat(f"{hour:02}{clock['rest']}{(clock['zone'] or '').upper()}")
