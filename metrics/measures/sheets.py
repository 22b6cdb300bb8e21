"""Scores of some of the accounts counted from the sheets of their days, not one by one."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Q
from numpy.typing import NDArray

from metrics.measures.dimensions import ANSWERED, ATTRIBUTES, PATHS, PERIODS, SURVEYS
from metrics.measures.scope import Scope
from metrics.models import ScoreSheet, Slice

OF_SLICES = (*ATTRIBUTES, *ANSWERED)
# The last bits of an answer are its value.
BITS = 4
LAST_BITS = (1 << BITS) - 1
FIRST_DAYS: Mapping[str, Callable[[date], date]] = {
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1),
}
# What a cell belongs to: dimensions, and the value of each.
Groups = tuple[tuple[str, Any], ...]


def knows_sheets(scope: Scope, by: Iterable[str]) -> bool:
    """Whether sheets can say it: of several accounts, split by nothing that accounts are today."""
    if scope.account or scope.known_on or scope.without_flagged or not scope.is_by_account:
        return False
    return {*PERIODS, *SURVEYS, *OF_SLICES}.issuperset(by)


def count_sheets(scope: Scope, which: Q, by: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield kind, programme, mode, survey, question, value, count and groups of the answers in question.

    In three queries: of the accounts, of the slices if they matter, and of the sheets.
    """
    is_asked = _marked(scope.companies.order_by().values_list("pk", flat=True))
    is_asked[0] = scope.is_anybodys
    slices = _Slices(scope.sliced, by) if scope.sliced or not {*OF_SLICES}.isdisjoint(by) else None
    columns = ("answers", "slices") if slices else ("answers",)
    for (*named, shared), sheets in _sheets(scope, which, by, columns).items():
        answers, *places = (_numbers(column) for column in zip(*sheets, strict=True))
        chosen = is_asked.take(answers >> BITS, mode="clip")
        codes = answers & LAST_BITS
        if slices:
            chosen &= slices.is_asked[places[0]]
            codes += slices.group[places[0]] << BITS
        counts = np.bincount(codes[chosen])
        for code in np.flatnonzero(counts):
            group, value = int(code) >> BITS, int(code) & LAST_BITS
            groups = dict((*shared, *(slices.groups[group] if slices else ())))
            yield (*named, value, int(counts[code]), *(groups[name] for name in by))


class _Slices:
    """Which slices are in question, and to which group of the dimensions asked by each belongs."""

    def __init__(self, sliced: Mapping[str, str], by: Sequence[str]) -> None:
        rows = {row["pk"]: row for row in Slice.objects.order_by().values("pk", *OF_SLICES)}
        asked = {name.removeprefix("slice__"): value for name, value in sliced.items()}
        self.is_asked = np.zeros(max(rows, default=0) + 1, dtype=np.bool_)
        self.group = np.zeros(len(self.is_asked), dtype=np.int32)
        known: dict[Groups, int] = {}
        for pk, row in rows.items():
            self.is_asked[pk] = asked.items() <= row.items()
            group = tuple((name, row[name]) for name in by if name in OF_SLICES)
            self.group[pk] = known.setdefault(group, len(known))
        self.groups = list(known)


def _sheets(
    scope: Scope, which: Q, by: Sequence[str], columns: Sequence[str]
) -> dict[tuple[Any, ...], list[tuple[bytes, ...]]]:
    """Return sheets by what all their answers share: as `count_sheets` names them, and their groups."""
    surveys = [name for name in by if name in SURVEYS]
    shared = ("kind", "survey__programme", "survey__programme__mode", "survey", "question_key")
    paths = [PATHS[name] for name in surveys]
    rows = ScoreSheet.objects.filter(which, scope.days()).order_by()
    found: dict[tuple[Any, ...], list[tuple[bytes, ...]]] = defaultdict(list)
    for row in rows.values_list(*shared, "day", *paths, *columns):
        day, rest = row[5], row[6:]
        periods = [(name, FIRST_DAYS[name](day)) for name in by if name in PERIODS]
        groups = (*periods, *zip(surveys, rest, strict=False))
        found[*row[:5], groups].append(rest[len(surveys) :])
    return found


def _numbers(sheets: Sequence[bytes]) -> NDArray[np.int32]:
    return np.frombuffer(b"".join(sheets), dtype=">i4").astype(np.int32)


def _marked(numbers: Iterable[int]) -> NDArray[np.bool_]:
    """Return a mark at each of these numbers; the last place has none and stands for all beyond."""
    marked = np.fromiter(numbers, dtype=np.int64)
    marks = np.zeros(marked.max(initial=0) + 2, dtype=np.bool_)
    marks[marked] = True
    return marks
