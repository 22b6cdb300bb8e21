"""Which months of a confidential survey are shown together: windows that nobody can be told apart by."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Coalesce, TruncMonth

from metrics.formulas.days import month_of
from metrics.formulas.disclosure import blocks
from metrics.measures.confidentiality import whole_months
from metrics.measures.dimensions import SURVEYS
from metrics.measures.scope import Scope
from surveys.models import Response


def kept_promise(scope: Scope, *, is_always: bool = False) -> Scope | None:
    """Return a scope over the whole blocks of months in its window, None where nothing may be shown.

    For the answers of one survey to everybody: narrowed down by anything else, it shows nothing. `is_always`
    takes all blocks whatever the window, for what even whole blocks would tell apart.
    """
    if scope.survey is None:
        raise ValueError("a promise is that of one survey")
    if scope.is_narrowed or scope.without_flagged or scope.narrowings - {*SURVEYS}:
        return None
    wide = whole_months(scope)
    shown = [
        block
        for block in blocks(_people(scope))
        if is_always
        or ((wide.start is None or wide.start <= block.first) and month_of(block.last).end <= wide.end)
    ]
    if not shown:
        return None
    return replace(scope, start=shown[0].first, end=month_of(shown[-1].last).end)


def _people(scope: Scope) -> Mapping[date, int]:
    """Return how many responses each month has, since ever."""
    at: Any = Coalesce("submitted_at", "started_at")
    rows: Any = Response.objects.counted().filter(scope.surveys())
    rows = rows.annotate(month=TruncMonth(at, tzinfo=settings.REPORTING_ZONE)).order_by()
    return {month.date(): people for month, people in rows.values_list("month").annotate(Count("pk"))}
