"""Gross and net revenue retention of a fixed cohort, customer by customer, from point to point."""

from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, TypeVar

from metrics.formulas.money import ZERO, percent_of, require_money

_Customer = TypeVar("_Customer", bound=Hashable)


class Retention(NamedTuple):
    """What became of the revenue that a cohort paid at the start, in one currency at one rate.

    end = start - contraction - churn + expansion, to the cent. Rates are percentages: grr 0..100, nrr >= 0.
    """

    start: Decimal
    contraction: Decimal
    churn: Decimal
    expansion: Decimal
    customers: int
    customers_lost: int

    @property
    def end(self) -> Decimal:
        """Return what the same customers pay at the end."""
        return self.start - self.contraction - self.churn + self.expansion

    @property
    def kept(self) -> Decimal:
        """Return the part of the starting revenue that is still there: revenue retention in money."""
        return self.start - self.contraction - self.churn

    @property
    def grr(self) -> float | None:
        """Return gross revenue retention (0..100 percent), or None without starting revenue."""
        return percent_of(self.kept, self.start)

    @property
    def nrr(self) -> float | None:
        """Return net revenue retention (>= 0 percent), or None without starting revenue."""
        return percent_of(self.end, self.start)

    @property
    def revenue_churn(self) -> float | None:
        """Return 100 - grr (0..100 percent), or None without starting revenue."""
        return percent_of(self.contraction + self.churn, self.start)

    @property
    def arr_churn(self) -> float | None:
        """Return the percentage lost with lost customers alone, contraction apart, or None."""
        return percent_of(self.churn, self.start)

    @property
    def logo_churn(self) -> float | None:
        """Return the percentage (0..100) of customers lost, or None without customers."""
        return 100 * self.customers_lost / self.customers if self.customers else None


def retention(pairs: Iterable[tuple[Decimal, Decimal]]) -> Retention:
    """Return the retention of one cohort from each customer's (ARR at start, ARR at end).

    Customers without revenue at the start are no part of the cohort, whether new or returning. GRR takes
    min(end, start) of each, so nobody's growth can hide another's loss (SaaS Metrics Standards Board).
    """
    start = contraction = churn = expansion = ZERO
    customers = lost = 0
    for before, after in pairs:
        require_money(before, after)
        if before < 0 or after < 0:
            raise ValueError(f"recurring revenue cannot be negative: {before} to {after}")
        if not before:
            continue
        customers += 1
        start += before
        if not after:
            lost += 1
            churn += before
        elif after < before:
            contraction += before - after
        else:
            expansion += after - before
    return Retention(start, contraction, churn, expansion, customers, lost)


def with_successors(
    revenue: Mapping[_Customer, tuple[Decimal, Decimal]], successor_of: Mapping[_Customer, _Customer]
) -> dict[_Customer, tuple[Decimal, Decimal]]:
    """Return (start, end) per surviving customer, the revenue of merged ones moved to their successor.

    A merger is neither churn nor expansion (METRICS 1.4). successor_of maps the old customer to the new.
    """
    moved: dict[_Customer, tuple[Decimal, Decimal]] = {}
    for customer, (before, after) in revenue.items():
        survivor = _survivor(customer, successor_of)
        start, end = moved.get(survivor, (ZERO, ZERO))
        moved[survivor] = (start + before, end + after)
    return moved


def _survivor(customer: _Customer, successor_of: Mapping[_Customer, _Customer]) -> _Customer:
    seen = {customer}
    while customer in successor_of:
        customer = successor_of[customer]
        if customer in seen:
            raise ValueError(f"{customer} is its own successor")
        seen.add(customer)
    return customer
