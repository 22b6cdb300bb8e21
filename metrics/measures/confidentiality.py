"""What may be shown of surveys that promised confidentiality (SECURITY T22).

Nothing smaller than the least group is shown, nor anything by whose difference from something shown a smaller
one would come out: groups hide with the next smallest, filters are checked against what they leave out, and
windows are whole months that neither begin nor end with a small one.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Q

from metrics.formulas.days import month_of
from metrics.formulas.disclosure import LEAST_SHOWN, shown
from metrics.measures.cells import Cell, read_cells
from metrics.measures.dimensions import CONTRACTS, SURVEYS
from metrics.measures.scope import Scope
from surveys.models import Version
from surveys.privacy import ANONYMOUS, CONFIDENTIAL

PROMISING = (CONFIDENTIAL, ANONYMOUS)
HIDDEN = f"Answers of confidential surveys are left out where fewer than {LEAST_SHOWN} people would show."


class Disclosed(NamedTuple):
    """The counts that may be shown, and the groups of which something was hidden."""

    cells: list[Cell]
    hidden: frozenset[Hashable]


def confidential_surveys(scope: Scope) -> frozenset[int]:
    """Return the surveys in question of which any version promised confidentiality, in one query."""
    return promising(scope.surveys())


def promising(which: Q) -> frozenset[int]:
    """Return the surveys of the versions that meet a condition and promised confidentiality."""
    versions = Version.objects.filter(which, definition__privacy__in=PROMISING)
    return frozenset(versions.values_list("survey", flat=True))


def disclosed(scope: Scope, kinds: Iterable[str], by: str | None, surveys: Collection[int]) -> Disclosed:
    """Return the counts of confidential surveys that give nobody away."""
    wide, asked = whole_months(scope), tuple(kinds)
    by_ = (by,) if by else ()
    cells = read_cells(wide, asked, "month", *by_, only=Q(survey__in=surveys))
    open_cells: list[Cell] = []
    hidden: set[Hashable] = set()
    for survey, of_one in _split(cells, attrgetter("survey")).items():
        kept = _without_small_edges(of_one)
        groups = {group: people(each) for group, each in _split(kept, _second).items()}
        visible = shown(groups) - _given_away(wide, asked, by_, survey, groups)
        hidden |= {_second(cell) for cell in of_one} - visible
        open_cells += [replace(cell, groups=cell.groups[1:]) for cell in kept if _second(cell) in visible]
    return Disclosed(open_cells, frozenset(hidden))


def people(cells: Iterable[Cell]) -> int:
    """Return how many people at least answered one survey: as many as its most answered question."""
    counts: dict[str, int] = defaultdict(int)
    for cell in cells:
        counts[cell.question_key] += cell.total
    return max(counts.values(), default=0)


def whole_months(scope: Scope) -> Scope:
    """Return the same question about all of every month that its window touches."""
    last = month_of(date.fromordinal(scope.end.toordinal() - 1))
    return scope.between(scope.start and month_of(scope.start).start, last.end)


def _without_small_edges(cells: list[Cell]) -> list[Cell]:
    """Return the cells without the months at either end that hold too few.

    Otherwise two windows that differ by such a month would tell what it holds.
    """
    months = sorted(_split(cells, attrgetter("group")).items())
    while months and people(months[0][1]) < LEAST_SHOWN:
        months.pop(0)
    while months and people(months[-1][1]) < LEAST_SHOWN:
        months.pop()
    return [cell for _, each in months for cell in each]


def _given_away(
    scope: Scope, kinds: Collection[str], by: tuple[str, ...], survey: int, groups: Mapping[Hashable, int]
) -> frozenset[Hashable]:
    """Return the groups that would tell of those whom the scope's own filters leave out."""
    given: set[Hashable] = set()
    for name in scope.narrowings - {*SURVEYS}:
        if name in CONTRACTS:
            return frozenset(groups)
        cells = read_cells(_lifted(scope, name), kinds, name, *by, only=Q(survey=survey))
        for group, of_group in _split(cells, _second).items():
            counts = {value: people(each) for value, each in _split(of_group, attrgetter("group")).items()}
            if _value(scope, name) not in shown(counts):
                given.add(group)
    return frozenset(given)


def _lifted(scope: Scope, name: str) -> Scope:
    if name in scope.unsaid:
        return replace(scope, unsaid=scope.unsaid - {name})
    if name in scope.attributes:
        return replace(scope, attributes={k: v for k, v in scope.attributes.items() if k != name})
    nothing: Any = "" if isinstance(getattr(scope, name), str) else None
    return replace(scope, **{name: nothing})


def _value(scope: Scope, name: str) -> Any:
    if name in scope.unsaid:
        return ""
    if name in scope.attributes:
        return scope.attributes[name]
    value = getattr(scope, name)
    fields = {"owner": "email", "team": "name", "account": "pk"}
    return getattr(value, fields[name]) if name in fields else value


def _second(cell: Cell) -> Any:
    """Return the group of the second dimension, None without one."""
    return cell.groups[1] if cell.groups[1:] else None


def _split(cells: Iterable[Cell], part: Callable[[Cell], Any]) -> dict[Any, list[Cell]]:
    parts: dict[Any, list[Cell]] = defaultdict(list)
    for cell in cells:
        parts[part(cell)].append(cell)
    return parts
