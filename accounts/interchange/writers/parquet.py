"""Parquet, where the extra `parquet` is installed."""

import importlib
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from accounts.interchange.datasets import Dataset, Type, moment
from accounts.interchange.writers.chunks import BATCH, Outlet
from accounts.interchange.writers.delimited import Convert, converted

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
    convert = [CONVERT.get(column.type) for column in dataset.columns]
    with parquet.ParquetWriter(outlet, schema, compression="zstd") as writer:
        batches = converted(dataset.rows, convert)
        # What waits for its row group waits as Arrow's arrays: Python's objects take four times the memory.
        while group := [
            arrow.record_batch([list(cells) for cells in batch], schema=schema)
            for batch in islice(batches, ROW_GROUP // BATCH)
        ]:
            writer.write_table(arrow.Table.from_batches(group))
            yield outlet.take()
    yield outlet.take()


CONVERT: Mapping[Type, Convert] = {Type.NUMBER: float, Type.INSTANT: moment}
