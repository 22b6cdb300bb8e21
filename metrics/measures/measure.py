from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from metrics.formulas.disclosure import is_low
from metrics.formulas.intervals import Interval


class Unit(StrEnum):
    """What one of a measure's value is."""

    POINTS = "points"
    PERCENT = "percent"
    SCALE = "scale points"
    MONEY = "money"


class Days(NamedTuple):
    """The local days `[start, end)` that a number is about; without a start, all before the end."""

    start: date | None
    end: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A number that says what it stands on.

    `value` is None when it cannot be known; `notes` then say why. `interval` (95 %, in the value's unit) is
    there only where the number is a sample of something larger. `beside` holds what belongs next to it.
    """

    metric: str
    unit: Unit
    value: float | Decimal | None
    n: int
    counted: str
    window: Days
    definition: str
    as_of: date
    interval: Interval | None = None
    currency: str = ""
    notes: tuple[str, ...] = ()
    beside: Mapping[str, float | Decimal | int | None] = field(default_factory=dict)

    @property
    def is_known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    @property
    def is_few(self) -> bool:
        """Whether it stands on so little that it says almost nothing."""
        return self.n > 0 and is_low(self.n)


class Point(NamedTuple):
    """The measure of one period of a trend, named by its first day."""

    period: date
    measure: Measure
