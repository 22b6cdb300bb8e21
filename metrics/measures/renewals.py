"""Which contracts came to their end and were renewed, and which come to their end next (METRICS §1.6)."""

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q

from accounts.models import Account, ExchangeRate, Subscription
from metrics.formulas.money import ZERO, total_known
from metrics.formulas.renewals import GRACE_DAYS, RenewalRate, Term
from metrics.formulas.renewals import renewal_rate as rate_of
from metrics.formulas.succession import Line, successors, terms
from metrics.measures.exchange import Rates, rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.memory import remembered
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope

BOOKS = (Account, ExchangeRate, Subscription)
GROSS = (
    "Of the yearly value of the contracts that ended in the window, the part that was renewed, growth left"
    f" out; renewals up to {GRACE_DAYS} days late count where they were due."
)
NET = "The yearly value of the renewals, growth included, in percent of the value that was due."
LOGO = "Of the accounts whose contracts ended in the window, the percentage that renewed."


class Renewals(NamedTuple):
    """The renewal rate of the contracts due in the window, three ways."""

    gross: Measure
    net: Measure
    logo: Measure


@dataclass(frozen=True, slots=True)
class Due:
    """What of one account ends on one day and is not renewed yet; its yearly value in today's money."""

    account: int
    ends_on: date
    products: tuple[str, ...]
    value: Decimal | None
    is_cancelled: bool


def renewal_rate(scope: Scope) -> Measure:
    """Return the gross renewal rate (0..100 percent), None when nothing fell due."""
    return renewal_rates(scope).gross


def net_renewal_rate(scope: Scope) -> Measure:
    """Return the net renewal rate (>= 0 percent), None when nothing fell due."""
    return renewal_rates(scope).net


def logo_renewal_rate(scope: Scope) -> Measure:
    """Return the accounts that renewed (0..100 percent), None when nothing fell due."""
    return renewal_rates(scope).logo


def renewal_rates(scope: Scope) -> Renewals:
    """Return the gross, net and logo renewal rate of the contracts that ended in the window.

    All amounts are converted at the rates of the window's first month. Raises PermissionDenied for whoever
    may not see revenue.
    """
    require_revenue(scope.viewer)
    return remembered(_renewal_rates, scope, BOOKS)


def _renewal_rates(scope: Scope) -> Renewals:
    if scope.start is None:
        raise ValueError("contracts fall due between two days, so the scope needs a start")
    return renewals_of([scope], {scope.start: rates_on(scope.start)})[0]


def terms_between(scope: Scope, start: date, end: date) -> "Terms":
    """Return what of the accounts in question falls due in `[start, end)` and all that may renew it."""
    require_revenue(scope.viewer)
    return _rows(scope.accounts, start, end)


def renewals_of(
    scopes: Sequence[Scope], rates: Mapping[date, Rates], read: "Terms | None" = None
) -> list[Renewals]:
    """Return the renewal rates of several windows of one question, from one read; rates by their first days.

    Raises PermissionDenied for whoever may not see revenue.
    """
    starts = [scope.start for scope in scopes if scope.start]
    require_revenue(scopes[0].viewer)
    rows = terms_between(scopes[0], min(starts), max(scope.end for scope in scopes)) if read is None else read
    return [
        _renewals(scope, [*_near(rows, scope)], rates[start])
        for scope, start in zip(scopes, starts, strict=True)
    ]


