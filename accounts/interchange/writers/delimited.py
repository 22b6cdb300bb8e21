import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from accounts.interchange.datasets import Dataset, Type
from accounts.interchange.writers.chunks import BATCH
from accounts.interchange.writers.guard import guarded


def iso(instant: datetime | str) -> str:
    """Return an instant as ISO 8601 in UTC, such as 2026-06-15T12:00:00Z."""
    text = instant if isinstance(instant, str) else instant.astimezone(UTC).isoformat()
    return text.replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class AtOnce:
    """Converts what is known of a column in one call, where that is faster than cell by cell."""

    change: Callable[[list[Any]], Iterable[Any]]


Convert = Callable[[Any], object] | AtOnce
# Numbers and dates as `str` writes them need no help.
CONVERT: dict[Type, Convert] = {
    Type.TEXT: guarded,
    Type.CHOICE: guarded,
    Type.TRUTH: lambda truth: "true" if truth else "false",
    Type.INSTANT: iso,
}


def converted(
    rows: Iterable[Sequence[Any]], convert: Sequence[Convert | None], *, missing: object = None
) -> Iterator[list[Sequence[Any]]]:
    """Yield batches of the rows as their columns, converted; what is not known becomes `missing`."""
    changes = [(place, change or _as_it_is) for place, change in enumerate(convert)]
    if missing is None:
        changes = [(place, change) for place, change in changes if change is not _as_it_is]
    left = iter(rows)
    while batch := list(islice(left, BATCH)):
        cells: list[Sequence[Any]] = list(zip(*batch, strict=True))
        for place, change in changes:
            cells[place] = _changed(cells[place], change, missing)
        yield cells


def _changed(cells: Sequence[Any], change: Convert, missing: object) -> list[Any]:
    """Return the cells of a column, changed; what it says over and over is changed once."""
    if isinstance(change, AtOnce):
        known = list(change.change([cell for cell in cells if cell is not None]))
        if len(known) == len(cells):
            return known
        left = iter(known)
        return [missing if cell is None else next(left) for cell in cells]
    said = set(cells)
    if 2 * len(said) > len(cells):
        return [missing if cell is None else change(cell) for cell in cells]
    changed = {cell: missing if cell is None else change(cell) for cell in said}
    return [changed[cell] for cell in cells]


def _as_it_is(cell: Any) -> Any:
    return cell


def write_csv(dataset: Dataset) -> Iterator[bytes]:
    """Yield a comma-separated file in UTF-8 with a line of names."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([guarded(column.name) for column in dataset.columns])
    for batch in converted(dataset.rows, [CONVERT.get(column.type) for column in dataset.columns]):
        writer.writerows(zip(*batch, strict=True))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()
