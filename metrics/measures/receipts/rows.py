"""Rows in an order that stays, read a page at a time: the next page begins where the last one ended."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import ValidationError
from django.db.models import BigIntegerField, Func, OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from surveys.models import Survey

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
        """Return at most so many rows after a key, and the key after which the next ones come, if any.

        Raises ValueError, TypeError or IndexError for the key of another receipt.
        """
        try:
            found = list(islice(self.read(after), limit + 1))
        except ValidationError as fault:
            raise ValueError("the key of another receipt") from fault
        return [row for _, row in found[:limit]], found[limit - 1][0] if len(found) > limit else None


def cursor_of(key: Key) -> str:
    """Return a key as an address names it."""
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def key_of(cursor: str) -> Key | None:
    """Return the key that a cursor names, None for an empty one; raise ValueError for what is none."""
    if not cursor:
        return None
    # binascii.Error and JSONDecodeError are ValueErrors.
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor))
    except RecursionError:
        raise ValueError("not a key") from None
    if not isinstance(key, list) or not all(_may_be_key(part) for part in key):
        raise ValueError("not a key")
    return tuple(key)


def _may_be_key(part: object) -> bool:
    return type(part) is int or (isinstance(part, str) and "\0" not in part)


def stored(
    rows: Any,
    key: Sequence[str],
    values: Sequence[str],
    shape: Callable[..., Row] = lambda *row: row,
    **rest: bool,
) -> Callable[[Key | None], Iterable[tuple[Key, Row]]]:
    """Return how rows of a table are read as `chunks` says, each given its shape."""
    return lambda after: (
        (place, shape(*row)) for chunk in chunks(rows, key, values, after, **rest) for place, row in chunk
    )


def chunks(
    rows: Any, key: Sequence[str], values: Sequence[str], after: Key | None, *, is_by_survey: bool = False
) -> Iterator[list[tuple[Key, Row]]]:
    """Yield rows of a table in the order of a key: first as many as a page shows, then more at once.

    Fields that begin with "-" count downwards: of what comes in day by day the newest is first. Where an
    index has the rows of each survey in this order, they are looked up by it survey by survey.
    """
    size, fields = FIRST_CHUNK, [name.removeprefix("-") for name in key]
    while True:
        chosen = rows if after is None else rows.filter(_beyond(key, after))
        if is_by_survey:
            chosen = rows.filter(pk__in=_of_each_survey(chosen, key, size))
        chunk = list(chosen.order_by(*key).values_list(*fields, *values)[:size])
        yield [(_key(row[: len(key)]), tuple(row[len(key) :])) for row in chunk]
        if len(chunk) < size:
            return
        after, size = _key(chunk[-1][: len(key)]), CHUNK


def any_of(rows: Any) -> IsNull:
    """Return whether there is any of some rows that belong to the row outside, looked up for that one.

    Of `Exists` PostgreSQL may first read all that belong to anyone, where a page shows a hundred.
    """
    return IsNull(Subquery(rows.order_by().values("pk")[:1]), False)


def _of_each_survey(rows: Any, key: Sequence[str], size: int) -> Any:
    """Return the primary keys of the first so many rows of each survey, among which are the first of all."""
    own = rows.filter(survey=OuterRef("pk")).order_by(*key).values("pk")[:size]
    numbers = Func(ArraySubquery(own), function="unnest", output_field=BigIntegerField())
    return Survey.objects.order_by().values_list(numbers)


def _key(parts: Sequence[Any]) -> Key:
    """Return the parts of a key, days and instants as an address names them."""
    return tuple(part.isoformat() if isinstance(part, date | datetime) else part for part in parts)


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
