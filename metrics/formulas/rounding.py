"""Rounding, for display alone: everything is stored and compared unrounded."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise


def displayed(value: float | None, digits: int = 0) -> Decimal | None:
    """Return the value as people round it, halves away from zero, or None for an unknown one."""
    if value is None:
        return None
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)


def whole_steps(amounts: Iterable[Decimal]) -> list[Decimal]:
    """Return amounts in whole units, each less than one away from itself, whose sums are the rounded sums.

    Rounded one by one they may miss their total by half a unit each; here what stands in a list adds up.
    """
    sums = [total.quantize(Decimal(1), ROUND_HALF_UP) for total in accumulate(amounts)]
    return [after - before for before, after in pairwise([Decimal(0), *sums])]
