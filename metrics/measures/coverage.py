"""Whose voice of an account is heard: which contacts were asked, who answered and who is silent."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.conf import settings
from django.db.models import Max, Q

from accounts.models import Contact
from metrics.formulas.days import day_bounds
from metrics.measures.scope import Scope


class Hearing(StrEnum):
    """What became of our asking somebody within the window."""

    ANSWERED = "answered"
    SILENT = "silent"
    NOT_ASKED = "not asked"


class Heard(NamedTuple):
    """One contact, when it was last asked and last answered (at any time), and how that stands."""

    contact: Contact
    asked_at: datetime | None
    answered_at: datetime | None
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
    """
    if scope.account is None or scope.start is None:
        raise ValueError("coverage is that of one account since some day")
    since, _ = day_bounds(scope.start, settings.REPORTING_ZONE)
    rows = (
        Contact.objects.visible_to(scope.viewer)
        .filter(account=scope.account)
        .annotate(
            asked_at=Max("invitations__sent_at", filter=Q(invitations__bounced_at=None)),
            answered_at=Max("responses__submitted_at", filter=Q(responses__is_test=False)),
        )
        .order_by("name", "pk")
    )
    heard = [
        Heard(row, row.asked_at, row.answered_at, _hearing(row.asked_at, row.answered_at, since))
        for row in rows
    ]
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


def _hearing(asked_at: datetime | None, answered_at: datetime | None, since: datetime) -> Hearing:
    if answered_at and answered_at >= since:
        return Hearing.ANSWERED
    return Hearing.SILENT if asked_at and asked_at >= since else Hearing.NOT_ASKED
