"""Whose voice of an account is heard: which contacts were asked, who answered and who is silent."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max, OuterRef, Q, Subquery

from accounts.models import Contact
from metrics.measures.scope import Scope
from surveys.models import Invitation, Response


class Hearing(StrEnum):
    """What became of our asking somebody within the window."""

    ANSWERED = "answered"
    SILENT = "silent"
    NOT_ASKED = "not asked"


class Heard(NamedTuple):
    """One contact, when it was last asked and last answered (at any time), and how that stands."""

    contact: Contact
    asked_at: datetime | None
    answered_on: date | None
    hearing: Hearing


class RoleCoverage(NamedTuple):
    """How many contacts of one role there are, were asked, answered and kept silent."""

    role: Contact.Role
    contacts: int
    asked: int
    answered: int
    silent: int


def contacts_heard(scope: Scope) -> list[Heard]:
    """Return the contacts of the account in question, decision-makers first, in one query.

    Asked means that an invitation of the window was delivered; an answer through an open link counts too.
    Where no names are kept, the invitation alone knows the day on which it was answered.
    """
    if scope.account is None or scope.start is None:
        raise ValueError("coverage is that of one account since some day")
    invited = Invitation.objects.filter(contact=OuterRef("pk")).order_by().values("contact")
    answered = Response.objects.counted().completed().filter(contact=OuterRef("pk"))
    rows = (
        Contact.objects.visible_to(scope.viewer)
        .filter(account=scope.account)
        .annotate(
            # Looked up for each contact: joined, each invitation met each response of whoever got it.
            asked_at=Subquery(invited.annotate(at=Max("sent_at", filter=Q(bounced_at=None))).values("at")),
            unnamed_on=Subquery(invited.annotate(on=Max("answered_on")).values("on")),
            answered_at=Subquery(answered.order_by("-submitted_at").values("submitted_at")[:1]),
        )
        # An order by names would tell them to who may not see them.
        .order_by(*(["name"] if scope.viewer.sees_people else []), "pk")
    )
    heard = [_heard(row, row.asked_at, row.answered_at, row.unnamed_on, since=scope.start) for row in rows]
    order = {role: place for place, role in enumerate(Contact.Role)}
    return sorted(heard, key=lambda each: order[Contact.Role(each.contact.role)])


def by_role(heard: Iterable[Heard]) -> list[RoleCoverage]:
    """Return the coverage of each role that has contacts, decision-makers first."""
    hearings: dict[Contact.Role, Counter[Hearing]] = defaultdict(Counter)
    for each in heard:
        hearings[Contact.Role(each.contact.role)][each.hearing] += 1
    return [
        RoleCoverage(
            role,
            contacts=found.total(),
            asked=found[Hearing.ANSWERED] + found[Hearing.SILENT],
            answered=found[Hearing.ANSWERED],
            silent=found[Hearing.SILENT],
        )
        for role, found in hearings.items()
    ]


def _heard(
    contact: Contact,
    asked_at: datetime | None,
    answered_at: datetime | None,
    unnamed_on: date | None,
    *,
    since: date,
) -> Heard:
    days = (_local_day(answered_at), unnamed_on)
    answered_on = max((day for day in days if day), default=None)
    asked_on = _local_day(asked_at)
    if answered_on and answered_on >= since:
        return Heard(contact, asked_at, answered_on, Hearing.ANSWERED)
    is_asked = asked_on is not None and asked_on >= since
    return Heard(contact, asked_at, answered_on, Hearing.SILENT if is_asked else Hearing.NOT_ASKED)


def _local_day(instant: datetime | None) -> date | None:
    return instant.astimezone(settings.REPORTING_ZONE).date() if instant else None
