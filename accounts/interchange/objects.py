"""From JSON objects with the fields of tables to drafts of what shall be stored. Reads no database."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import models

from accounts.interchange.cells import CellRefused, is_blank
from accounts.interchange.dates import Dates
from accounts.interchange.drafts import Draft, sound_drafts
from accounts.interchange.report import Report
from accounts.interchange.specs import REQUIRED, Spec

MAX_ROWS = 1000
MAX_ATTRIBUTES, MAX_ATTRIBUTE = 200, 10_000
# Besides texts, which every field takes.
TAKEN: Mapping[type[Any], tuple[type[Any], ...]] = {
    models.DecimalField: (int, float),
    models.BooleanField: (bool,),
}


def read_objects(spec: Spec, rows: Sequence[Mapping[str, Any]], *, report: Report) -> Iterator[Draft]:
    """Yield the rows that can be read, each with its place in the sequence; the others go to the report.

    A name that is left out keeps what is stored, null clears it.
    """
    read = (_read(spec, place, row) for place, row in enumerate(rows))
    return sound_drafts(spec, read, report=report, place="row")


def attributes_fault(value: object) -> str | None:
    """Return what keeps a value from being an account's attributes, one flat object, or None."""
    if not isinstance(value, dict) or len(value) > MAX_ATTRIBUTES:
        return f"must be an object of at most {MAX_ATTRIBUTES} names"
    for name, item in value.items():
        if isinstance(item, dict | list) or max(len(name), len(str(item))) > MAX_ATTRIBUTE:
            return f"holds more than numbers, true, false and texts of at most {MAX_ATTRIBUTE} characters"
    return None


def _read(spec: Spec, place: int, row: Mapping[str, Any]) -> tuple[Draft, list[str]]:
    draft, faults = Draft(place), []
    for name, value in row.items():
        if name == spec.keeps_others_in and name:
            if fault := attributes_fault(value):
                faults.append(f"{name}: {fault}")
            else:
                draft.others = {key: "" if item is None else item for key, item in value.items()}
        elif name not in spec.fields:
            faults.append(f"{name[:60]}: there is no such field")
        else:
            try:
                draft.values[name] = _value(spec, name, value)
            except CellRefused as refused:
                faults.append(f"{name}: {refused}")
    missing = [f"{name}: is missing" for name in spec.key if name not in row]
    return draft, faults + missing


def _value(spec: Spec, name: str, value: object) -> object:
    field = spec.fields[name]
    cell = _cell(value, spec.model._meta.get_field(name))
    found = field.empty if is_blank(cell) else field.read(cell, Dates())
    if found is REQUIRED:
        raise CellRefused("is empty")
    return found


def json_types(spec: Spec, name: str) -> list[str]:
    """Return the JSON types that a field takes."""
    taken = _taken(spec.model._meta.get_field(name))
    own = {float: "number", bool: "boolean"}
    return ["string", "null", *(word for kind, word in own.items() if kind in taken)]


def _taken(column: object) -> tuple[type[Any], ...]:
    return next((types for kind, types in TAKEN.items() if isinstance(column, kind)), ())


def _cell(value: object, column: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if type(value) not in _taken(column):
        raise CellRefused("is of another type")
    return f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value)