def renewals_among(
    whole: Scope, parts: Sequence[tuple[Scope, Collection[int]]], rates: Rates
) -> list[Renewals]:
    """Return the renewal rates of parts of one question, each with its accounts, from one read.

    The rates are those of the window's first day. Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(whole.viewer)
    assert whole.start is not None
    rows = _rows(whole.accounts, whole.start, whole.end)
    account_of = {row.key: row.account for row in rows}
    found = []
    for scope, accounts in parts:
        own = [
            row._replace(is_own=row.account in accounts)
            for row in rows
            if row.account in accounts or account_of.get(row.renews or 0) in accounts
        ]
        found.append(_renewals(scope, [*_near(own, scope)], rates))
    return found


def _near(rows: Iterable["_Row"], scope: Scope) -> Iterator["_Row"]:
    """Yield what falls due in the window of the scope and all that may renew it."""
    assert scope.start is not None
    first, last = scope.start - timedelta(days=GRACE_DAYS), scope.end + timedelta(days=GRACE_DAYS)
    renewed = {row.key for row in rows if row.ends_on and scope.start <= row.ends_on < scope.end}
    for row in rows:
        is_near = (row.ends_on and first <= row.ends_on <= last) or first <= row.starts_on <= last
        if is_near or row.renews in renewed:
            yield row


def _renewals(scope: Scope, rows: Sequence["_Row"], rates: Rates) -> Renewals:
    assert scope.start is not None
    lines = [row.line(rates) for row in rows]
    own = {row.key for row in rows if row.is_own and scope.product in ("", row.product)}
    renewed_by = successors(lines)
    counted: set[Hashable] = {
        line.key
        for line in lines
        if line.key in own and line.ends_on and scope.start <= line.ends_on < scope.end
    }
    counted |= {line.key for term in tuple(counted) for line in renewed_by.get(term, ())}
    currencies = {row.currency for row in rows if row.key in counted}
    found = terms(lines, as_of=scope.today, among=own, renewed_by=renewed_by)
    rate = rate_of(found, scope.start, scope.end, as_of=scope.today)
    return _measures(scope, rate, rates.notes(currencies), is_known=all(map(rates.knows, currencies)))


def due_terms(scope: Scope) -> list[Term]:
    """Return every term due in the window with what renewed it, in the order of their days."""
    require_revenue(scope.viewer)
    return remembered(_due_terms, scope, BOOKS)


def _due_terms(scope: Scope) -> list[Term]:
    if scope.start is None:
        raise ValueError("contracts fall due between two days, so the scope needs a start")
    rates = rates_on(scope.start)
    rows = _rows(scope.accounts, scope.start, scope.end)
    own = {row.key for row in rows if row.is_own and scope.product in ("", row.product)}
    found = terms([row.line(rates) for row in rows], as_of=scope.today, among=own)
    due = [term for term in found if scope.start <= term.due_on < scope.end]
    return sorted(due, key=lambda term: (term.due_on, str(term.account)))


def coming_renewals(
    scope: Scope,
    days: int,
    among: Collection[int] | None = None,
    rates: Rates | None = None,
    read: "Terms | None" = None,
) -> list[Due]:
    """Return what ends within so many days from today and is not renewed yet, the nearest first.

    Of all accounts in question, or of those among the given ones. The rates of today are read unless given,
    and so is what falls due.
    """
    require_revenue(scope.viewer)
    end = scope.today + timedelta(days=days)
    rates = rates or rates_on(scope.today)
    accounts = scope.accounts if among is None else scope.accounts.filter(pk__in=among)
    if read is None:
        rows = _rows(accounts, scope.today, end)
    else:
        rows = [*_near(read, scope.between(scope.today, end))]
    renewed = set(successors(row.line(rates) for row in rows))
    due: dict[tuple[date, int], list[_Row]] = defaultdict(list)
    for row in rows:
        if row.is_own and row.key not in renewed and row.ends_on and scope.today <= row.ends_on < end:
            due[row.ends_on, row.account].append(row)
    return [_due(account, ends_on, due[ends_on, account], rates) for ends_on, account in sorted(due)]


class _Row(NamedTuple):
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

    def line(self, rates: Rates) -> Line:
        return Line(
            self.key,
            self.account,
            self.product,
            self.starts_on,
            self.ends_on,
            rates.convert(self.annual_value, self.currency) or ZERO,
            self.renews,
            self.names_renewals,
        )


Terms = Sequence[_Row]


def _rows(accounts: Any, start: date, end: date) -> list[_Row]:
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
    return [_Row(*row) for row in rows]


def _measures(scope: Scope, rate: RenewalRate, notes: tuple[str, ...], *, is_known: bool) -> Renewals:
    if is_known and rate.is_provisional:
        notes += (f"Provisional: what ended less than {GRACE_DAYS} days ago may still be renewed.",)
    money = {"due": rate.due, "kept": rate.kept, "renewed": rate.renewed, "pending": rate.pending}
    logos = {"renewed_accounts": rate.accounts_renewed}

    def measure(metric: str, value: float | None, definition: str, beside: dict[str, Any]) -> Measure:
        return scope.measure(
            metric,
            Unit.PERCENT,
            value if is_known else None,
            n=rate.accounts_due,
            counted="accounts due",
            definition=definition,
            currency=settings.REPORTING_CURRENCY,
            notes=notes,
            beside=beside if is_known else {},
        )

    return Renewals(
        measure("renewal_rate", rate.gross, GROSS, money),
        measure("net_renewal_rate", rate.net, NET, money),
        measure("logo_renewal_rate", rate.logo, LOGO, logos),
    )


def _due(account: int, ends_on: date, rows: Sequence[_Row], rates: Rates) -> Due:
    values = [rates.convert(row.annual_value, row.currency) for row in rows]
    return Due(
        account=account,
        ends_on=ends_on,
        products=tuple(sorted({row.product for row in rows if row.product})),
        value=total_known(values),
        is_cancelled=all(row.cancelled_on for row in rows),
    )
