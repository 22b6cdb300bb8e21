"""Customers that became part of another: their contracts were renewed by subscriptions of another account."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, Self

from django.db.models import F

from accounts.models import Subscription
from metrics.evidence.among import among
from metrics.formulas.money import ZERO
from metrics.measures.exchange import Rates
from metrics.measures.scope import Scope


@dataclass(frozen=True, slots=True)
class Takeovers:
    """Who took over whom within the window: the new account of each old one that pays nothing any more."""

    heirs: Mapping[int, int]
    end: date
    paid: Sequence[tuple[int, Decimal, str]] | None = None

    @classmethod
    def of(cls, scope: Scope, *, left: Collection[int]) -> Self:
        """Return the takeovers of the customers that left; the newest where there are several."""
        rows = (
            Subscription.objects.filter(among(left, "renews__account"))
            .filter(starts_on__lte=scope.closes_on, annual_value__gt=0)
            .exclude(account=F("renews__account"))
            .order_by("starts_on", "pk")
            .values_list("renews__account", "account")
        )
        return cls(dict(rows) if left else {}, scope.closes_on)

    @classmethod
    def ever(cls, scope: Scope) -> "AllTakeovers":
        """Return every takeover of the customers in question, from which those of any window follow."""
        rows = (
            Subscription.objects.filter(renews__account__in=scope.accounts, annual_value__gt=0)
            .exclude(account=F("renews__account"))
            .order_by("starts_on", "pk")
            .values_list("renews__account", "account", "starts_on")
        )
        return AllTakeovers(tuple(rows))

    def read_ahead(self) -> Self:
        """Return the same with what is paid in the place of all of them, so that parts ask nothing more."""
        return replace(self, paid=[*self._paid(self.heirs)] if self.heirs else [])

    def among(self, left: Collection[int]) -> Self:
        """Return the takeovers of these customers alone."""
        return replace(self, heirs={old: new for old, new in self.heirs.items() if old in left})

    def kept_elsewhere(self, rates: Rates, *, inside: Collection[int]) -> dict[int, Decimal]:
        """Return what is still paid for each customer whose heir is not itself in question, such as in a
        segment of which only the old customer was part.
        """
        moved = {old for old, new in self.heirs.items() if new not in inside}
        if not moved:
            return {}
        kept: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for old, value, currency in self._paid(moved) if self.paid is None else self.paid:
            if old in moved:
                kept[old] += rates.convert(value, currency) or ZERO
        return dict(kept)

    def _paid(self, old: Collection[int]) -> Any:
        """Return (old customer, yearly value, currency) of what others pay in its place at the end."""
        return (
            Subscription.objects.in_force(self.end)
            .filter(among(old, "renews__account"))
            .exclude(account=F("renews__account"))
            .values_list("renews__account", "annual_value", "currency")
        )


class AllTakeovers(NamedTuple):
    """Who took over whom and since when, the oldest first."""

    rows: tuple[tuple[int, int, date], ...]

    def until(self, end: date) -> Takeovers:
        """Return the takeovers as a window that ends on the day knows them."""
        return Takeovers({old: new for old, new, began in self.rows if began <= end}, end)
