"""From a number to the rows it is made of: the receipt of every metric, row by row.

What surveys promised not to tell has no receipt (SECURITY T22).
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q

from accounts.models import Account, Contact, ServicesMonth
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.exchange import rates_on
from metrics.measures.health import standings
from metrics.measures.query import METRICS, NotAsked
from metrics.measures.renewals import due_terms
from metrics.measures.retention import pairs_of
from metrics.measures.revenue import arr_of, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.tenure import tenures
from metrics.models import Score
from surveys.models import Invitation, Response

Value = str | int | float | Decimal | date | None


class Receipt(NamedTuple):
    """What each row is, the names of its columns, and the rows in an order that stays."""

    what: str
    columns: tuple[str, ...]
    rows: Iterable[tuple[Value, ...]]


def receipt(name: str, scope: Scope) -> Receipt:
    """Return the rows behind a metric of a scope; as many as its n, or those that n is drawn from.

    Raises NotAsked where the scope is none of the metric's kind, PermissionDenied where revenue is not shown.
    """
    metric = METRICS[name]
    if unknown := sorted(scope.narrowings - metric.dimensions):
        raise NotAsked(f"{name} is not narrowed by {', '.join(unknown)}.")
    if scope.known_on:
        raise NotAsked("A receipt is of the rows as they are now.")
    if metric.is_revenue:
        require_revenue(scope.viewer)
    return RECEIPTS[name](scope)


def _answers(kind: str) -> Callable[[Scope], Receipt]:
    def rows(scope: Scope) -> Receipt:
        found: Any = Score.objects.filter(scope.days(), scope.surveys(), kind=kind, **scope.sliced)
        found = found.exclude(survey__in=confidential_surveys(scope))
        if scope.is_by_account:
            found = found.filter(account__in=scope.companies)
        if kind == "nps" and not (scope.survey or scope.programme):
            found = found.filter(survey__programme__mode=scope.mode)
        columns = ("response", "survey", "question", "day", "account", "value")
        values = found.order_by("day", "response_id", "question_key").values_list(
            "response__public_id", "survey__slug", "question_key", "day", "account", "value"
        )
        return Receipt("answers", columns, ((str(first), *rest) for first, *rest in values.iterator()))

    return rows


def _invitations(scope: Scope) -> Receipt:
    rows = Invitation.objects.delivered().filter(scope.instants("sent_at"), scope.surveys())
    if scope.is_narrowed:
        rows = rows.filter(contact__account__in=scope.accounts)
    rows = rows.exclude(survey__in=confidential_surveys(scope))
    answered = Response.objects.counted().completed().filter(invitation=OuterRef("pk"))
    values = (
        rows.annotate(is_answered=Exists(answered))
        .order_by("pk")
        .values_list("pk", "survey__slug", "contact__account", "sent_at__date", "is_answered")
    )
    return Receipt(
        "invitations", ("invitation", "survey", "account", "sent_on", "answered"), values.iterator()
    )


def _visits(scope: Scope) -> Receipt:
    rows: Any = Response.objects.counted().filter(scope.surveys())
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    rows = rows.exclude(survey__in=confidential_surveys(scope))
    rows = rows.filter(scope.instants("submitted_at") | (Q(submitted_at=None) & scope.instants("started_at")))
    values = rows.order_by("pk").values_list("public_id", "survey__slug", "account", "submitted_at__date")
    return Receipt(
        "visits",
        ("response", "survey", "account", "submitted_on"),
        ((str(first), *rest) for first, *rest in values.iterator()),
    )


def _contacts(scope: Scope) -> Receipt:
    heard = Response.objects.counted().filter(scope.surveys(), scope.instants("submitted_at"))
    rows = Contact.objects.filter(account__in=scope.accounts, erased_at=None)
    values = rows.annotate(is_heard=Exists(heard.filter(contact=OuterRef("pk")))).order_by("pk")
    named = values.values_list("pk", "account", "role", "is_heard")
    return Receipt("contacts", ("contact", "account", "role", "answered"), named.iterator())


def _heard_accounts(scope: Scope) -> Receipt:
    heard = Response.objects.counted().filter(scope.surveys(), scope.instants("submitted_at"))
    rows: Any = scope.accounts.annotate(is_heard=Exists(heard.filter(account=OuterRef("pk")))).order_by("pk")
    if not scope.viewer.sees_revenue:
        values = rows.values_list("pk", "name", "is_heard")
        return Receipt("accounts", ("account", "name", "answered"), values.iterator())
    arr = arr_of(scope, scope.end, rates_on(scope.end))
    values = ((pk, name, heard, arr.of(pk)) for pk, name, heard in rows.values_list("pk", "name", "is_heard"))
    return Receipt("accounts", ("account", "name", "answered", "arr"), values)


def _customers(scope: Scope) -> Receipt:
    """Return what every customer paid at the start and at the end, at the rates of the start."""
    if scope.start is None:
        raise NotAsked("Retention compares two days.")
    rates = rates_on(scope.start)
    before, after = (arr_of(scope, day, rates) for day in (scope.start, scope.end))
    pairs = pairs_of(scope, before, after)
    if pairs is None:
        pairs = {}
    names = dict(Account.objects.filter(pk__in=pairs).order_by().values_list("pk", "name"))
    rows = ((pk, names.get(pk, ""), *pair) for pk, pair in sorted(pairs.items()))
    return Receipt("customers", ("account", "name", "arr_at_start", "arr_at_end"), rows)


def _terms(scope: Scope) -> Receipt:
    terms = due_terms(scope)
    rows = ((int(str(t.account)), t.due_on, t.due, t.renewed_on, t.renewed) for t in terms)
    return Receipt("terms due", ("account", "due_on", "due", "renewed_on", "renewed"), rows)


def _tenures(scope: Scope) -> Receipt:
    rows = ((pk, each.began, each.until, each.has_left) for pk, each in sorted(tenures(scope).items()))
    return Receipt("customers", ("account", "began", "watched_until", "left"), rows)


def _months(scope: Scope) -> Receipt:
    rows = ServicesMonth.objects.filter(scope.days("month"), account__in=scope.accounts)
    values = rows.order_by("month", "account").values_list(
        "account", "month", "revenue", "cost", "account__currency"
    )
    columns = ("account", "month", "revenue", "cost", "currency")
    return Receipt("months of services", columns, values.iterator())


def _healths(scope: Scope) -> Receipt:
    found = sorted(standings(scope).items())
    rows = ((pk, each.day, each.score, each.band.value, each.confidence) for pk, each in found)
    return Receipt("accounts", ("account", "day", "score", "band", "confidence"), rows)


_NPS = ("nps", "nps_clustered", "nps_finite", "nps_accounts", "nps_revenue", "nps_waterfall", "nps_weighted")
RECEIPTS: Mapping[str, Callable[[Scope], Receipt]] = {
    **dict.fromkeys(_NPS, _answers("nps")),
    "csat": _answers("csat"),
    "ces": _answers("ces"),
    "response_rate": _invitations,
    "completion_rate": _visits,
    **dict.fromkeys(("contact_coverage", "decision_maker_coverage"), _contacts),
    **dict.fromkeys(("account_coverage", "revenue_coverage"), _heard_accounts),
    "health": _healths,
    **dict.fromkeys(("arr", "grr", "nrr", "logo_churn", "clv"), _customers),
    **dict.fromkeys(("renewal_rate", "net_renewal_rate", "logo_renewal_rate"), _terms),
    **dict.fromkeys(("survival", "clv_sbg"), _tenures),
    "services_margin": _months,
}
