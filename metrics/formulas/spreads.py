"""Where numbers and days lie: quartiles, mean, and bins of equal width that are round numbers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import ceil, floor, isfinite, log10
from typing import NamedTuple

MOST_BINS = 12
# Beyond so many days a bar a day would be a comb: months then, and beyond so many months years.
MOST_DAYS, MOST_MONTHS = 31, 36


@dataclass(frozen=True, slots=True)
class Bin:
    """How many lie in `[low, high)`, in words; `pick` names these bounds in an address."""

    label: str
    count: int
    pick: str = field(default="", compare=False)


class Spread(NamedTuple):
    """The least and most of some numbers, their quartiles (R's type 7) and mean, and their bins."""

    least: float
    quartiles: tuple[float, float, float]
    most: float
    mean: float
    bins: tuple[Bin, ...]


class DaySpread(NamedTuple):
    """The first, the middle and the last of some days, and how many lie in each day, month or year."""

    first: date
    median: date
    last: date
    by: str
    bins: tuple[Bin, ...]


def spread(counts: Mapping[float, int]) -> Spread | None:
    """Return where numbers lie, given how often each was said; None without any."""
    numbers = sorted(counts)
    total = sum(counts.values())
    if not total:
        return None
    quartiles = tuple(_quantile(counts, numbers, share) for share in (0.25, 0.5, 0.75))
    mean = sum(number * counts[number] for number in numbers) / total
    return Spread(
        numbers[0], (quartiles[0], quartiles[1], quartiles[2]), numbers[-1], mean, _bins(counts, numbers)
    )


def day_spread(counts: Mapping[date, int]) -> DaySpread | None:
    """Return where days lie, given how often each was said; None without any."""
    days = sorted(counts)
    if not days:
        return None
    months = 12 * (days[-1].year - days[0].year) + days[-1].month - days[0].month
    by = "year" if months > MOST_MONTHS else "month" if (days[-1] - days[0]).days > MOST_DAYS else "day"
    bins: dict[tuple[str, str], int] = {}
    for day in days:
        label = {"year": f"{day.year}", "month": f"{day:%b %Y}", "day": f"{day.day} {day:%b %Y}"}[by]
        name = label, day.isoformat()[: {"year": 4, "month": 7, "day": 10}[by]]
        bins[name] = bins.get(name, 0) + counts[day]
    ordinals = {float(day.toordinal()): count for day, count in counts.items()}
    median = date.fromordinal(int(_quantile(ordinals, sorted(ordinals), 0.5)))
    return DaySpread(
        days[0], median, days[-1], by, tuple(Bin(label, count, pick) for (label, pick), count in bins.items())
    )


def holds(pick: str, value: float | date) -> bool:
    """Return whether a number or day lies in the bin of an address; ValueError where that names none."""
    if isinstance(value, date):
        return len(pick) in (4, 7, 10) and value.isoformat().startswith(pick)
    low, width = _bounds(pick)
    return _place(value, low, width) == 0


def label_of(pick: str) -> str:
    """Return the bin that an address names in words; ValueError where it names none."""
    if ".." not in pick:
        date.fromisoformat(f"{pick}-01-01"[:10])
        return pick
    low, width = _bounds(pick)
    return _range(low, width, is_whole=False)


def _bounds(pick: str) -> tuple[float, float]:
    """Return where a bin begins and how wide it is."""
    low, high = map(float, pick.split("..", 1))
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError("not the bounds of a bin")
    return low, high - low


def _bin(low: float, width: float, count: int, *, is_whole: bool) -> Bin:
    label = _plain(low) if is_whole and width == 1 else _range(low, width, is_whole)
    return Bin(label, count, f"{low:.15g}..{low + width:.15g}")


def _place(number: float, start: float, width: float) -> int:
    return floor((number - start) / width + 1e-9)


def _quantile(counts: Mapping[float, int], numbers: list[float], share: float) -> float:
    """Return the quantile between the two values next to it (Hyndman & Fan 1996, type 7)."""
    place = share * (sum(counts.values()) - 1)
    below, passed, low = floor(place), 0, None
    for number in numbers:
        passed += counts[number]
        if low is None and passed > below:
            low = number
        if low is not None and passed > ceil(place):
            return low + (number - low) * (place - below)
    return numbers[-1]


def _bins(counts: Mapping[float, int], numbers: list[float]) -> tuple[Bin, ...]:
    least, most = numbers[0], numbers[-1]
    is_whole = all(float(number).is_integer() for number in numbers)
    if is_whole and most - least < MOST_BINS:
        return tuple(
            _bin(n, 1.0, counts.get(n, 0), is_whole=True)
            for n in map(float, range(int(least), int(most) + 1))
        )
    width = _round_width((most - least) / (MOST_BINS - 2) or 1.0)
    start = floor(least / width) * width
    filled: dict[int, int] = {}
    for number in numbers:
        place = _place(number, start, width)
        filled[place] = filled.get(place, 0) + counts[number]
    last = max(filled)
    return tuple(_bin(start + n * width, width, filled.get(n, 0), is_whole=is_whole) for n in range(last + 1))


def _range(low: float, width: float, is_whole: bool) -> str:
    high = low + width - 1 if is_whole else low + width
    return f"{_plain(low)}–{_plain(high)}" if is_whole else f"{_plain(low)} to below {_plain(high)}"


def _round_width(width: float) -> float:
    """Return the next wider of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** floor(log10(width))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= width * (1 - 1e-9))


def _plain(number: float) -> str:
    rounded = round(number, 6)
    return f"{int(rounded):,}" if float(rounded).is_integer() else f"{rounded:,g}"
