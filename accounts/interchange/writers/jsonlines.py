import json
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from accounts.interchange.datasets import Dataset, Type
from accounts.interchange.writers.delimited import Convert, converted, iso


def write_jsonl(dataset: Dataset) -> Iterator[bytes]:
    """Yield an object a line, by the names of the columns; what is not known is null."""
    names = [column.name for column in dataset.columns]
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
    for batch in converted(dataset.rows, dataset.columns, CONVERT):
        yield "".join(f"{encode(dict(zip(names, row, strict=True)))}\n" for row in batch).encode()


def _number(value: Decimal | float) -> float | str:
    """Return a float as it is; a decimal, such as an amount of money, as the text that loses nothing."""
    return str(value) if isinstance(value, Decimal) else value


CONVERT: Mapping[Type, Convert] = {Type.INSTANT: iso, Type.DATE: date.isoformat, Type.NUMBER: _number}
