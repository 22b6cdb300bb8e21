"""What totals over all slices should be: the tallies of their days, added up once more."""

from collections import Counter
from typing import Any

from metrics.models import Total

Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def totals(of_days: Rows) -> tuple[Rows, Rows]:
    """Return what the totals of days and months should hold, the sums of tallies, and what they do hold."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for (_, survey, key, kind, _, day, value), (count,) in of_days.items():
        sums["total", survey, key, kind, day, value] += count
        sums["total of a month", survey, key, kind, day.replace(day=1), value] += count
    fields = ("is_month", "survey", "question_key", "kind", "begins", "counts")
    held: Rows = {
        ("total of a month" if is_month else "total", *cell, value): (count,)
        for is_month, *cell, counts in Total.objects.values_list(*fields).iterator()
        for value, count in enumerate(counts)
        if count
    }
    return {cell: (count,) for cell, count in sums.items()}, held
