import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from accounts.interchange.datasets import Column, Dataset, Type
from accounts.interchange.writers.chunks import BATCH
from accounts.interchange.writers.guard import guarded


def iso(instant: datetime) -> str:
    """Return an instant as ISO 8601 in UTC, such as 2026-06-15T12:00:00Z."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


Convert = Callable[[Any], object]
# Numbers and dates as `str` writes them need no help.
CONVERT: dict[Type, Convert] = {
    Type.TEXT: guarded,
    Type.CHOICE: guarded,
    Type.TRUTH: lambda truth: "true" if truth else "false",
    Type.INSTANT: iso,
}


def converters(columns: Sequence[Column], convert: dict[Type, Convert]) -> list[tuple[int, Convert]]:
    """Return the places of the columns that need converting, and how."""
    return [(n, convert[column.type]) for n, column in enumerate(columns) if column.type in convert]


def write_csv(dataset: Dataset) -> Iterator[bytes]:
    """Yield a comma-separated file in UTF-8 with a line of names."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([guarded(column.name) for column in dataset.columns])
    changes = converters(dataset.columns, CONVERT)

    def cells(row: Sequence[Any]) -> list[Any]:
        converted = list(row)
        for place, convert in changes:
            if converted[place] is not None:
                converted[place] = convert(converted[place])
        return converted

    rows = iter(dataset.rows)
    while batch := list(islice(rows, BATCH)):
        writer.writerows(map(cells, batch))
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    yield text.getvalue().encode()
