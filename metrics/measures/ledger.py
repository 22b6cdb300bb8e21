"""Every paid subscription behind a page of revenue, read once, and what it says of any day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models.functions import Coalesce

from accounts.models import Subscription
from metrics.formulas.money import ZERO
from metrics.measures.exchange import RateBook, Rates
from metrics.measures.revenue import Arr, added_up, require_revenue, top_parents
from metrics.measures.scope import Scope
from metrics.measures.takeovers import AllTakeovers, Takeovers


class PaidRow(NamedTuple):
    """One paid subscription; `last` is the first day on which it is over, None where it goes on."""

    account: int
    product: str
    currency: str
    value: Decimal
    starts_on: date
    last: date | None

    def is_in_force(self, day: date) -> bool:
        """Whether it earns on the day, as `Subscriptions.in_force` says."""
        return self.starts_on <= day and (self.last is None or self.last > day)


@dataclass(frozen=True)
class Ledger:
    """What the accounts in question ever paid up to the window's end, as the subscriptions say it today.

    Whatever is asked of it takes one query for the subscriptions, one or two for the takeovers among them and
    one for exchange rates. Raises PermissionDenied for whoever may not see revenue.
    """

    scope: Scope

    def __post_init__(self) -> None:
        require_revenue(self.scope.viewer)
        object.__setattr__(self, "_levels", {})

    @cached_property
    def rows(self) -> list[PaidRow]:
        """Every paid subscription that had begun by the end of the window."""
        return paid_rows(self.scope, self.scope.closes_on)

    @cached_property
    def all_takeovers(self) -> AllTakeovers:
        """Who ever took over any of the accounts."""
        return Takeovers.ever(self.scope)

    @cached_property
    def takeovers(self) -> Takeovers:
        """Who took over any of the accounts by the end of the window."""
        return self.all_takeovers.until(self.scope.closes_on).read_ahead()

    @cached_property
    def book(self) -> RateBook:
        """The exchange rates of every month since somebody began to pay."""
        begun = min((row.starts_on for row in self.rows), default=self.scope.closes_on)
        first = min(begun, self.scope.start or begun)
        return RateBook.between(first, max(self.scope.closes_on, self.scope.today))

    def since(self, start: date) -> "Ledger":
        """Return the same subscriptions in a window that begins on another day; nothing is read again."""
        other = Ledger(self.scope.between(start, self.scope.end))
        for name in ("rows", "all_takeovers", "takeovers", "book"):
            other.__dict__[name] = getattr(self, name)
        return other

    @cached_property
    def customers(self) -> Mapping[int, int]:
        """Whose customer an account's revenue is: its own, its parent's, or that of who took it over."""
        here = {row.account for row in self.rows}
        if self.scope.is_by_parent:
            return top_parents(here)
        paying = {row.account for row in self.rows if row.is_in_force(self.scope.closes_on)}
        heirs = self.takeovers.among(here - paying).heirs
        customers = {}
        for account in here:
            who, seen = account, {account}
            while (heir := heirs.get(who)) in here and heir not in seen:
                who = heir
                seen.add(who)
            customers[account] = who
        return customers

    def rates(self, day: date) -> Rates:
        """Return the rates of the day's month."""
        return self.book.on(day)

    def arr_by(self, day: date, rates: Rates, groups: Sequence[str]) -> dict[str, Arr]:
        """Return the ARR on a day of the group that each row belongs to, in the order of the rows."""
        values: dict[str, dict[int, Decimal | None]] = defaultdict(lambda: defaultdict(lambda: ZERO))
        currencies: dict[str, dict[int, frozenset[str]]] = defaultdict(lambda: defaultdict(frozenset))
        for row, group in zip(self.rows, groups, strict=True):
            if row.is_in_force(day):
                amount, sums = rates.convert(row.value, row.currency), values[group]
                before = sums[row.account]
                sums[row.account] = None if amount is None or before is None else before + amount
                currencies[group][row.account] |= {row.currency}
        return {group: Arr(rates, dict(sums), dict(currencies[group])) for group, sums in values.items()}

    def arr(self, day: date, rates: Rates) -> Arr:
        """Return the ARR of all on a day."""
        levels: dict[Any, Arr] = self._levels  # type: ignore[attr-defined]
        key = (day, rates.month, *sorted(rates.quotes.items()))
        if key not in levels:
            in_force = (row for row in self.rows if row.is_in_force(day))
            levels[key] = added_up(rates, ((row.account, row.currency, row.value) for row in in_force))
        return levels[key]


def paid_rows(scope: Scope, until: date) -> list[PaidRow]:
    """Return every paid subscription of the accounts in question that had begun by the day."""
    rows = Subscription.objects.filter(account__in=scope.accounts, annual_value__gt=0, starts_on__lte=until)
    if scope.product:
        rows = rows.filter(product=scope.product)
    last = Coalesce("ends_on", "cancelled_on")
    named = ("account", "product", "currency", "annual_value", "starts_on", last)
    return [PaidRow(*row) for row in rows.order_by("pk").values_list(*named)]


def currencies_of(rows: Iterable[PaidRow]) -> set[str]:
    """Return the currencies in which rows are paid."""
    return {row.currency for row in rows}
