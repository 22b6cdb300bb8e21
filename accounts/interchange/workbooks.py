"""Tables in XLSX workbooks: the first sheet, read row by row."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from accounts.interchange.cells import Cell
from accounts.interchange.rows import MAX_COLUMNS, Row, Table, TableRefused, checked_header, checked_row

ZIP = b"PK\x03\x04"
MAX_ENTRIES = 1000
MAX_UNPACKED = 512 << 20
MAX_RATIO = 200
SMALL = 1 << 20
LAST_ROW = 1 << 20  # of any spreadsheet


@contextmanager
def open_workbook(path: Path) -> Iterator[Table]:
    """Give the table of a workbook's first sheet. Raises TableRefused, for a bomb before unpacking it."""
    with _refusing_damage():
        _refuse_bomb(path)
        workbook = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        with _refusing_damage():
            table = _first_table(workbook)
        yield table
    finally:
        workbook.close()


@contextmanager
def open_workbook_records(path: Path, width: int) -> Iterator[Iterator[tuple[int, list[Cell]]]]:
    """Give the records of a workbook's first sheet, its header lines among them. Raises TableRefused."""
    with _refusing_damage():
        _refuse_bomb(path)
        workbook = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    try:
        with _refusing_damage():
            sheet = workbook.worksheets[0]
            sheet.reset_dimensions()
            values = _values(sheet, width)
            yield ((number, [_cell(cell) for cell in cells]) for number, cells in values)
    finally:
        workbook.close()


@contextmanager
def _refusing_damage() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and extensions that an import has no use for
            yield
    except TableRefused:
        raise
    except Exception:  # a malformed workbook fails in zipfile and openpyxl with whatever its parts raise
        raise TableRefused("the file is not an XLSX workbook, or a damaged one") from None


def _refuse_bomb(path: Path) -> None:
    with ZipFile(path) as archive:
        entries = archive.infolist()
    is_dense = any(
        entry.file_size > SMALL and entry.file_size > MAX_RATIO * entry.compress_size for entry in entries
    )
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or is_dense:
        raise TableRefused(f"the workbook would unpack to {unpacked >> 20} MB: too much, save it as CSV")


def _first_table(workbook: Workbook) -> Table:
    if not workbook.worksheets:
        raise TableRefused("the workbook has no sheet")
    sheet = workbook.worksheets[0]
    sheet.reset_dimensions()  # some writers state too small ones, and rows would be cut
    values = _values(sheet, MAX_COLUMNS + 1)
    first, header = next(((n, cells) for n, cells in values if any(map(_text, cells))), (0, ()))
    names = checked_header([_text(cell) for cell in header])
    return Table(names, _rows(_values(sheet, len(names), first + 1), names))


def _values(sheet: Worksheet, width: int, first: int = 1) -> Iterator[tuple[int, tuple[object, ...]]]:
    rows = sheet.iter_rows(min_row=first, max_row=LAST_ROW, max_col=width, values_only=True)
    return enumerate(rows, start=first)


def _rows(values: Iterator[tuple[int, tuple[object, ...]]], header: tuple[str, ...]) -> Iterator[Row]:
    number = 0
    while True:
        try:
            number, cells = next(values, (number, None))
        except Exception:  # as in _refusing_damage
            yield Row(number + 1, fault="the workbook is damaged here; nothing after this row was read")
            return
        if cells is None:
            return
        if row := checked_row(number, [_cell(cell) for cell in cells], header):
            yield row


def _cell(value: object) -> Cell:
    return value if isinstance(value, datetime) else _text(value)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        # Workbooks keep every number as a float: 7.0 is what somebody typed as 7.
        return f"{value:.0f}" if value.is_integer() else f"{Decimal(repr(value)):f}"
    return str(value)
