"""Annual recurring revenue: what accounts pay on a day, in the reporting currency (METRICS §1.4)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import Sum

from accounts.models import Account, Subscription, Viewer
from metrics.formulas.money import ZERO, total_known
from metrics.measures.exchange import Rates, rates_on
from metrics.measures.scope import Scope


@dataclass(frozen=True, slots=True)
class Arr:
    """The ARR of accounts on one day: of each that pays, None where a currency has no rate."""

    rates: Rates
    by_account: Mapping[int, Decimal | None]
    currencies: Mapping[int, Set[str]]

    @property
    def total(self) -> Decimal | None:
        """The sum, None as soon as one account's is unknown."""
        return total_known(self.by_account.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said about the exchange rates."""
        return self.rates.notes(self.currencies_of(self.by_account))

    def of(self, account_id: int) -> Decimal | None:
        """Return the account's ARR, 0 where it pays nothing, None where it cannot be known."""
        return self.by_account.get(account_id, ZERO)

    def among(self, accounts: Collection[int]) -> "Arr":
        """Return the ARR of those of the accounts that are among these."""
        own = {key: amount for key, amount in self.by_account.items() if key in accounts}
        return Arr(self.rates, own, self.currencies)

    def grouped(self, group_of: Mapping[int, int]) -> "Arr":
        """Return the ARR of groups of accounts, by the group of each."""
        by_group: dict[int, Decimal | None] = defaultdict(lambda: ZERO)
        currencies: dict[int, set[str]] = defaultdict(set)
        for account, amount in self.by_account.items():
            group = group_of[account]
            before = by_group[group]
            by_group[group] = None if amount is None or before is None else before + amount
            currencies[group] |= self.currencies.get(account, set())
        return Arr(self.rates, dict(by_group), dict(currencies))

    def currencies_of(self, accounts: Iterable[int]) -> Set[str]:
        """Return the currencies in which the accounts pay."""
        return frozenset().union(*(self.currencies.get(account, ()) for account in accounts))


def require_revenue(viewer: Viewer) -> None:
    """Refuse whoever may not see amounts of money (SECURITY T25)."""
    if not viewer.sees_revenue:
        raise PermissionDenied("Revenue is not shown without the permission to see it.")


def arr_on(day: date, accounts: Any, rates: Rates, *, product: str = "") -> Arr:
    """Return the ARR on the day of a QuerySet of accounts: the subscriptions in force, at the given rates."""
    rows = Subscription.objects.in_force(day).filter(account__in=accounts, annual_value__gt=0)
    if product:
        rows = rows.filter(product=product)
    return added_up(rates, rows.order_by().values_list("account", "currency").annotate(Sum("annual_value")))


def arr_at_end(scope: Scope, accounts: Any = None) -> Arr:
    """Return the ARR at the window's end, at its rates, of the accounts in question or of these."""
    day = scope.closes_on
    return arr_on(day, scope.accounts if accounts is None else accounts, rates_on(day))


def arr_of(scope: Scope, day: date, rates: Rates) -> Arr:
    """Return the ARR on the day of what the scope asks about, by account or, `is_by_parent`, by group."""
    arr = arr_on(day, scope.accounts, rates, product=scope.product)
    return arr.grouped(top_parents(arr.by_account)) if scope.is_by_parent else arr


def top_parents(accounts: Iterable[int]) -> dict[int, int]:
    """Return the parent at the top of each account, itself where it has none."""
    above = dict(Account.objects.exclude(parent=None).order_by().values_list("pk", "parent_id"))
    tops = {}
    for account in accounts:
        top = account
        while top in above:
            top = above[top]
        tops[account] = top
    return tops


def added_up(rates: Rates, rows: Iterable[tuple[int, str, Decimal]]) -> Arr:
    """Return the ARR that rows of account, currency and yearly value make."""
    by_account: dict[int, Decimal | None] = defaultdict(lambda: ZERO)
    currencies: dict[int, set[str]] = defaultdict(set)
    # Most rows are in one currency; asking the settings of which each time took a third of the whole.
    own = settings.REPORTING_CURRENCY
    for account, currency, value in rows:
        amount = value if currency == own else rates.convert(value, currency)
        before = by_account[account]
        by_account[account] = None if amount is None or before is None else before + amount
        currencies[account].add(currency)
    return Arr(rates, dict(by_account), dict(currencies))
