"""The asks that people have behind them or before them, read as the contact policy counts them."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Func, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Lower, TruncDate

from accounts.models import Contact
from surveys.asking.addresses import domain_of
from surveys.asking.days import local_day, midnight
from surveys.asking.ids import these
from surveys.asking.policy import SENT, Ask, Ledger, Person, Policy
from surveys.models import Invitation
from surveys.models.outreach import Invitations

# The days of a contact's newest asks, or the day of the newest where no more count.
NewestAsks = list[date] | date | None


def ledger_around(
    people: Collection[Person],
    day: date,
    policy: Policy,
    *,
    days_ahead: int = 0,
    without: Collection[int] = (),
) -> Ledger:
    """Return the asks that matter to these people from a day to some days ahead, planned ones included.

    `without` names invitations that are left out, as those about which the question is.
    """
    reach = timedelta(days=max((policy.horizon, *(person.quiet_days for person in people))))
    if not reach:
        return Ledger()
    since, until = midnight(day) - reach, midnight(day) + reach + timedelta(days=days_ahead + 1)
    asks = Invitation.objects.asked_between(since, until).exclude(pk__in=without).order_by()
    counted = {cap.per for cap in policy.caps}
    if counted <= {"contact"}:
        return _of_their_own({person.contact: person for person in people}, asks, since, policy, without)
    ledger = Ledger()
    asks = asks.filter(contact__in=_counted_with(people, counted))
    columns = ("asked_at", "is_binding", "survey__programme__priority", "contact")
    whose = ("contact__account", "contact__email", "contact__role")
    for asked_at, is_binding, priority, contact, account, email, role in asks.values_list(*columns, *whose):
        person = Person(contact, account, domain_of(email), role)
        ledger.add(person, Ask(local_day(asked_at), SENT if is_binding else priority))
    return ledger


def _of_their_own(
    people: Mapping[int, Person],
    asks: Invitations,
    since: datetime,
    policy: Policy,
    without: Collection[int],
) -> Ledger:
    """Return the asks of people whom no others' asks concern: of those sent no more than a cap can count."""
    ledger = Ledger(per=["contact"])
    own = Contact.objects.filter(pk__in=these(people)).order_by()
    newest = newest_asks(since, policy, without)
    for contact, days in own.annotate(asked=newest).values_list("pk", "asked"):
        for asked_on in each_of(days):
            ledger.add(people[contact], Ask(asked_on))
    planned = asks.filter(sent_at=None, contact__in=these(people))
    columns = ("asked_at", "is_binding", "survey__programme__priority", "contact")
    for asked_at, is_binding, priority, contact in planned.values_list(*columns):
        ledger.add(people[contact], Ask(local_day(asked_at), SENT if is_binding else priority))
    return ledger


def newest_asks(since: datetime, rules: Policy, without: Collection[int] = ()) -> Subquery:
    """Return on which days a contact was asked, as many of the newest as a cap of theirs allows at most.

    Older ones change nothing: a window that holds one of them is full of newer ones already, or has room.
    """
    sent = Invitation.objects.filter(contact=OuterRef("pk"), sent_at__gte=since).order_by("-sent_at")
    if without:
        sent = sent.exclude(pk__in=without)
    days = sent.values(day=TruncDate("sent_at", tzinfo=settings.REPORTING_ZONE))
    depth = max((1, *(cap.limit for cap in rules.caps)))
    # One day alone is found in three quarters of the time of an array of one.
    return ArraySubquery(days[:depth]) if depth > 1 else Subquery(days[:1])


def each_of(asked: NewestAsks) -> Collection[date]:
    """Return the days among the newest asks, none, one or some."""
    return asked if isinstance(asked, list) else [asked] if asked else []


def _counted_with(people: Collection[Person], counted: Collection[str]) -> QuerySet[Contact, dict[str, Any]]:
    """Return the contacts whose asks count for these people, where caps are per these."""
    near, rows = Q(pk__in=these({person.contact for person in people})), Contact.objects.all()
    if "account" in counted:  # else thousands of others at a large account would be read for nothing
        near |= Q(account__in=these({person.account for person in people}))
    if "domain" in counted:
        domain = Func(Lower("email"), Value("@"), Value(-1), function="split_part", output_field=CharField())
        rows = rows.alias(domain=domain)
        near |= Q(domain__in={person.domain for person in people} - {""})
    # Of contacts alone, so that the asks of all others need not be read first.
    return rows.filter(near).values("pk")
