"""Movements of recurring revenue, and the bridge from one balance to the next that closes to the cent."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from metrics.formulas.money import ZERO, require_money, total
from metrics.formulas.retention import Retention, retention

CENT = Decimal("0.01")


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


class Reconciliation(NamedTuple):
    """What movements show beyond the point-to-point retention of the same customers (both >= 0, money)."""

    lost_and_regained: Decimal
    gained_and_lost: Decimal


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


def bridge(opening: Decimal, moves: Iterable[Change], currency: Decimal = ZERO) -> Bridge:
    """Return the waterfall of an opening balance, movements at the opening rate, and the currency effect."""
    require_money(opening, currency)
    sums = dict.fromkeys(Movement, ZERO)
    for kind, amount in moves:
        require_money(amount)
        sums[kind] += amount
    return Bridge(
        opening,
        sums[Movement.NEW],
        sums[Movement.REACTIVATION],
        sums[Movement.EXPANSION],
        sums[Movement.CONTRACTION],
        sums[Movement.CHURN],
        currency,
    )


def currency_effect(holdings: Iterable[tuple[Decimal, Decimal, Decimal]]) -> Decimal:
    """Return the money that exchange rates alone moved, from (amount abroad, opening rate, closing rate)."""
    effect = ZERO
    for amount, opening_rate, closing_rate in holdings:
        require_money(amount, opening_rate, closing_rate)
        effect += amount * (closing_rate - opening_rate)
    return effect


def reconciliation(customers: Iterable[Sequence[Decimal]]) -> Reconciliation:
    """Return the line between a waterfall of movements and the point-to-point tile, for the cohort at start.

    Each customer is its successive levels. One that shrinks and grows again inside the period shows both
    bars and no point-to-point loss (METRICS 1.5).
    """
    levels = [each for each in customers if each and each[0] > 0]
    point_to_point: Retention = retention((each[0], each[-1]) for each in levels)
    moves = [change for each in levels for change in changes(each)]
    losses = -total(change.amount for change in moves if change.amount < 0)
    gains = total(change.amount for change in moves if change.amount > 0)
    return Reconciliation(
        lost_and_regained=losses - point_to_point.contraction - point_to_point.churn,
        gained_and_lost=gains - point_to_point.expansion,
    )
