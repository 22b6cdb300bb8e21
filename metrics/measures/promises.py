"""Which months of a confidential survey are shown, always together, so that nobody can be told apart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import Coalesce, TruncMonth

from metrics.formulas.days import month_of
from metrics.formulas.disclosure import blocks
from metrics.measures.dimensions import SURVEYS
from metrics.measures.scope import Scope
from surveys.models import Response


def kept_promise(scope: Scope) -> Scope | None:
    """Return a scope over all the whole blocks of months of one survey, None where nothing may be shown.

    Whatever the window: a question that few answered has months of its own with too few, which the difference
    of two windows would tell. Narrowed down by anything else, it shows nothing.
    """
    if scope.survey is None:
        raise ValueError("a promise is that of one survey")
    if scope.is_narrowed or scope.without_flagged or scope.narrowings - {*SURVEYS}:
        return None
    shown = list(blocks(_people(scope)))
    if not shown:
        return None
    return replace(scope, start=shown[0].first, end=month_of(shown[-1].last).end)


def _people(scope: Scope) -> Mapping[date, int]:
    """Return how many responses each month has, since ever."""
    at: Any = Coalesce("submitted_at", "started_at")
    rows: Any = Response.objects.counted().filter(scope.surveys()).exclude(revealed_at=None)
    rows = rows.annotate(month=TruncMonth(at, tzinfo=settings.REPORTING_ZONE)).order_by()
    return {month.date(): people for month, people in rows.values_list("month").annotate(Count("pk"))}
