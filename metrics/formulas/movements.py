"""Movements of recurring revenue, and the bridge from one balance to the next that closes to the cent."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from metrics.formulas.money import CENT, ZERO, require_money, total
from metrics.formulas.retention import retention


class Movement(StrEnum):
    """Why a customer's recurring revenue changed (help.chartmogul.com, article 201244842)."""

    NEW = "new_business"
    EXPANSION = "expansion"
    CONTRACTION = "contraction"
    CHURN = "churn"
    REACTIVATION = "reactivation"


class Change(NamedTuple):
    """One movement of one customer: its kind and the signed amount."""

    movement: Movement
    amount: Decimal


class Bridge(NamedTuple):
    """How recurring revenue got from opening to closing; losses are negative and all terms add up exactly."""

    opening: Decimal
    new: Decimal
    reactivation: Decimal
    expansion: Decimal
    contraction: Decimal
    churn: Decimal
    currency: Decimal

    @property
    def closing(self) -> Decimal:
        """Return the balance at the end: the opening and every bar."""
        return total(self)


class BridgeOpen(ValueError):
    """The movements do not lead from the opening to the closing balance: something was not counted."""


def monthly_recurring(billed: Decimal, months: int) -> Decimal:
    """Return the MRR (to the cent) of an amount billed for this many months: 2,000 a year is 166.67."""
    require_money(billed)
    if months < 1:
        raise ValueError(f"a term lasts at least one month, not {months}")
    return (billed / months).quantize(CENT, ROUND_HALF_UP)


def annual_recurring(recurring_value: Decimal, term_months: int) -> Decimal:
    """Return the ARR (to the cent) of the recurring part of a contract's value over its term."""
    require_money(recurring_value)
    if term_months < 1:
        raise ValueError(f"a term lasts at least one month, not {term_months}")
    return (12 * recurring_value / term_months).quantize(CENT, ROUND_HALF_UP)


def movement(before: Decimal, after: Decimal, *, was_customer: bool) -> Movement | None:
    """Return the kind of a customer's change, or None when nothing changed.

    was_customer says whether it ever paid before: it tells a return from a first purchase.
    """
    if before == after:
        return None
    if not before:
        return Movement.REACTIVATION if was_customer else Movement.NEW
    if not after:
        return Movement.CHURN
    return Movement.EXPANSION if after > before else Movement.CONTRACTION


def changes(levels: Sequence[Decimal], *, was_customer: bool = False) -> list[Change]:
    """Return the movements of one customer through its successive levels of recurring revenue.

    The levels are sums over all its subscriptions: the first cancellation of two is contraction.
    """
    require_money(*levels)
    if any(level < 0 for level in levels):
        raise ValueError("recurring revenue cannot be negative")
    moves = []
    for before, after in pairwise(levels):
        was_customer = was_customer or before > 0
        kind = movement(before, after, was_customer=was_customer)
        if kind is not None:
            moves.append(Change(kind, after - before))
    return moves


def bridge(opening: Decimal, moves: Iterable[Change], closing: Decimal, currency: Decimal = ZERO) -> Bridge:
    """Return the waterfall from opening to closing: movements at the opening rate, and the currency effect.

    Refuses a bridge that misses the closing balance by a cent.
    """
    require_money(opening, closing, currency)
    sums = dict.fromkeys(Movement, ZERO)
    for kind, amount in moves:
        require_money(amount)
        sums[kind] += amount
    found = Bridge(
        opening,
        sums[Movement.NEW],
        sums[Movement.REACTIVATION],
        sums[Movement.EXPANSION],
        sums[Movement.CONTRACTION],
        sums[Movement.CHURN],
        currency,
    )
    if abs(found.closing - closing) >= CENT:
        raise BridgeOpen(f"the bars lead to {found.closing}, the balance is {closing}")
    return found


def currency_effect(holdings: Iterable[tuple[Decimal, Decimal, Decimal]]) -> Decimal:
    """Return the money that exchange rates alone moved, from (amount abroad, opening rate, closing rate)."""
    effect = ZERO
    for amount, opening_rate, closing_rate in holdings:
        require_money(amount, opening_rate, closing_rate)
        effect += amount * (closing_rate - opening_rate)
    return effect


def lost_and_regained(customers: Iterable[Sequence[Decimal]]) -> Decimal:
    """Return the revenue (>= 0) that left and came back, or came and left again, inside the period.

    Each customer is its successive levels; those without revenue at the start are no part of it. By this
    much both the losses and the gains of a waterfall exceed the point-to-point tile (METRICS 1.5).
    """
    cohort = [levels for levels in customers if levels and levels[0] > 0]
    tile = retention((levels[0], levels[-1]) for levels in cohort)
    moves = (change.amount for levels in cohort for change in changes(levels))
    return -total(amount for amount in moves if amount < 0) - tile.contraction - tile.churn
