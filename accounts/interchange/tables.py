"""The one door for tables: what a file is, its first bytes say, whatever its name."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from accounts.interchange.cells import Cell
from accounts.interchange.delimited import open_delimited, open_delimited_records
from accounts.interchange.rows import Table, TableRefused
from accounts.interchange.workbooks import ZIP, open_workbook, open_workbook_records

OLD_EXCEL = b"\xd0\xcf\x11\xe0"


@contextmanager
def open_records(
    path: Path, *, width: int, encoding: str = "", delimiter: str = ""
) -> Iterator[Iterator[tuple[int, Sequence[Cell]]]]:
    """Give the records of a file as they stand, for exports with several header lines; raises as below."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == OLD_EXCEL:
        raise TableRefused("the workbook is an old or encrypted one: save it as .xlsx or CSV")
    if start == ZIP:
        with open_workbook_records(path, width) as records:
            yield records
    else:
        with open_delimited_records(path, encoding=encoding, delimiter=delimiter) as lines:
            yield lines


@contextmanager
def open_table(path: Path, *, encoding: str = "", delimiter: str = "") -> Iterator[Table]:
    """Give the table of a CSV, TSV, gzipped or XLSX file. Raises TableRefused; OSError without the file."""
    with path.open("rb") as file:
        start = file.read(4)
    if start == OLD_EXCEL:
        raise TableRefused("the workbook is an old or encrypted one: save it as .xlsx or CSV")
    opened = (
        open_workbook(path) if start == ZIP else open_delimited(path, encoding=encoding, delimiter=delimiter)
    )
    with opened as table:
        yield table
