"""What sheets of scores should hold, worked out once more from what every response should count for."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from struct import iter_unpack
from typing import Any

from metrics.models import ScoreSheet

Rows = dict[tuple[Any, ...], tuple[Any, ...]]
# Scores of a sheet stand in no order: added up are numbers that hardly two of them share.
LAST_BITS = (1 << 64) - 1


def scored(rows: Rows) -> Counter[tuple[Any, ...]]:
    """Return what the numbers of scores add up to in the sheet that each belongs in."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for name, row in rows.items():
        if name[0] == "score":
            survey, kind, slice_, day, value, account, *_ = row
            sums["sheet", survey, name[-1], kind, day] += _number(account or 0, value, slice_)
    return sums


def stored_sheets(days: Collection[date] | None) -> Rows:
    """Return what the numbers of each sheet (of some days) add up to, by its name."""
    rows = ScoreSheet.objects.all() if days is None else ScoreSheet.objects.filter(day__in=days)
    fields = ("survey", "question_key", "kind", "day", "answers", "slices")
    return {
        ("sheet", *cell): (_sum(answers, slices),)
        for *cell, answers, slices in rows.values_list(*fields).iterator()
    }


def _sum(answers: bytes, slices: bytes) -> int:
    pairs = zip(iter_unpack(">i", answers), iter_unpack(">i", slices), strict=False)
    return sum(_number(answer >> 4, answer & 15, slice_) for (answer,), (slice_,) in pairs)


def _number(account: int, value: int, slice_: int) -> int:
    return hash((account, value, slice_)) & LAST_BITS
