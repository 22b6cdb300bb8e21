"""Scored answers counted: from tallies over all accounts, from scores where accounts matter."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, F, Q, Sum

from metrics.measures.dimensions import NEEDS_SCORES, group_of
from metrics.measures.scope import NotClosed, Scope
from metrics.models import Close, Score, Tally, TallyMonth

PROGRAMME = "survey__programme"


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
    """Return the counts of the answers in question, split by some dimensions, in one query.

    A tally holds the answers of everyone; whoever sees only some accounts, or asks about one, is answered
    from the scores of these accounts. Scores without an account are nobody's in particular (SECURITY T21).
    """
    rows: Any = Tally.objects.all()
    total: Any = Sum("count")
    days, period = scope.days(), "day"
    if scope.known_on:
        rows, days, period = closed_tallies(scope, by), scope.days("month"), "month"
    elif scope.is_by_account or scope.without_flagged or not NEEDS_SCORES.isdisjoint(by):
        rows, total = Score.objects.all(), Count("pk")
    if scope.is_by_account and not scope.known_on:
        rows = rows.filter(scope.answered)
    if scope.without_flagged and not scope.known_on:
        rows = rows.filter(response__flags=[])
    groups = {f"group_{place}": group_of(name, period) for place, name in enumerate(by)}
    named = ("kind", "survey", "question_key", "value")
    rows = (
        rows.filter(only or Q(), days, scope.surveys(), kind__in=tuple(kinds), **scope.sliced)
        .values(*named, programme=F(PROGRAMME), mode=F(f"{PROGRAMME}__mode"), **groups)
        .annotate(total=total)
        .filter(total__gt=0)
        .values_list("kind", "programme", "mode", "survey", "question_key", "value", "total", *groups)
    )
    return [
        Cell(kind, programme, mode, survey, key, value, count, tuple(each or "" for each in named_groups))
        for kind, programme, mode, survey, key, value, count, *named_groups in rows
    ]


def closed_tallies(scope: Scope, by: Collection[str]) -> Any:
    """Return the tallies of months as known at the end of a day, from the monthly closes.

    Raises NotClosed where the window is not one of whole months, all closed by then, of everybody's answers.
    """
    start, end, known_on = scope.start, scope.end, scope.known_on
    if start is None or start.day != 1 or end.day != 1:
        raise NotClosed("What was known on a day is known of whole months: from and to begin months.")
    if scope.is_by_account or not NEEDS_SCORES.isdisjoint(by):
        raise NotClosed("What was known on a day is kept of all accounts together, not of single ones.")
    closes = Close.objects.known_on(known_on, settings.REPORTING_ZONE).filter(month__gte=start, month__lt=end)
    if closes.count() < 12 * (end.year - start.year) + end.month - start.month:
        raise NotClosed(f"Not every month before {end} had been closed by then.")
    return TallyMonth.objects.known_on(known_on, settings.REPORTING_ZONE)
