"""From the rows of a table to drafts of what shall be stored. Reads no database."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from accounts.interchange.cells import CellRefused, is_blank, plain
from accounts.interchange.columns import Columns
from accounts.interchange.dates import Dates
from accounts.interchange.report import Report
from accounts.interchange.rows import Row, Table
from accounts.interchange.specs import REQUIRED, Spec


@dataclass(slots=True)
class Draft:
    """One row as read: values by field, other rows by the names they have; and what feeds no field."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    others: dict[str, Any] = field(default_factory=dict)


def read_drafts(
    spec: Spec, table: Table, columns: Columns, *, dates: Dates, report: Report
) -> Iterator[Draft]:
    """Yield the rows that can be read; the others, and keys that come a second time, go to the report."""
    return sound_drafts(spec, (_read(spec, row, columns, dates) for row in table.rows), report=report)


def sound_drafts(
    spec: Spec, read: Iterable[tuple[Draft, list[str]]], *, report: Report, place: str = "line"
) -> Iterator[Draft]:
    """Yield what was read without faults; the others, and keys that come a second time, go to the report."""
    first_lines: dict[Hashable, int] = {}
    for draft, faults in read:
        key = tuple(draft.values.get(name) for name in spec.key)
        if faults:
            report.reject(draft.line, *faults)
        elif (first := first_lines.setdefault(key, draft.line)) != draft.line:
            report.reject(draft.line, f"{', '.join(spec.key)}: the same as in {place} {first}")
        else:
            yield draft


def _read(spec: Spec, row: Row, columns: Columns, dates: Dates) -> tuple[Draft, list[str]]:
    draft = Draft(row.line)
    if row.fault:
        return draft, [row.fault]
    faults = []
    for name, place in columns.by_field.items():
        cell, field_ = row.cells[place], spec.fields[name]
        try:
            draft.values[name] = field_.empty if is_blank(cell) else field_.read(cell, dates)
        except CellRefused as refused:
            faults.append(f"{name}: {refused}")
        else:
            if draft.values[name] is REQUIRED:
                faults.append(f"{name}: is empty")
    if spec.keeps_others_in:
        draft.others = {name: plain(row.cells[place]) for name, place in columns.others.items()}
    return draft, faults
