"""A table as importers see it, whatever file it came from: a header, then one row after the other. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from accounts.interchange.cells import Cell

MAX_COLUMNS, MAX_CELL = 200, 10_000
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
# What an export puts an apostrophe before, so that no spreadsheet takes it for a formula (SECURITY T7).
GUARDED = re.compile("'+[\\s\x00]*[=+\\-@\t\r\x00＝＋－＠]")


class TableRefused(Exception):
    """A file that holds no table we can read; the message is one line for the person who named it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table and the line of the file it begins on; a row with a `fault` has no cells."""

    line: int
    cells: Sequence[Cell] = ()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """The header of a table and its rows, read as they are asked for."""

    header: tuple[str, ...]
    rows: Iterator[Row]


def checked_header(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return the names of the columns, or refuse a table that is too wide or has unstorable names."""
    names = [str(cell).strip().removeprefix("\ufeff") for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise TableRefused("the file holds no header")
    if len(names) > MAX_COLUMNS:
        raise TableRefused(f"the file has {len(names)} columns; {MAX_COLUMNS} are the most")
    if any(len(name) > MAX_CELL or NOT_STORABLE.search(name) for name in names):
        raise TableRefused("the header holds a name that is too long or unprintable")
    return tuple(names)


def checked_row(line: int, cells: Sequence[Cell], header: Sequence[str]) -> Row | None:
    """Return the row, or one with its fault, or None for a blank one.

    The apostrophe that an export puts before what a spreadsheet would take for a formula is taken off.
    """
    cells = [cell[1:] if isinstance(cell, str) and GUARDED.match(cell) else cell for cell in cells]
    texts = [cell if isinstance(cell, str) else "date" for cell in cells]
    joined = "".join(texts)
    if not joined.strip():
        return None
    if len(cells) < len(header):
        return Row(line, fault=f"has {len(cells)} cells where the header has {len(header)}")
    if any(map(str.strip, texts[len(header) :])):
        return Row(line, fault=f"has cells beyond the {len(header)} columns of the header")
    if len(joined) > MAX_CELL or NOT_STORABLE.search(joined):
        for name, text in zip(header, texts, strict=False):
            if len(text) > MAX_CELL:
                return Row(line, fault=f"{name or 'a cell'}: is longer than {MAX_CELL:,} characters")
            if NOT_STORABLE.search(text):
                return Row(line, fault=f"{name or 'a cell'}: holds a NUL or half a character")
    return Row(line, cells)
