"""What customers pay, keep and renew: the rows behind revenue, retention, renewals and lifetimes."""

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings

from accounts.models import Account, ServicesMonth, Subscription
from metrics.measures.exchange import rates_on
from metrics.measures.query import NotAsked
from metrics.measures.receipts.rows import Key, Receipt, Row, counted, stored
from metrics.measures.renewals import due_terms
from metrics.measures.retention import pairs_of
from metrics.measures.revenue import arr_of
from metrics.measures.scope import Scope
from metrics.measures.tenure import tenures


def subscriptions(scope: Scope, rates_of: date | None = None) -> Receipt:
    """Return the paid subscriptions in force at the end, each in the reporting currency.

    At the exchange rates of then, or of another day.
    """
    rates = rates_on(rates_of or scope.closes_on)
    rows = Subscription.objects.in_force(scope.closes_on).filter(
        account__in=scope.accounts, annual_value__gt=0
    )
    if scope.product:
        rows = rows.filter(product=scope.product)

    def shape(*row: Any) -> Row:
        *_, value, currency = row
        return *row, rates.convert(value, currency)

    values = ("pk", "account", "product", "starts_on", "ends_on", "annual_value", "currency")
    read = stored(rows, ("pk",), values, shape)
    notes = (f"At the exchange rates of {rates.month:%B %Y}.",) if rates_of else ()
    return Receipt("subscriptions", ("subscription", *values[1:], "arr"), read, notes)


def customers(scope: Scope) -> Receipt:
    """Return what every customer of the first day paid then and at the end, at the rates of the start."""
    rows: dict[Key, Row] = {
        (pk,): (pk, name, start, end) for pk, (name, start, end) in _pairs(scope).items() if start != 0
    }
    return Receipt("customers at the start", ("account", "name", "arr_at_start", "arr_at_end"), counted(rows))


def values_of_customers(scope: Scope) -> Receipt:
    """Return the same of the customers of either day, and what each pays now, at the rates of the end."""
    arr = arr_of(scope, scope.closes_on, rates_on(scope.closes_on))
    pairs = _pairs(scope)
    names = _names([pk for pk in arr.by_account if pk not in pairs])
    rows: dict[Key, Row] = {
        (pk,): (*pairs.get(pk, (names.get(pk, ""), Decimal(0), Decimal(0))), arr.of(pk))
        for pk in {*pairs, *arr.by_account}
    }
    rows = {key: (*key, *row) for key, row in rows.items()}
    return Receipt("customers", ("account", "name", "arr_at_start", "arr_at_end", "arr"), counted(rows))


def terms_due(scope: Scope) -> Receipt:
    """Return the terms that ended in the window; those of one account and day are one renewal."""
    rows: dict[Key, Row] = {}
    places: Counter[tuple[str, int]] = Counter()
    for term in due_terms(scope):
        account, due_on = int(str(term.account)), term.due_on.isoformat()
        rows[due_on, account, places[due_on, account]] = (
            *(account, term.due_on, term.due, term.renewed_on, term.renewed),
        )
        places[due_on, account] += 1
    return Receipt("terms due", ("account", "due_on", "due", "renewed_on", "renewed"), counted(rows))


def tenures_of(scope: Scope) -> Receipt:
    """Return for how long every customer was watched, and whether it left then."""
    rows: dict[Key, Row] = {
        (pk,): (pk, each.began, each.until, each.has_left) for pk, each in tenures(scope).items()
    }
    return Receipt("customers", ("account", "began", "watched_until", "left"), counted(rows))


def lifetimes(scope: Scope) -> Receipt:
    """Return the same, and what each customer pays at the end of the window."""
    arr = arr_of(scope, scope.closes_on, rates_on(scope.closes_on))
    rows: dict[Key, Row] = {
        (pk,): (pk, each.began, each.until, each.has_left, arr.of(pk)) for pk, each in tenures(scope).items()
    }
    return Receipt("customers", ("account", "began", "watched_until", "left", "arr"), counted(rows))


def months_of_services(scope: Scope) -> Receipt:
    """Return what services brought in and cost each month, and the rate at which it is converted."""
    rates = rates_on(scope.closes_on)
    rows = ServicesMonth.objects.filter(scope.days("month"), account__in=scope.accounts)

    def shape(account: int, month: date, revenue: Decimal, cost: Decimal, own: str) -> Row:
        currency = own or settings.REPORTING_CURRENCY
        rate = rates.convert(Decimal(1), currency)
        return account, month, revenue, cost, currency, rate

    values = ("account", "month", "revenue", "cost", "account__currency")
    read = stored(rows, ("pk",), values, shape)
    columns = ("account", "month", "revenue", "cost", "currency", "rate")
    return Receipt("months of services", columns, read)


def _pairs(scope: Scope) -> dict[int, tuple[str, Decimal | None, Decimal | None]]:
    """Return name, ARR at the start and at the end of each customer, mergers joined; None where unknown."""
    if scope.start is None:
        raise NotAsked("Retention compares two days.")
    rates = rates_on(scope.start)
    before, after = (arr_of(scope, day, rates) for day in (scope.start, scope.closes_on))
    known = pairs_of(scope, before, after)
    pairs: dict[int, tuple[Decimal | None, Decimal | None]] = (
        {**known}
        if known is not None
        else {account: (before.of(account), after.of(account)) for account in before.by_account}
    )
    names = _names(list(pairs))
    return {account: (names.get(account, ""), *pair) for account, pair in pairs.items()}


def _names(accounts: list[int]) -> dict[int, str]:
    return dict(Account.objects.filter(pk__in=accounts).order_by().values_list("pk", "name"))
