"""Rows in an order that stays, read a page at a time: the next page begins where the last one ended."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Q

Value = str | int | float | Decimal | bool | date | None
Row = tuple[Value, ...]
# What tells a row from all others of its receipt, and orders them.
Key = tuple[int | str, ...]
# A cursor would outlive its statement only by writing out all rows first, of which a page is a few.
FIRST_CHUNK, CHUNK = 101, 2_000


@dataclass(frozen=True, slots=True)
class Receipt:
    """What each row is, the names of its columns, the rows after a key (or all), and what is left out."""

    what: str
    columns: tuple[str, ...]
    read: Callable[[Key | None], Iterable[tuple[Key, Row]]]
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> Iterator[Row]:
        """Every row, in order."""
        return (row for _, row in self.read(None))

    def page(self, after: Key | None, limit: int) -> tuple[list[Row], Key | None]:
        """Return at most so many rows after a key, and the key after which the next ones come, if any."""
        found = list(islice(self.read(after), limit + 1))
        return [row for _, row in found[:limit]], found[limit - 1][0] if len(found) > limit else None


def cursor_of(key: Key) -> str:
    """Return a key as an address names it."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def key_of(cursor: str) -> Key | None:
    """Return the key that a cursor names, None for an empty one; raise ValueError for what is none."""
    if not cursor:
        return None
    # binascii.Error and JSONDecodeError are ValueErrors.
    key = json.loads(base64.urlsafe_b64decode(cursor))
    if not isinstance(key, list) or not all(_may_be_key(part) for part in key):
        raise ValueError("not a key")
    return tuple(key)


def _may_be_key(part: object) -> bool:
    return type(part) is int or (isinstance(part, str) and "\0" not in part)


def stored(
    rows: Any, key: Sequence[str], values: Sequence[str], shape: Callable[..., Row] = lambda *row: row
) -> Callable[[Key | None], Iterable[tuple[Key, Row]]]:
    """Return how rows of a table are read in the order of a key, each given its shape.

    Fields that begin with "-" count downwards: of what comes in day by day the newest is first, and a window
    up to today is not looked for through all that came before it.
    """
    return lambda after: (
        (place, shape(*row)) for chunk in chunks(rows, key, values, after) for place, row in chunk
    )


def chunks(
    rows: Any, key: Sequence[str], values: Sequence[str], after: Key | None
) -> Iterator[list[tuple[Key, Row]]]:
    """Yield rows of a table in the order of a key: first as many as a page shows, then more at once."""
    size, fields = FIRST_CHUNK, [name.removeprefix("-") for name in key]
    while True:
        chosen = rows if after is None else rows.filter(_beyond(key, after))
        chunk = list(chosen.order_by(*key).values_list(*fields, *values)[:size])
        yield [(tuple(row[: len(key)]), tuple(row[len(key) :])) for row in chunk]
        if len(chunk) < size:
            return
        after, size = tuple(chunk[-1][: len(key)]), CHUNK


def counted(rows: Mapping[Key, Row]) -> Callable[[Key | None], Iterable[tuple[Key, Row]]]:
    """Return how rows that are worked out at once are read in the order of their keys."""

    def read(after: Key | None) -> Iterator[tuple[Key, Row]]:
        return ((key, rows[key]) for key in sorted(rows) if after is None or key > after)

    return read


def _beyond(key: Sequence[str], after: Key) -> Q:
    """Return the condition that a row comes after a key."""
    names = [name.removeprefix("-") for name in key]
    beyond = ["lt" if name.startswith("-") else "gt" for name in key]
    # Said once more of the first field alone, by which the place is looked up.
    first = Q(**{f"{names[0]}__{beyond[0]}e": after[0]})
    later = Q()
    for place, name in enumerate(names):
        same = dict(zip(names[:place], after[:place], strict=True))
        later |= Q(**same, **{f"{name}__{beyond[place]}": after[place]})
    return first & later
