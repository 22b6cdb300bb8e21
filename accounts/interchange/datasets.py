"""What goes out, whatever file it becomes: typed columns, and rows read as they are asked for. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Self

Value = str | int | float | bool | Decimal | date | datetime | None


class Type(StrEnum):
    """What a column holds; beside each value None may stand.

    An instant is aware, or the ISO 8601 text in UTC that the database made of it: most files hold text again,
    and to take it apart for nothing took a third of an export.
    """

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    TRUTH = "truth"
    DATE = "date"
    INSTANT = "instant"
    CHOICE = "choice"  # a key of the column's choices


def moment(instant: datetime | str) -> datetime:
    """Return the instant of a column, whichever way it came."""
    return datetime.fromisoformat(instant) if isinstance(instant, str) else instant


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name for programs, its label for people, and what its keys or numbers stand for."""

    name: str
    type: Type = Type.TEXT
    label: str = ""
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """A table with a name; `faults` names, once the rows were read, those that were left out and why."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]
    faults: list[str] = field(default_factory=list)
    # How many rows there are to come, for whoever shows how far it is.
    count: Callable[[], int] = lambda: 0

    def labelled(self) -> Self:
        """Return the same with the labels of choices in the place of their keys."""
        places = {n: column.choices for n, column in enumerate(self.columns) if column.type is Type.CHOICE}
        if not places:
            return self
        columns = [
            replace(column, type=Type.TEXT) if column.type is Type.CHOICE else column
            for column in self.columns
        ]
        return replace(self, columns=columns, rows=_labelled(self.rows, places))


def _labelled(
    rows: Iterable[Sequence[Value]], places: Mapping[int, Mapping[str, str]]
) -> Iterable[Sequence[Value]]:
    for row in rows:
        cells = list(row)
        for place, choices in places.items():
            key = cells[place]
            if isinstance(key, str):
                cells[place] = choices.get(key, key)
        yield cells
