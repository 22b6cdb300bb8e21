"""Recurring revenue and what was kept of it, split by a dimension: one read of the whole for all parts."""

from collections import defaultdict
from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import F, Min, Sum

from accounts.models import Subscription
from metrics.formulas.money import ZERO
from metrics.measures.dimensions import ATTRIBUTES, COMPANY, OF_ACCOUNTS
from metrics.measures.exchange import Rates, rates_on
from metrics.measures.retention import RevenueRetention, retained
from metrics.measures.revenue import Arr, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.takeovers import Takeovers

# Where an account says it; product and cohort are said by its subscriptions.
PATHS: Mapping[str, str] = {
    **{name: name for name in (*ATTRIBUTES, *COMPANY)},
    "owner": "owner__email",
    "team": "team__name",
}
SPLITS = tuple(name for name in OF_ACCOUNTS if name != "account")


class Part(NamedTuple):
    """One part: its ARR at the end and its share (0..100 percent) of the whole, and what was kept of it.

    The group "" holds the accounts of which the dimension says nothing. `accounts` pay at the end.
    """

    group: str
    arr: Decimal | None
    share: float | None
    accounts: int
    kept: RevenueRetention


def revenue_by(scope: Scope, by: str) -> list[Part]:
    """Return the parts that a dimension of accounts makes, the largest first; each is that of `ask_by`.

    A product that an account changed from counts as lost there. Raises PermissionDenied for whoever may not
    see revenue.
    """
    require_revenue(scope.viewer)
    if scope.start is None or scope.is_by_parent:
        raise ValueError("parts compare two days, account by account")
    opening, closing = rates_on(scope.start), rates_on(scope.end)
    group_of = None if by == "product" else _groups(scope, by)
    before = _split(scope, scope.start, opening, group_of)
    after = _split(scope, scope.end, opening, group_of)
    current = _split(scope, scope.end, closing, group_of)
    left = {each for arr in before.values() for each in arr.by_account}
    takeovers = Takeovers.of(scope, left=left)
    nobody = Arr(opening, {}, {})
    whole = [arr.total for arr in current.values()]
    total = None if None in whole else sum((each for each in whole if each), ZERO)
    parts = []
    for group in {*before, *current}:
        arr = current.get(group, nobody)
        narrowed = replace(scope, product=group) if by == "product" else scope
        kept = retained(narrowed, before.get(group, nobody), after.get(group, nobody), takeovers)
        share = float(100 * arr.total / total) if total and arr.total is not None else None
        parts.append(Part(group, arr.total, share, len(arr.by_account), kept))
    return sorted(parts, key=lambda part: (part.arr is None, -(part.arr or ZERO), part.group))


def _groups(scope: Scope, by: str) -> dict[int, str]:
    """Return the group of each account in question."""
    if by == "cohort":
        paid = Subscription.objects.filter(account__in=scope.accounts, annual_value__gt=0).order_by()
        firsts = paid.values_list("account").annotate(first=Min("starts_on"))
        return {account: str(first.year) for account, first in firsts}
    rows = scope.accounts.order_by().values_list("pk", F(PATHS[by]))
    return {account: group or "" for account, group in rows}


def _split(scope: Scope, day: date, rates: Rates, group_of: Mapping[int, str] | None) -> dict[str, Arr]:
    """Return the ARR on a day by group, or by product where no groups are given."""
    rows: Any = Subscription.objects.in_force(day).filter(account__in=scope.accounts, annual_value__gt=0)
    if scope.product:
        rows = rows.filter(product=scope.product)
    values: dict[str, dict[int, Decimal | None]] = defaultdict(lambda: defaultdict(lambda: ZERO))
    currencies: dict[str, dict[int, Set[str]]] = defaultdict(lambda: defaultdict(frozenset))
    named = ("account", "currency", *([] if group_of is not None else ["product"]))
    for account, currency, *product, value in (
        rows.order_by().values_list(*named).annotate(value=Sum("annual_value"))
    ):
        group = product[0] if group_of is None else group_of[account]
        amount, sums = rates.convert(value, currency), values[group]
        before = sums[account]
        sums[account] = None if amount is None or before is None else before + amount
        currencies[group][account] |= {currency}
    return {group: Arr(rates, dict(sums), dict(currencies[group])) for group, sums in values.items()}
