"""The contracts that come to their end between two days and all that may renew them, read at once."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q

from accounts.models import Subscription
from metrics.formulas.money import ZERO
from metrics.formulas.renewals import GRACE_DAYS
from metrics.formulas.succession import Line, successors
from metrics.measures.exchange import Rates


class Row(NamedTuple):
    """One subscription with its yearly value; `is_own` of the accounts in question, else an heir's.

    `names_renewals` says whether any subscription of its account names the one it renews.
    """

    key: int
    account: int
    product: str
    starts_on: date
    ends_on: date | None
    annual_value: Decimal
    currency: str
    cancelled_on: date | None
    renews: int | None
    names_renewals: bool
    is_own: bool

    def line(self, rates: Rates | None = None) -> Line:
        """Return it as a line of succession; without rates in its own currency, for what asks no value."""
        value = rates.convert(self.annual_value, self.currency) if rates else self.annual_value
        return Line(
            self.key,
            self.account,
            self.product,
            self.starts_on,
            self.ends_on,
            value or ZERO,
            self.renews,
            self.names_renewals,
        )


Heirs = Mapping[Hashable, Sequence[Row]]


@dataclass(frozen=True)
class Terms:
    """The subscriptions that fall due between two days and all that may renew them."""

    rows: Sequence[Row]

    @cached_property
    def own(self) -> Sequence[Row]:
        """Those of the accounts in question."""
        return [row for row in self.rows if row.is_own]

    @cached_property
    def heirs(self) -> Heirs:
        """What renews each term, by its number, as `successors` says."""
        known: dict[Hashable, Row] = {row.key: row for row in self.rows}
        renewed_by = successors(row.line() for row in self.rows)
        return {term: [known[line.key] for line in lines] for term, lines in renewed_by.items()}


def terms_of(accounts: Any, start: date, end: date) -> Terms:
    """Return the subscriptions that fall due in `[start, end)` and all that may renew them, in one query.

    What renews a contract may belong to another account, which took the first one over.
    """
    grace = timedelta(days=GRACE_DAYS)
    near = (start - grace, end + grace)
    names_renewals = Subscription.objects.filter(account=OuterRef("account")).exclude(renews=None)
    # Either of the two by its index: a condition with both in it searched every subscription.
    own = Subscription.objects.filter(account__in=accounts).order_by().values("pk")
    heirs = Subscription.objects.filter(renews__account__in=accounts).order_by().values("pk")
    rows = (
        Subscription.objects.filter(pk__in=own.union(heirs), annual_value__gt=0)
        .filter(Q(ends_on=None) | Q(ends_on__gt=F("starts_on")))
        .filter(
            Q(ends_on__range=near)
            | Q(starts_on__range=near)
            | Q(renews__ends_on__gte=start, renews__ends_on__lt=end)
        )
        .order_by("pk")
        .values_list(
            "pk",
            "account",
            "product",
            "starts_on",
            "ends_on",
            "annual_value",
            "currency",
            "cancelled_on",
            "renews",
            Exists(names_renewals),
            ExpressionWrapper(Q(account__in=accounts), BooleanField()),
        )
    )
    return Terms([Row(*row) for row in rows])
