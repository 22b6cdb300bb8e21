"""Which rows of months and of days make up a window, where both are kept side by side."""

from datetime import date

from django.db.models import Q

from metrics.formulas.days import month_of
from metrics.measures.scope import Scope


def months_and_days(scope: Scope) -> Q:
    """Return the condition on rows to be those of the months that lie in the window, and of its edges."""
    end = month_of(scope.end).start
    start = _first_month(scope.start)
    if start and start >= end:
        return Q(is_month=False) & scope.days("begins")
    months = Q(is_month=True, begins__lt=end)
    days = Q(begins__gte=end, begins__lt=scope.end)
    if scope.start and start:
        months &= Q(begins__gte=start)
        days |= Q(begins__gte=scope.start, begins__lt=start)
    return months | Q(is_month=False) & days


def _first_month(start: date | None) -> date | None:
    """Return the first day of the first month that begins on or after a day."""
    if start is None:
        return None
    month = month_of(start)
    return start if month.start == start else month.end
