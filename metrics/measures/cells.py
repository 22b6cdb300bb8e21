"""Scored answers counted: from totals over all accounts, from scores where accounts matter."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Aggregate, Count, IntegerField, Max, Min, OuterRef, Q, Subquery, Sum

from metrics.formulas.days import trailing
from metrics.measures.dimensions import NEEDS_SCORES, OF_TOTALS, OF_YEARS, group_of
from metrics.measures.scope import Scope
from metrics.measures.sheets import count_sheets, knows_sheets
from metrics.measures.spans import months_and_days
from metrics.models import AccountYear, Score, SliceTotal, Total
from metrics.models.years import VALUES
from surveys.models import Response, Survey

PROGRAMME = "survey__programme"
# Looked up for each sum: joined to each row and grouped by, they took as long as the adding up.
_SURVEY = Survey.objects.filter(pk=OuterRef("survey")).order_by()
OF_SURVEY = {
    "programme": Subquery(_SURVEY.values("programme")),
    "mode": Subquery(_SURVEY.values("programme__mode")),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """How many gave one value to one question of one survey, altogether or in one group of each dimension.

    A group is the first day of a period, or what the answers have in common.
    """

    kind: str
    programme: int
    mode: str
    survey: int
    question_key: str
    value: int
    total: int
    groups: tuple[Any, ...] = ()

    @property
    def group(self) -> Any:
        """The group of the first dimension, None without one."""
        return self.groups[0] if self.groups else None


def read_cells(scope: Scope, kinds: Iterable[str], *by: str, only: Q | None = None) -> list[Cell]:
    """Return the counts of the answers in question, split by some dimensions, in three queries at most.

    Totals hold the answers of everyone, where they do not say it those of slices; whoever sees only some
    accounts, or asks about some, is answered from what is counted of these, from sheets, or from their
    scores. Scores without an account are nobody's in particular (SECURITY T21).
    """
    kinds = tuple(kinds)
    which = _told(scope, kinds, only) & Q(**scope.sliced)
    if scope.without_flagged and not needs_scores(replace(scope, without_flagged=False), by):
        return _without_flagged(scope, kinds, by, only, which)
    if knows_sheets(scope, by):
        return read_cells_each([(scope, by)], kinds, only)[0]
    if needs_scores(scope, by):
        if is_year(scope, by):
            return _of_year(scope, which, by)
        rows: Any = Score.objects.filter(scope.answered) if scope.is_by_account else Score.objects.all()
        if scope.without_flagged:
            rows = rows.filter(response__flags=[])
        return _cells(_counted(rows, which & scope.days(), by, "day", Count("pk")))
    totals: Any = SliceTotal if scope.sliced or not OF_TOTALS.issuperset(by) else Total
    return _cells(_side_by_side(totals.objects.filter(months_and_days(scope)), which, by, "begins"))


def read_cells_each(
    asked: Sequence[tuple[Scope, tuple[str, ...]]], kinds: Iterable[str], only: Q | None = None
) -> list[list[Cell]]:
    """Return what `read_cells` says of several windows of one scope, each split by dimensions of its own.

    Sheets are read once for all of them.
    """
    kinds, first = tuple(kinds), asked[0][0]
    if all(knows_sheets(scope, by) for scope, by in asked):
        return [_cells(rows) for rows in count_sheets(asked, _told(first, kinds, only))]
    return [read_cells(scope, kinds, *by, only=only) for scope, by in asked]


def _told(scope: Scope, kinds: tuple[str, ...], only: Q | None) -> Q:
    return (only or Q()) & scope.surveys() & Q(kind__in=kinds)


def _without_flagged(
    scope: Scope, kinds: Iterable[str], by: tuple[str, ...], only: Q | None, which: Q
) -> list[Cell]:
    """Return the counts of all answers less those of flagged responses, which are few, in two queries."""
    flagged = Response.objects.filter(scope.surveys()).exclude(flags=[])
    scores: Any = Score.objects.filter(response__in=flagged)
    less = {
        replace(cell, total=0): cell.total
        for cell in _cells(_counted(scores, which & scope.days(), by, "day", Count("pk")))
    }
    cells = read_cells(replace(scope, without_flagged=False), kinds, *by, only=only)
    counted = (replace(cell, total=cell.total - less.get(replace(cell, total=0), 0)) for cell in cells)
    return [cell for cell in counted if cell.total]


def kinds_given(scope: Scope, kinds: Iterable[str]) -> list[str]:
    """Return those of the kinds that anybody's answers in the window are of, whoever is in question."""
    rows = Total.objects.filter(months_and_days(scope), scope.surveys())
    given = set(rows.order_by().values_list("kind", flat=True).distinct())
    return [kind for kind in kinds if kind in given]


