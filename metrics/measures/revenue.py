"""Annual recurring revenue: what accounts pay on a day, in the reporting currency (METRICS §1.4)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Sum

from accounts.models import Subscription, Viewer
from metrics.formulas.money import ZERO
from metrics.measures.exchange import Rates


@dataclass(frozen=True, slots=True)
class Arr:
    """The ARR of accounts on one day: of each that pays, None where a currency has no rate."""

    rates: Rates
    by_account: Mapping[int, Decimal | None]
    currencies: Mapping[int, Set[str]]

    @property
    def total(self) -> Decimal | None:
        """The sum, None as soon as one account's is unknown."""
        amounts = self.by_account.values()
        return None if None in amounts else sum((amount for amount in amounts if amount), ZERO)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said about the exchange rates."""
        return self.rates.notes(self.currencies_of(self.by_account))

    def of(self, account_id: int) -> Decimal | None:
        """Return the account's ARR, 0 where it pays nothing, None where it cannot be known."""
        return self.by_account.get(account_id, ZERO)

    def currencies_of(self, accounts: Iterable[int]) -> Set[str]:
        """Return the currencies in which the accounts pay."""
        return frozenset().union(*(self.currencies.get(account, ()) for account in accounts))


def require_revenue(viewer: Viewer) -> None:
    """Refuse whoever may not see amounts of money (SECURITY T25)."""
    if not viewer.sees_revenue:
        raise PermissionDenied("Revenue is not shown without the permission to see it.")


def arr_on(day: date, accounts: Any, rates: Rates) -> Arr:
    """Return the ARR on the day of a QuerySet of accounts: the subscriptions in force, at the given rates."""
    rows = (
        Subscription.objects.in_force(day)
        .filter(account__in=accounts, annual_value__gt=0)
        .order_by()
        .values_list("account", "currency")
        .annotate(Sum("annual_value"))
    )
    by_account: dict[int, Decimal | None] = defaultdict(lambda: ZERO)
    currencies: dict[int, set[str]] = defaultdict(set)
    for account, currency, value in rows:
        amount, before = rates.convert(value, currency), by_account[account]
        by_account[account] = None if amount is None or before is None else before + amount
        currencies[account].add(currency)
    return Arr(rates, dict(by_account), dict(currencies))
