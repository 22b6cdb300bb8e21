"""Money is exact: Decimal in, and only the finished ratio is a float."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

ZERO = Decimal(0)
CENT = Decimal("0.01")


def percent_of(part: Decimal, whole: Decimal) -> float | None:
    """Return 100 * part / whole as a percentage, or None when the whole is zero."""
    require_money(part, whole)
    return float(100 * part / whole) if whole else None


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the sum, zero for nothing."""
    return sum(amounts, ZERO)


def total_known(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Return the sum, None as soon as one of the amounts is unknown."""
    known = list(amounts)
    # By identity: asking `in` compared each amount with None, which took longer than adding them up.
    return None if any(each is None for each in known) else sum(filter(None, known), ZERO)


def to_cents(amount: Decimal | None) -> Decimal | None:
    """Return an amount rounded to the cent, halves up; None where it is unknown."""
    return amount if amount is None else amount.quantize(CENT, ROUND_HALF_UP)


def require_money(*amounts: Decimal) -> None:
    """Refuse anything that is not a finite Decimal: a float has already lost the cent."""
    for amount in amounts:
        if not isinstance(amount, Decimal):
            raise TypeError(f"money is Decimal, not {type(amount).__name__}")
        if not amount.is_finite():
            raise ValueError(f"money is finite, not {amount}")
