"""Rounding, for display alone: everything is stored and compared unrounded."""

from decimal import ROUND_HALF_UP, Decimal


def displayed(value: float | None, digits: int = 0) -> Decimal | None:
    """Return the value as people round it, halves away from zero, or None for an unknown one."""
    if value is None:
        return None
    return Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