def needs_scores(scope: Scope, by: Collection[str]) -> bool:
    """Whether tallies cannot say it, because they keep neither accounts nor people apart."""
    return scope.is_by_account or scope.without_flagged or not NEEDS_SCORES.isdisjoint(by)


def is_year(scope: Scope, by: Collection[str]) -> bool:
    """Whether the window is the year of which what every account said is counted, in one query at most."""
    if scope.sliced or scope.without_flagged or not OF_YEARS.issuperset(by):
        return False
    if (scope.start, scope.end) != trailing(scope.end):
        return False
    days = AccountYear.objects.aggregate(first=Min("day"), last=Max("day"))
    return bool(days["first"] == days["last"] == scope.end - timedelta(days=1))


def of_year(scope: Scope) -> tuple[Any, Any]:
    """Return what is counted of the accounts in question, and the scores of nobody in particular."""
    nobodys = Score.objects.filter(scope.days(), account=None)
    if scope.is_by_account:
        return AccountYear.objects.filter(scope.answered), nobodys.filter(scope.answered)
    return AccountYear.objects.all(), nobodys


def _of_year(scope: Scope, which: Q, by: Collection[str]) -> list[Cell]:
    """Return cells of the year up to the window's end."""
    years, nobodys = of_year(scope)
    counted = _counted(nobodys, which, by, "day", Count("pk"))
    return _cells(chain(_side_by_side(years, which, by, "day"), counted))


def _side_by_side(rows: Any, which: Q, by: Collection[str], period: str) -> Iterator[tuple[Any, ...]]:
    """Yield what `_counted` says, of rows that hold the counts of every value side by side."""
    groups = {f"group_{place}": group_of(name, period) for place, name in enumerate(by)}
    named = ("kind", "survey", "question_key")
    summed = (
        rows.filter(which)
        .order_by()
        .values(*named, **groups)
        .annotate(sums=_Sums("counts"))
        .annotate(**OF_SURVEY)
        .values_list("kind", "programme", "mode", "survey", "question_key", "sums", *groups)
    )
    for kind, programme, mode, survey, key, sums, *own in summed:
        yield from (
            (kind, programme, mode, survey, key, value, total, *own)
            for value, total in enumerate(sums)
            if total
        )


class _Sums(Aggregate):
    """The sum of the counts of each value; as an expression each, Django took longer than PostgreSQL."""

    # A sum of large integers is a decimal.
    template = f"ARRAY[{', '.join(f'SUM((%(expressions)s)[{value + 1}])' for value in VALUES)}]::bigint[]"
    output_field = ArrayField(IntegerField())


def _counted(rows: Any, which: Q, by: Collection[str], period: str, total: Any = None) -> Any:
    groups = {f"group_{place}": group_of(name, period) for place, name in enumerate(by)}
    named = ("kind", "survey", "question_key", "value")
    return (
        rows.filter(which)
        .order_by()
        .values(*named, **groups)
        .annotate(total=total or Sum("count"))
        .filter(total__gt=0)
        .annotate(**OF_SURVEY)
        .values_list("kind", "programme", "mode", "survey", "question_key", "value", "total", *groups)
    )


def _cells(rows: Any) -> list[Cell]:
    """Return the rows as cells; what came in two parts, from days and from months, is added up."""
    totals: dict[Any, int] = defaultdict(int)
    for kind, programme, mode, survey, key, value, count, *groups in rows:
        parts = tuple(each or "" for each in groups)
        totals[kind, programme, mode, survey, key, value, parts] += count
    return [
        Cell(kind, programme, mode, survey, key, value, count, groups)
        for (kind, programme, mode, survey, key, value, groups), count in totals.items()
    ]
