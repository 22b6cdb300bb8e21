"""Parquet, where the extra `parquet` is installed."""

import importlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from accounts.interchange.datasets import Dataset, Type
from accounts.interchange.writers.chunks import Outlet

ROW_GROUP = 20_000


class ParquetMissing(Exception):
    """The package that writes Parquet is not installed."""


def _pyarrow() -> Any:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise ParquetMissing("Parquet needs the extra: pip install 'earshot[parquet]'") from None


def write_parquet(dataset: Dataset) -> Iterator[bytes]:
    """Yield a file of row groups; choices as their keys, instants in UTC. Raises ParquetMissing."""
    arrow, parquet = _pyarrow()
    types = {
        Type.TEXT: arrow.string(),
        Type.CHOICE: arrow.string(),
        Type.INTEGER: arrow.int64(),
        Type.NUMBER: arrow.float64(),
        Type.TRUTH: arrow.bool_(),
        Type.DATE: arrow.date32(),
        Type.INSTANT: arrow.timestamp("us", tz="UTC"),
    }
    schema = arrow.schema(
        [
            arrow.field(column.name, types[column.type], metadata={"label": column.label})
            for column in dataset.columns
        ]
    )
    outlet = Outlet()
    rows = iter(dataset.rows)
    with parquet.ParquetWriter(outlet, schema, compression="zstd") as writer:
        while batch := list(islice(rows, ROW_GROUP)):
            writer.write_table(arrow.table(_columns(dataset, batch), schema=schema))
            yield outlet.take()
    yield outlet.take()


def _columns(dataset: Dataset, batch: Sequence[Sequence[Any]]) -> list[list[Any]]:
    columns = [list(cells) for cells in zip(*batch, strict=True)]
    for n, column in enumerate(dataset.columns):
        if column.type is Type.NUMBER:
            columns[n] = [None if cell is None else float(cell) for cell in columns[n]]
    return columns
