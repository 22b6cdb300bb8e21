"""Whom we asked, who answered and how accounts are: the rows behind rates, coverage and health."""

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import TruncDate

from accounts.models import Contact
from metrics.measures.confidentiality import HIDDEN, confidential_surveys
from metrics.measures.dimensions import ANSWERED
from metrics.measures.health import standings
from metrics.measures.query import last_day_of
from metrics.measures.reach import answers_of, people_of
from metrics.measures.receipts.rows import Key, Receipt, Row, any_of, counted, stored
from metrics.measures.revenue import arr_at_end
from metrics.measures.scope import Scope
from surveys.models import Invitation, Response


def invitations(scope: Scope) -> Receipt:
    """Return the invitations delivered, and whether each was answered to the end."""
    surveys = confidential_surveys(scope)
    rows = Invitation.objects.delivered().filter(scope.instants("sent_at"), scope.surveys())
    if scope.is_narrowed:
        rows = rows.filter(contact__account__in=scope.accounts)
    answered = Response.objects.counted().completed().filter(invitation=OuterRef("pk"))
    named: Any = rows.exclude(survey__in=surveys).annotate(
        sent_on=TruncDate("sent_at", tzinfo=settings.REPORTING_ZONE),
        is_answered=any_of(answered) | Q(answered_on__isnull=False),
    )
    columns = ("survey", "account", "sent_on", "answered")
    values = ("pk", "survey__slug", "contact__account", "sent_on", "is_answered")
    read = stored(named, ("-sent_at", "-pk"), values, is_by_survey=True)
    return Receipt("invitations", ("invitation", *columns), read, _left_out(surveys))


def visits(scope: Scope) -> Receipt:
    """Return the visits that answered a page, and the day on which each reached the end, if it did."""
    surveys = confidential_surveys(scope)
    answered = {name: getattr(scope, name) for name in ANSWERED if getattr(scope, name)}
    rows: Any = Response.objects.counted().filter(scope.surveys(), **answered)
    if scope.without_flagged:
        rows = rows.unflagged()
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    within = scope.instants("submitted_at") | (Q(submitted_at=None) & scope.instants("started_at"))
    rows = rows.filter(within).exclude(survey__in=surveys)
    rows = rows.annotate(submitted_on=TruncDate("submitted_at", tzinfo=settings.REPORTING_ZONE))
    columns = ("response", "survey", "account", "submitted_on")
    values = ("public_id", "survey__slug", "account", "submitted_on")
    return Receipt(
        "visits",
        columns,
        stored(rows, ("-pk",), values, lambda first, *rest: (str(first), *rest)),
        _left_out(surveys),
    )


def contacts(scope: Scope) -> Receipt:
    """Return the contacts of the accounts, and whether each answered."""
    rows = people_of(scope)
    named = rows.annotate(is_heard=any_of(answers_of(scope).filter(contact=OuterRef("pk"))))
    read = stored(named, ("pk",), ("pk", "account", "role", "is_heard"))
    return Receipt("contacts", ("contact", "account", "role", "answered"), read)


def decision_makers(scope: Scope) -> Receipt:
    """Return the decision-makers of the accounts, and whether each answered."""
    rows = people_of(scope).filter(role=Contact.Role.DECISION_MAKER)
    named = rows.annotate(is_heard=any_of(answers_of(scope).filter(contact=OuterRef("pk"))))
    read = stored(named, ("pk",), ("pk", "account", "role", "is_heard"))
    return Receipt("decision-makers", ("contact", "account", "role", "answered"), read)


def accounts_heard(scope: Scope) -> Receipt:
    """Return the accounts with contacts or answers, and whether anybody of each answered."""
    people = people_of(scope).filter(account=OuterRef("pk"))
    rows = scope.accounts.annotate(
        is_heard=any_of(answers_of(scope).filter(account=OuterRef("pk"))), has_people=Exists(people)
    )
    read = stored(rows.filter(Q(is_heard=True) | Q(has_people=True)), ("pk",), ("pk", "name", "is_heard"))
    return Receipt("accounts", ("account", "name", "answered"), read)


def revenue_heard(scope: Scope) -> Receipt:
    """Return the accounts that pay, whether anybody of each answered, and its ARR."""
    arr = arr_at_end(scope)
    rows = scope.accounts.filter(pk__in=arr.by_account)
    named = rows.annotate(is_heard=any_of(answers_of(scope).filter(account=OuterRef("pk"))))

    def shape(pk: int, name: str, is_heard: bool) -> Row:
        return pk, name, is_heard, arr.of(pk)

    read = stored(named, ("pk",), ("pk", "name", "is_heard"), shape)
    return Receipt("accounts that pay", ("account", "name", "answered", "arr"), read, arr.notes)


def healths(scope: Scope) -> Receipt:
    """Return the newest health of each account on the last day of the window."""
    rows: dict[Key, Row] = {
        (pk,): (pk, each.day, each.score, each.band.value, each.confidence)
        for pk, each in standings(last_day_of(scope)).items()
    }
    return Receipt("accounts", ("account", "day", "score", "band", "confidence"), counted(rows))


def _left_out(surveys: frozenset[int]) -> tuple[str, ...]:
    return (HIDDEN,) if surveys else ()
