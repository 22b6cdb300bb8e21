"""Scores of some of the accounts counted from the sheets of their days, not one by one."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Q
from numpy.typing import NDArray

from metrics.measures.dimensions import ANSWERED, ATTRIBUTES, PATHS, PERIODS, SURVEYS
from metrics.measures.scope import Scope
from metrics.models import ScoreSheet, Slice

OF_SLICES = (*ATTRIBUTES, *ANSWERED)
# Of the bytes of an answer the last bits are its value.
SIZE, BITS = 4, 4
LAST_BITS = (1 << BITS) - 1
FIRST_DAYS: Mapping[str, Callable[[date], date]] = {
    "month": lambda day: day.replace(day=1),
    "quarter": lambda day: day.replace(month=day.month - (day.month - 1) % 3, day=1),
}
# What shares the answers to a question, and the type of each in PostgreSQL.
SHARED = {
    "kind": "text",
    "survey__programme": "bigint",
    "survey__programme__mode": "text",
    "survey": "bigint",
    "question_key": "text",
    PATHS["survey"]: "text",
    PATHS["programme"]: "text",
}
COPY = "COPY ({rows}) TO STDOUT (FORMAT BINARY)"
# What answers have in common: dimensions, and the value of each.
Group = tuple[tuple[str, Any], ...]


def knows_sheets(scope: Scope, by: Iterable[str]) -> bool:
    """Whether sheets can say it: of several accounts, split by nothing that accounts are today."""
    if scope.account or scope.known_on or scope.without_flagged or not scope.is_by_account:
        return False
    return {*PERIODS, *SURVEYS, *OF_SLICES}.issuperset(by)


def count_sheets(
    asked: Sequence[tuple[Scope, Sequence[str]]], which: Q
) -> Iterator[Iterator[tuple[Any, ...]]]:
    """Yield for each window of one scope, split by dimensions, how often which answers were given.

    A row is kind, programme, mode, survey, question, value, count and groups. In three queries: of the
    accounts, of the slices if they matter, and of the sheets.
    """
    scope = asked[0][0]
    is_asked = _marked(scope.companies.order_by().values_list("pk", flat=True))
    is_asked[0] = scope.is_anybodys
    is_split = any(not {*OF_SLICES}.isdisjoint(by) for _, by in asked)
    slices = _Slices(scope.sliced) if scope.sliced or is_split else None
    sheets = _sheets([scope for scope, _ in asked], which, ("answers", "slices") if slices else ("answers",))
    questions = [_Question(shared, own, is_asked, slices) for shared, own in sheets.items()]
    for window, by in asked:
        yield chain.from_iterable(each.count(window, by) for each in questions)


class _Slices:
    """Which slices are in question, and to which group of the dimensions asked by each belongs."""

    def __init__(self, sliced: Mapping[str, str]) -> None:
        self.rows = {row["pk"]: row for row in Slice.objects.order_by().values("pk", *OF_SLICES)}
        asked = {name.removeprefix("slice__"): value for name, value in sliced.items()}
        self.is_asked = _marked(pk for pk, row in self.rows.items() if asked.items() <= row.items())

    def grouped(self, by: Sequence[str]) -> tuple[NDArray[np.int64], list[Group]]:
        """Return the number of the group of each slice, and the groups."""
        known: dict[Group, int] = {}
        numbers = np.zeros(max(self.rows, default=0) + 1, dtype=np.int64)
        for pk, row in self.rows.items():
            numbers[pk] = known.setdefault(tuple((name, row[name]) for name in by), len(known))
        return numbers, list(known)


class _Question:
    """The answers to one question by the accounts and in the slices in question, day by day."""

    def __init__(
        self,
        shared: tuple[Any, ...],
        sheets: Sequence[tuple[Any, ...]],
        is_asked: NDArray[np.bool_],
        slices: _Slices | None,
    ) -> None:
        *self.named, survey, programme = shared
        self.of_survey = {"survey": survey, "programme": programme}
        days, *columns = zip(*sorted(sheets, key=itemgetter(0)), strict=True)
        self.days: Sequence[date] = days
        answers = _numbers(columns[0])
        # Nothing is done with all of them but this: the memory for it takes longer than the work.
        accounts = np.right_shift(answers, BITS, dtype=np.intp)
        # Places are taken many times as fast as marks.
        chosen = np.flatnonzero(is_asked.take(accounts, mode="clip"))
        if slices:
            self.slices, self.place = slices, _numbers(columns[1]).take(chosen).astype(np.intp)
            is_sliced = np.flatnonzero(slices.is_asked.take(self.place, mode="clip"))
            chosen, self.place = chosen.take(is_sliced), self.place.take(is_sliced)
        ends = np.cumsum([len(packed) // SIZE for packed in columns[0]])
        # How many of those chosen stand in the sheets up to each day, and in which sheet each stands.
        self.until = np.searchsorted(chosen, [0, *ends])
        self.sheet = np.repeat(np.arange(len(days)), np.diff(self.until))
        self.value = answers.take(chosen) & LAST_BITS

    def count(self, window: Scope, by: Sequence[str]) -> Iterator[tuple[Any, ...]]:
        """Yield how often each value was given in each group in the days of the window."""
        first = bisect_left(self.days, window.start) if window.start else 0
        last = bisect_left(self.days, window.end)
        periods: dict[Group, int] = {}
        number = np.zeros(len(self.days), dtype=np.intp)
        for place, day in enumerate(self.days[first:last], first):
            period = tuple((name, FIRST_DAYS[name](day)) for name in by if name in PERIODS)
            number[place] = periods.setdefault(period, len(periods))
        inside = slice(self.until[first], self.until[last])
        groups, codes = list(periods), number.take(self.sheet[inside])
        own = [name for name in by if name in OF_SLICES]
        if own:
            of_slice, parts = self.slices.grouped(own)
            codes = codes * len(parts) + of_slice.take(self.place[inside])
            groups = [period + part for period in groups for part in parts]
        counts = np.bincount(codes << BITS | self.value[inside])
        for code in np.flatnonzero(counts):
            group = {**self.of_survey, **dict(groups[int(code) >> BITS])}
            yield (*self.named, int(code) & LAST_BITS, int(counts[code]), *(group[name] for name in by))


def _sheets(
    windows: Sequence[Scope], which: Q, columns: Sequence[str]
) -> dict[tuple[Any, ...], list[tuple[Any, ...]]]:
    """Return days and columns of sheets by question, as `count_sheets` names it, with its survey's names."""
    starts = [window.start for window in windows if window.start]
    start = min(starts) if len(starts) == len(windows) else None
    days = windows[0].between(start, max(window.end for window in windows)).days()
    rows = ScoreSheet.objects.filter(which, days).order_by().values_list(*SHARED, "day", *columns)
    found: dict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    try:
        statement, parameters = rows.query.sql_with_params()
    except EmptyResultSet:
        return found
    # Copied they come as they are; as values of a query each byte is two digits, which took twice the time.
    with connection.cursor() as cursor:
        # Django's own cursor, which counts queries, takes a copy without parameters.
        statement = cursor.mogrify(COPY.format(rows=statement), parameters)
        with cursor.copy(statement) as copy:
            copy.set_types((*SHARED.values(), "date", *("bytea" for _ in columns)))
            for row in copy.rows():
                found[row[: len(SHARED)]].append(row[len(SHARED) :])
    return found


def _numbers(sheets: Sequence[bytes]) -> NDArray[np.int32]:
    return np.frombuffer(b"".join(sheets), dtype=">i4")


def _marked(numbers: Iterable[int]) -> NDArray[np.bool_]:
    """Return a mark at each of these numbers; the last place has none and stands for all beyond."""
    marked = np.fromiter(numbers, dtype=np.int64)
    marks = np.zeros(marked.max(initial=0) + 2, dtype=np.bool_)
    marks[marked] = True
    return marks
