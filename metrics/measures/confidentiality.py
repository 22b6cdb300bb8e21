"""What may be shown of surveys that promised confidentiality (SECURITY T22).

Every count that is shown is a sum of the same atoms, whoever asks, by what and about which days: the answers
to one question in a block of months, or those of one segment in it. Each atom holds the least group, and so
do the hidden segments of a block together: no sums of them, however many are compared, leave fewer people.
That holds for one way of splitting alone, since a segment and a tier may differ by a single person: answers
are narrowed and split by nothing but the segment, and who sees only some of the accounts is shown none.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import date
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import Q

from metrics.formulas.days import month_of, quarter_of
from metrics.formulas.disclosure import LEAST_SHOWN, blocks, shown
from metrics.measures.cells import Cell, read_cells
from metrics.measures.dimensions import PERIODS, SURVEYS
from metrics.measures.scope import Scope
from surveys.models import Response, Version

# The one way of splitting what was said in confidence.
SPLIT = "segment"
HIDDEN = f"Answers of confidential surveys are left out where fewer than {LEAST_SHOWN} people would show."


class Disclosed(NamedTuple):
    """The counts that may be shown, and the groups of which some was hidden; None where of each."""

    cells: list[Cell]
    hidden: frozenset[Hashable]


def confidential_surveys(scope: Scope) -> frozenset[int]:
    """Return the surveys in question of which any version promised confidentiality, in one query."""
    return promising(scope.surveys())


def promising(which: Q) -> frozenset[int]:
    """Return the surveys of the versions that meet a condition and promised confidentiality."""
    versions = Version.objects.promising().filter(which)
    return frozenset(versions.values_list("survey", flat=True))


def disclosed(scope: Scope, kinds: Iterable[str], by: str | None, surveys: Collection[int]) -> Disclosed:
    """Return the counts of confidential surveys that give nobody away, in two queries at most.

    Of periods, a block of several months counts to the one that its last month is in.
    """
    asked_of = (scope.narrowings | {by or ""}) - {"", *SURVEYS, *PERIODS}
    if asked_of - {SPLIT} or scope.is_by_account or scope.without_flagged or scope.known_on:
        return Disclosed([], frozenset({None}))
    wide = whole_months(scope)
    ever = replace(wide, start=None, attributes={}, unsaid=frozenset())
    groups = [*([SPLIT] if asked_of else []), *([by] if by in SURVEYS else [])]
    cells = read_cells(ever, kinds, "month", *groups, only=Q(survey__in=surveys))
    found: list[Cell] = []
    is_left_out = asked_of or Response.objects.waiting(surveys).exists()
    hidden: set[Hashable] = {None} if is_left_out else set()
    for of_question in _split(cells, attrgetter("survey", "question_key")).values():
        last_month = {
            cell: last
            for last, inside in _blocks(of_question, wide)
            for cell in (_visible(inside) if asked_of else inside)
        }
        for cell in of_question:
            if (wide.start and cell.group < wide.start) or not _is_asked(cell, scope):
                continue
            own, label = _label(cell, cell.group, by), _label(cell, last_month.get(cell, cell.group), by)
            if cell in last_month:
                found.append(replace(cell, groups=label))
            if cell not in last_month or label != own:
                hidden.add(own[0] if own else None)
    return Disclosed(found, frozenset(hidden))


def whole_months(scope: Scope) -> Scope:
    """Return the same question about all of every month that its window touches."""
    last = month_of(date.fromordinal(scope.end.toordinal() - 1))
    return scope.between(scope.start and month_of(scope.start).start, last.end)


def _blocks(cells: Collection[Cell], wide: Scope) -> Iterator[tuple[date, list[Cell]]]:
    """Yield the blocks of months of one question that lie in the window: the last month, and the cells."""
    people = {month: sum(cell.total for cell in own) for month, own in _split(cells, _month).items()}
    for block in blocks(people):
        if (wide.start is None or wide.start <= block.first) and month_of(block.last).end <= wide.end:
            yield block.last, [cell for cell in cells if block.first <= cell.group <= block.last]


def _visible(cells: Collection[Cell]) -> list[Cell]:
    """Return the cells of the segments of a block that may be shown beside the whole of it."""
    segments = _split(cells, _segment)
    visible = shown({name: sum(cell.total for cell in own) for name, own in segments.items()})
    return [cell for cell in cells if _segment(cell) in visible]


def _is_asked(cell: Cell, scope: Scope) -> bool:
    return SPLIT not in scope.narrowings or _segment(cell) == scope.attributes.get(SPLIT, "")


def _label(cell: Cell, month: date, by: str | None) -> tuple[Any, ...]:
    """Return the group that a cell counts to, as that of this month."""
    if by in PERIODS:
        return ((month_of if by == "month" else quarter_of)(month).start,)
    return (cell.groups[-1],) if by else ()


def _month(cell: Cell) -> Any:
    return cell.group


def _segment(cell: Cell) -> Any:
    return cell.groups[1]


def _split(cells: Iterable[Cell], part: Callable[[Cell], Any]) -> dict[Any, list[Cell]]:
    parts: dict[Any, list[Cell]] = defaultdict(list)
    for cell in cells:
        parts[part(cell)].append(cell)
    return parts
