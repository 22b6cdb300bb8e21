"""Which column of a table feeds which field. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

IGNORED = ""


class MappingRefused(Exception):
    """A wish that the table or the fields cannot fulfil; the message is one line for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The place of the column that feeds each field, and the places of columns that feed none, by header."""

    by_field: Mapping[str, int]
    others: Mapping[str, int]


def map_columns(
    header: Sequence[str], fields: Collection[str], wishes: Sequence[str], *, needed: Sequence[str] = ()
) -> Columns:
    """Return where each field's cells stand, given wishes such as `Customer ID=external_id`.

    One column may feed several fields. A column that no wish names feeds the field of its own name, without
    regard to case, blanks and underscores, unless a wish feeds that field. `column=` keeps a column out.
    Raises MappingRefused, also when nothing feeds a needed field.
    """
    by_field: dict[str, int] = {}
    named: set[int] = set()
    for wish in wishes:
        column, is_wish, field = wish.rpartition("=")
        if not is_wish or not column.strip():
            raise MappingRefused(f"--map takes column=field, not {wish!r}")
        place = _place(header, column.strip())
        named.add(place)
        field = field.strip()
        if field == IGNORED:
            continue
        if field not in fields:
            raise MappingRefused(f"there is no field {field!r}; the fields are {', '.join(fields)}")
        if by_field.setdefault(field, place) != place:
            raise MappingRefused(f"two columns are to feed {field}")
    wished = set(by_field)
    by_name = {_squeezed(field): field for field in fields if field not in wished}
    others: dict[str, int] = {}
    for place, name in enumerate(header):
        if place in named or not name:
            continue
        own = by_name.get(_squeezed(name))
        target, key = (by_field, own) if own else (others, name)
        if key in target:
            raise MappingRefused(f"two columns are called {name!r}: rename one")
        target[key] = place
    for field in needed:
        if field not in by_field:
            raise MappingRefused(f"no column feeds {field}: name one with --map; {_list_columns(header)}")
    return Columns(by_field, others)


def _place(header: Sequence[str], column: str) -> int:
    places = [place for place, name in enumerate(header) if name == column]
    places = places or [place for place, name in enumerate(header) if _squeezed(name) == _squeezed(column)]
    if not places:
        raise MappingRefused(f"there is no column {column!r}; {_list_columns(header)}")
    if len(places) > 1:
        raise MappingRefused(f"{len(places)} columns are called {column!r}: rename all but one")
    return places[0]


def _list_columns(header: Sequence[str]) -> str:
    return f"the columns are {', '.join(filter(None, header))}"


def _squeezed(name: str) -> str:
    return "_".join(name.casefold().replace("_", " ").split())
