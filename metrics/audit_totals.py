"""What totals and closes should hold: the tallies of their days, added up once more."""

from collections import Counter
from typing import Any

from metrics.models import Close, SliceTotal, TallyMonth, Total

Rows = dict[tuple[Any, ...], tuple[Any, ...]]
CELL = ("is_month", "survey", "question_key", "kind", "begins")


def totals(of_days: Rows) -> tuple[Rows, Rows]:
    """Return what the totals of days and months should hold, the sums of tallies, and what they do hold."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for (_, survey, key, kind, slice_, day, value), (count,) in of_days.items():
        for is_month, begins in ((False, day), (True, day.replace(day=1))):
            cell = (_of(is_month), survey, key, kind, begins)
            sums["total", *cell, value] += count
            sums["slice total", *cell, slice_, value] += count
    stored = {
        "total": Total.objects.values_list("counts", *CELL),
        "slice total": SliceTotal.objects.values_list("counts", *CELL, "slice"),
    }
    held: Rows = {
        (name, _of(is_month), *cell, value): (count,)
        for name, rows in stored.items()
        for counts, is_month, *cell in rows.iterator()
        for value, count in enumerate(counts)
        if count
    }
    return {cell: (count,) for cell, count in sums.items()}, held


def closed_tallies(of_days: Rows) -> tuple[Rows, Rows]:
    """Return what the closes that totals read should hold, the sums of their days, and what they do hold."""
    closes = Close.objects.filter(until=None, is_behind=False)
    months = set(closes.values_list("month", flat=True))
    sums: Counter[tuple[Any, ...]] = Counter()
    for (_, survey, key, kind, slice_, day, value), (count,) in of_days.items():
        if (month := day.replace(day=1)) in months:
            sums["closed tally", survey, key, kind, slice_, month, value] += count
    fields = ("survey", "question_key", "kind", "slice", "month", "value", "count")
    rows = TallyMonth.objects.filter(until=None, month__in=months).values_list(*fields)
    held: Rows = {("closed tally", *cell): (count,) for *cell, count in rows.iterator()}
    return {cell: (count,) for cell, count in sums.items()}, held


def _of(is_month: bool) -> str:
    return "of a month" if is_month else "of a day"
