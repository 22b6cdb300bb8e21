"""Reads the sheets of a workbook, .xls or .xlsx, within limits. Pure."""

import io
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time

import xlrd
from openpyxl import load_workbook

from surveys.interchange.documents import ZIP, open_archive, refused, words
from surveys.interchange.native import DefinitionRefused

OLD_EXCEL = b"\xd0\xcf\x11\xe0"
MAX_SHEETS, MAX_ROWS, MAX_COLUMNS, MAX_CELL = 20, 5000, 200, 20_000

Record = dict[str, str]


def is_workbook(content: bytes) -> bool:
    """Whether the file may be a workbook, by its first bytes."""
    return content.startswith((ZIP, OLD_EXCEL))


def read_sheets(content: bytes, wanted: Iterable[str]) -> dict[str, list[Record]]:
    """Return the rows of the wanted sheets by header, both in lower case; blank cells are left out.

    Raises DefinitionRefused for what is no workbook or too large.
    """
    names = set(wanted)
    with _refusing_damage():
        read = _old_sheets if content.startswith(OLD_EXCEL) else _new_sheets
        return {name: _records(rows) for name, rows in read(content) if name in names}


@contextmanager
def _refusing_damage() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that an import has no use for
            yield
    except DefinitionRefused:
        raise
    except Exception:  # a malformed workbook fails with whatever its parts raise
        raise refused("is not an Excel workbook, or a damaged one") from None


def _new_sheets(content: bytes) -> Iterator[tuple[str, Iterable[Sequence[object]]]]:
    open_archive(content).close()
    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        for sheet in workbook.worksheets[:MAX_SHEETS]:
            sheet.reset_dimensions()  # some writers state too small ones, and rows would be cut
            rows = sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True)
            yield sheet.title.strip().lower(), rows
    finally:
        workbook.close()


def _old_sheets(content: bytes) -> Iterator[tuple[str, Iterable[Sequence[object]]]]:
    workbook = xlrd.open_workbook(file_contents=content, logfile=io.StringIO(), on_demand=True)
    for place in range(min(workbook.nsheets, MAX_SHEETS)):
        sheet = workbook.sheet_by_index(place)
        rows = (sheet.row_values(row, 0, MAX_COLUMNS) for row in range(min(sheet.nrows, MAX_ROWS + 1)))
        yield sheet.name.strip().lower(), rows


def _records(rows: Iterable[Sequence[object]]) -> list[Record]:
    records: list[Record] = []
    header: list[str] = []
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            raise refused(f"has a sheet of more than {MAX_ROWS:,} rows")
        cells = [_text(cell) for cell in row]
        if not header:
            header = [" ".join(cell.lower().split()) for cell in cells]
            header = header if any(header) else []
        else:
            named = zip(header, cells, strict=False)
            records.append({name: cell for name, cell in named if name and cell})
    return records


def _text(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    text = words(value).strip()
    if len(text) > MAX_CELL:
        raise refused(f"has a cell of more than {MAX_CELL:,} characters")
    return text
