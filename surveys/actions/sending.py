"""Writes of mails on their way. Nothing here speaks to a mail server; `surveys.mail.dispatch` does.

planned → claimed → sending → sent | soft_failed → … | hard_failed | unknown. A claim is committed before the
server is spoken to, and `sending` before it gets the words: whatever dies in between is known to be unsent,
whatever dies after is unknown and is never sent again by itself (SECURITY §5.2).
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection, transaction

from accounts.models import Contact
from surveys.models import Invitation, Mail
from surveys.models.outreach import MIDWAY

# The last word before the words of a mail go out, in one statement for all that wait for it.
MARK = """
UPDATE surveys_mail AS mail SET state = 'sending', handed_at = %(now)s
FROM surveys_invitation AS invitation
JOIN surveys_campaign AS campaign ON campaign.id = invitation.campaign_id
WHERE mail.id = ANY(%(mails)s) AND mail.claim = %(claim)s AND mail.state = 'claimed'
    AND mail.claimed_until > %(now)s AND invitation.id = mail.invitation_id
    AND campaign.approved_at IS NOT NULL AND campaign.paused_at IS NULL AND campaign.stopped_at IS NULL
    AND NOT EXISTS
        (SELECT FROM surveys_suppression AS unwanted WHERE unwanted.address_hash = mail.address_hash)
RETURNING mail.id
"""
# Mails that the server took, with their invitations; returns those that were asked by them.
SENT = """
WITH sent AS (
    UPDATE surveys_mail AS mail
    SET state = 'sent', sent_at = %(now)s, claimed_until = NULL, error = '', provider_id = result.provider_id
    FROM unnest(%(mails)s::bigint[], %(ids)s::text[]) AS result (mail, provider_id)
    WHERE mail.id = result.mail AND mail.claim = %(claim)s
        AND mail.state IN ('claimed', 'sending', 'unknown')
    RETURNING mail.invitation_id, mail.number
)
UPDATE surveys_invitation AS invitation SET sent_at = %(now)s
FROM sent WHERE invitation.id = sent.invitation_id AND sent.number = 0
RETURNING invitation.id
"""
REMIND = """
INSERT INTO surveys_mail (invitation_id, number, state, due_at, variant, address_hash, attempts, provider_id,
    error)
SELECT invitation, number, 'planned', due_at, 'a', '', 0, '', ''
FROM unnest(%(invitations)s::bigint[], %(numbers)s::int[], %(times)s::timestamptz[])
    AS reminder (invitation, number, due_at)
ON CONFLICT DO NOTHING
"""
LEASE = timedelta(minutes=10)
# How long a mail waits after each failure for now; after the last one it has failed.
DELAYS = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 60, 180, 360, 720, 1440))


class Outcome(StrEnum):
    """What became of an attempt to send."""

    SENT = "sent"
    SOFT = "soft"
    HARD = "hard"
    BOUNCED = "bounced"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome for one mail, with the server's own words and the provider's id of it."""

    mail: int
    outcome: Outcome
    words: str = ""
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """Mails that are ours for the time of a lease; `seen` counts those put off or settled as well."""

    id: uuid.UUID
    mails: Sequence[Mail]
    seen: int


def mark_handed_over(mails: list[int], claim: Claim, *, now: datetime) -> set[int]:
    """Return those of the claimed mails whose words may go to the server now, noted as such before they do.

    One whose lease is over, whose campaign was halted or whose owner unsubscribed a moment ago is not among
    them: this statement has the last word.
    """
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"mails": mails, "claim": claim.id, "now": now})
        return {mail for (mail,) in cursor.fetchall()}


