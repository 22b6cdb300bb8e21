"""The formats in which data go out. Add one to `FORMATS` and commands, API and admin know it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec

from django.conf import settings

from accounts.interchange.datasets import Dataset
from accounts.interchange.writers.delimited import write_csv
from accounts.interchange.writers.jsonlines import write_jsonl
from accounts.interchange.writers.parquet import write_parquet
from accounts.interchange.writers.spss import write_sav
from accounts.interchange.writers.workbook import write_xlsx


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: what people call it, its media type, and what yields its bytes."""

    label: str
    media_type: str
    write: Callable[[Dataset], Iterator[bytes]]


FORMATS: dict[str, Format] = {
    "csv": Format("CSV", "text/csv; charset=utf-8", write_csv),
    "xlsx": Format(
        "Excel (XLSX)",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        partial(write_xlsx, zone=settings.REPORTING_ZONE),
    ),
    "jsonl": Format("JSON Lines", "application/x-ndjson", write_jsonl),
    "sav": Format("SPSS (SAV)", "application/x-spss-sav", write_sav),
}
if find_spec("pyarrow"):
    FORMATS["parquet"] = Format("Parquet", "application/vnd.apache.parquet", write_parquet)

__all__ = ["FORMATS", "Format"]
