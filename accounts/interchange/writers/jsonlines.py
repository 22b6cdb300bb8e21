import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from accounts.interchange.datasets import Dataset, Type
from accounts.interchange.writers.chunks import BATCH
from accounts.interchange.writers.delimited import converters, iso


def write_jsonl(dataset: Dataset) -> Iterator[bytes]:
    """Yield an object a line, by the names of the columns; what is not known is null."""
    names = [column.name for column in dataset.columns]
    changes = converters(
        dataset.columns, {Type.INSTANT: iso, Type.DATE: date.isoformat, Type.NUMBER: _number}
    )

    def line(row: Any) -> str:
        cells = list(row)
        for place, convert in changes:
            if cells[place] is not None:
                cells[place] = convert(cells[place])
        return encode(dict(zip(names, cells, strict=True)))

    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    rows = iter(dataset.rows)
    while batch := list(islice(rows, BATCH)):
        yield ("\n".join(map(line, batch)) + "\n").encode()


def _number(value: Decimal | float) -> float | str:
    """Return a float as it is; a decimal, such as an amount of money, as the text that loses nothing."""
    return str(value) if isinstance(value, Decimal) else value