@transaction.atomic
def record_results(results: Sequence[Result], claim: Claim, *, now: datetime) -> None:
    """Store what became of claimed mails; a sure answer also settles one that was given up as unknown."""
    by_outcome = {result.mail: result for result in results if result.outcome != Outcome.SENT}
    _record_sent([result for result in results if result.mail not in by_outcome], claim, now)
    if not by_outcome:
        return
    ours = Mail.objects.select_related("invitation").filter(
        pk__in=by_outcome, claim=claim.id, state__in=MIDWAY
    )
    for mail in ours:
        result = by_outcome[mail.pk]
        mail.claimed_until, mail.error, mail.provider_id = None, result.words[:300], result.provider_id[:200]
        _record_failure(mail, result, now)


def _record_sent(results: Sequence[Result], claim: Claim, now: datetime) -> None:
    """Store mails that the server took and make their reminders, in two statements however many they are."""
    if not results:
        return
    mails, ids = [result.mail for result in results], [result.provider_id[:200] for result in results]
    with connection.cursor() as cursor:
        cursor.execute(SENT, {"mails": mails, "ids": ids, "claim": claim.id, "now": now})
        asked = {invitation for (invitation,) in cursor.fetchall()}
    invitations = {mail.invitation_id: mail.invitation for mail in claim.mails}
    plan_reminders([invitations[pk] for pk in asked], now=now)


def plan_reminders(invitations: Iterable[Invitation], *, now: datetime) -> None:
    """Make the reminders of invitations that were sent now; those that are there stay as they are."""
    made = [reminder for invitation in invitations for reminder in _reminders_of(invitation, now)]
    if not made:
        return
    asked, numbers, times = map(list, zip(*made, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(REMIND, {"invitations": asked, "numbers": numbers, "times": times})


def settle_overdue(*, now: datetime) -> int:
    """Return how many mails became unknown since whoever handed them over died; unsent ones are due again."""
    overdue = Mail.objects.overdue(now)
    overdue.filter(state=Mail.State.CLAIMED).update(state=Mail.State.PLANNED, claimed_until=None)
    return overdue.filter(state=Mail.State.SENDING).update(
        state=Mail.State.UNKNOWN, claimed_until=None, error="the worker that sent it did not come back"
    )


def resend_unknown(mail: Mail, *, now: datetime) -> bool:
    """Return whether an unknown mail is due again; only a person decides that, and it may arrive twice."""
    unknown = Mail.objects.filter(pk=mail.pk, state=Mail.State.UNKNOWN)
    return bool(unknown.update(state=Mail.State.PLANNED, due_at=now, claim=None, error="", attempts=0))


def _record_failure(mail: Mail, result: Result, now: datetime) -> None:
    match result.outcome:
        case Outcome.SOFT if mail.attempts <= len(DELAYS):
            mail.state, mail.due_at = Mail.State.SOFT_FAILED, now + DELAYS[mail.attempts - 1]
        case Outcome.SOFT | Outcome.HARD | Outcome.BOUNCED:
            mail.state = Mail.State.HARD_FAILED
            if result.outcome == Outcome.BOUNCED:
                mail.bounced_at = now
                Contact.objects.filter(pk=mail.invitation.contact_id, bounced_at=None).update(bounced_at=now)
            withdraw(mail, now)
        case Outcome.UNKNOWN:
            mail.state = Mail.State.UNKNOWN
        case _:
            mail.state = Mail.State.PLANNED
    mail.save()


def _reminders_of(invitation: Invitation, now: datetime) -> Iterator[tuple[int, int, datetime]]:
    """Return invitation, number and time of the reminders of one that was sent now."""
    campaign, zone = invitation.campaign, invitation.contact.zone
    for number, days in enumerate(sorted(campaign.reminder_days) if campaign else (), 1):
        assert campaign is not None
        yield invitation.pk, number, campaign.window.next_open(now + timedelta(days=days), zone)


def withdraw(mail: Mail, now: datetime) -> None:
    """An invitation that nobody got is none: its link is closed and no cap counts it."""
    if mail.number == 0:
        Invitation.objects.filter(pk=mail.invitation_id, sent_at=None).update(revoked_at=now)
