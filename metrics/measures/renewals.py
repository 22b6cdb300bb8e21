"""Which contracts came to their end and were renewed, and which come to their end next (METRICS §1.6)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import chain
from typing import Any, NamedTuple

from django.conf import settings

from accounts.models import Account, ExchangeRate, Subscription
from metrics.formulas.money import total_known
from metrics.formulas.renewals import GRACE_DAYS, RenewalRate, Term
from metrics.formulas.renewals import renewal_rate as rate_of
from metrics.formulas.succession import terms
from metrics.measures.exchange import Rates, rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.memory import remembered
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope
from metrics.measures.terms import Heirs, Row, Terms, terms_of

BOOKS = (Account, ExchangeRate, Subscription)
# What may be renewed late: it is another number as of another day.
RENEWED = frozenset({"renewal_rate", "net_renewal_rate", "logo_renewal_rate"})
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


def terms_between(scope: Scope, start: date, end: date) -> Terms:
    """Return what of the accounts in question falls due in `[start, end)` and all that may renew it."""
    require_revenue(scope.viewer)
    return terms_of(scope.accounts, start, end)


def renewals_of(
    scopes: Sequence[Scope], rates: Mapping[date, Rates], read: Terms | None = None
) -> list[Renewals]:
    """Return the renewal rates of several windows of one question, from one read; rates by their first days.

    Raises PermissionDenied for whoever may not see revenue.
    """
    starts = [scope.start for scope in scopes if scope.start]
    require_revenue(scopes[0].viewer)
    found = read or terms_between(scopes[0], min(starts), max(scope.end for scope in scopes))
    return [
        _renewals(scope, found.own, found.heirs, rates[start])
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
    found = terms_of(whole.accounts, whole.start, whole.end)
    return [
        _renewals(scope, [row for row in found.rows if row.account in accounts], found.heirs, rates)
        for scope, accounts in parts
    ]


def _renewals(scope: Scope, own: Iterable[Row], heirs: Heirs, rates: Rates) -> Renewals:
    assert scope.start is not None
    found, currencies = _due_among(scope, own, heirs, rates)
    rate = rate_of(found, scope.start, scope.end, as_of=scope.today)
    return _measures(scope, rate, rates.notes(currencies), is_known=all(map(rates.knows, currencies)))


def _due_among(scope: Scope, own: Iterable[Row], heirs: Heirs, rates: Rates) -> tuple[list[Term], set[str]]:
    """Return which of the customers' own contracts fell due in the window, and all currencies of them."""
    assert scope.start is not None
    due = [
        row
        for row in own
        if row.ends_on and scope.start <= row.ends_on < scope.end and scope.product in ("", row.product)
    ]
    renewed_by = {row.key: heirs[row.key] for row in due if row.key in heirs}
    currencies = {row.currency for row in chain(due, *renewed_by.values())}
    found = terms(
        [row.line(rates) for row in due],
        as_of=scope.today,
        renewed_by={term: [row.line(rates) for row in those] for term, those in renewed_by.items()},
    )
    return found, currencies


def due_terms(scope: Scope) -> list[Term]:
    """Return every term due in the window with what renewed it, in the order of their days."""
    require_revenue(scope.viewer)
    return remembered(_due_terms, scope, BOOKS)


def _due_terms(scope: Scope) -> list[Term]:
    if scope.start is None:
        raise ValueError("contracts fall due between two days, so the scope needs a start")
    read = terms_between(scope, scope.start, scope.end)
    due, _ = _due_among(scope, read.own, read.heirs, rates_on(scope.start))
    return sorted(due, key=lambda term: (term.due_on, str(term.account)))


def coming_renewals(
    scope: Scope,
    days: int,
    among: Collection[int] | None = None,
    rates: Rates | None = None,
    read: Terms | None = None,
) -> list[Due]:
    """Return what ends within so many days from today and is not renewed yet, the nearest first.

    Of all accounts in question, or of those among the given ones. The rates of today are read unless given,
    and so is what falls due.
    """
    require_revenue(scope.viewer)
    end = scope.today + timedelta(days=days)
    rates = rates or rates_on(scope.today)
    accounts = scope.accounts if among is None else scope.accounts.filter(pk__in=among)
    found = read or terms_of(accounts, scope.today, end)
    due: dict[tuple[date, int], list[Row]] = defaultdict(list)
    for row in found.own:
        if row.key not in found.heirs and row.ends_on and scope.today <= row.ends_on < end:
            due[row.ends_on, row.account].append(row)
    return [_due(account, ends_on, due[ends_on, account], rates) for ends_on, account in sorted(due)]


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


def _due(account: int, ends_on: date, rows: Sequence[Row], rates: Rates) -> Due:
    values = [rates.convert(row.annual_value, row.currency) for row in rows]
    return Due(
        account=account,
        ends_on=ends_on,
        products=tuple(sorted({row.product for row in rows if row.product})),
        value=total_known(values),
        is_cancelled=all(row.cancelled_on for row in rows),
    )
