"""Recurring revenue and what was kept of it, split by a dimension: one read of the whole for all parts."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F

from metrics.formulas.money import ZERO
from metrics.measures.dimensions import ATTRIBUTES, COMPANY, OF_ACCOUNTS
from metrics.measures.ledger import Ledger
from metrics.measures.retention import RevenueRetention, retained
from metrics.measures.revenue import Arr

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


def revenue_by(ledger: Ledger, by: str) -> list[Part]:
    """Return the parts that a dimension of accounts makes, the largest first; each is that of `ask_by`.

    A product that an account changed from counts as lost there.
    """
    scope = ledger.scope
    if scope.start is None or scope.is_by_parent:
        raise ValueError("parts compare two days, account by account")
    groups = _groups(ledger, by)
    opening, closing = ledger.rates(scope.start), ledger.rates(scope.closes_on)
    before = ledger.arr_by(scope.start, opening, groups)
    after = ledger.arr_by(scope.closes_on, opening, groups)
    current = ledger.arr_by(scope.closes_on, closing, groups)
    nobody = Arr(opening, {}, {})
    whole = [arr.total for arr in current.values()]
    total = None if None in whole else sum((each for each in whole if each), ZERO)
    parts = []
    for group in {*before, *current}:
        arr = current.get(group, nobody)
        narrowed = replace(scope, product=group) if by == "product" else scope
        kept = retained(narrowed, before.get(group, nobody), after.get(group, nobody), ledger.takeovers)
        share = float(100 * arr.total / total) if total and arr.total is not None else None
        parts.append(Part(group, arr.total, share, len(arr.by_account), kept))
    return sorted(parts, key=lambda part: (part.arr is None, -(part.arr or ZERO), part.group))


def whole(ledger: Ledger) -> RevenueRetention:
    """Return GRR, NRR and logo churn of all over the window, as `revenue_retention` does."""
    scope = ledger.scope
    assert scope.start is not None
    rates = ledger.rates(scope.start)
    before, after = (ledger.arr(day, rates) for day in (scope.start, scope.closes_on))
    return retained(scope, before, after, ledger.takeovers)


def _groups(ledger: Ledger, by: str) -> list[str]:
    """Return the group that each row of the ledger belongs to."""
    if by == "product":
        return [row.product for row in ledger.rows]
    if by == "cohort":
        years: dict[int, int] = {}
        for row in ledger.rows:
            years[row.account] = min(row.starts_on.year, years.get(row.account, row.starts_on.year))
        return [str(years[row.account]) for row in ledger.rows]
    found = dict(ledger.scope.accounts.order_by().values_list("pk", F(PATHS[by])))
    return [found[row.account] or "" for row in ledger.rows]
