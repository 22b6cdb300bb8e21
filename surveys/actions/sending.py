"""Writes of mails on their way. Nothing here speaks to a mail server; `surveys.mail.dispatch` does.

planned → claimed → sending → sent | soft_failed → … | hard_failed | unknown. A claim is committed before the
server is spoken to, and `sending` before it gets the words: whatever dies in between is known to be unsent,
whatever dies after is unknown and is never sent again by itself (SECURITY §5.2).
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q

from accounts.models import Contact
from surveys.actions.planning import hold_asking_lock, note_skips
from surveys.asking.addresses import address_hash
from surveys.asking.policy import Ask, Protected, protection
from surveys.asking.standing import candidates, ledger_around
from surveys.asking.turns import GRACE, SOURCES
from surveys.models import Campaign, ContactPolicy, Invitation, Mail, Response, Suppression

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


def claim_due_mails(*, now: datetime, limit: int) -> Claim:
    """Claim up to `limit` due mails, those that matter most first.

    Whom the contact policy protects by now is put off, who does not want mail is never claimed, and no
    campaign exceeds its mails an hour: two who claim at once wait for each other.
    """
    claim = uuid.uuid4()
    with transaction.atomic():
        hold_asking_lock()
        settle_overdue(now=now)
        room = _room_by_campaign(now)
        full = [campaign for campaign, left in room.items() if left <= 0]
        due = Mail.objects.due(now).exclude(invitation__campaign__in=full)
        due = due.select_related(
            "invitation__contact__account",
            "invitation__survey__programme",
            "invitation__campaign__survey__programme",
        )
        ordered = due.order_by("invitation__survey__programme__priority", "due_at", "pk")
        mails = list(ordered.select_for_update(of=("self",), skip_locked=True)[:limit])
        ready = _unprotected(_take(mails, room), now)
        for mail in ready:
            mail.address_hash = address_hash(mail.invitation.contact.email)
        Mail.objects.bulk_update(ready, ["address_hash"])
        claimed = Mail.objects.filter(pk__in=[mail.pk for mail in ready]).filter(~_is_suppressed())
        claimed.update(
            state=Mail.State.CLAIMED, claim=claim, claimed_until=now + LEASE, attempts=F("attempts") + 1
        )
        ours = set(Mail.objects.filter(claim=claim).values_list("pk", flat=True))
    return Claim(claim, [mail for mail in ready if mail.pk in ours], len(mails))


def mark_handed_over(mails: Collection[int], claim: uuid.UUID, *, now: datetime) -> set[int]:
    """Return those of the claimed mails whose words may go to the server now, noted as such before they do.

    One whose lease is over, whose campaign was halted or whose owner unsubscribed a moment ago is not among
    them: this statement has the last word.
    """
    mine = Mail.objects.filter(pk__in=mails, claim=claim, state=Mail.State.CLAIMED, claimed_until__gt=now)
    allowed = mine.filter(~_is_suppressed(), invitation__campaign__in=Campaign.objects.sending())
    with transaction.atomic():
        allowed.update(state=Mail.State.SENDING, handed_at=now)
        marked = Mail.objects.filter(pk__in=mails, claim=claim, state=Mail.State.SENDING)
        return set(marked.values_list("pk", flat=True))


@transaction.atomic
def record_results(results: Iterable[Result], claim: uuid.UUID, *, now: datetime) -> None:
    """Store what became of claimed mails; a sure answer also settles one that was given up as unknown."""
    by_mail = {result.mail: result for result in results}
    if not by_mail:
        return
    ours = Mail.objects.select_related("invitation__contact", "invitation__campaign").filter(
        pk__in=by_mail, claim=claim, state__in=("claimed", "sending", "unknown")
    )
    sent = []
    for mail in ours:
        result = by_mail[mail.pk]
        mail.claimed_until, mail.error, mail.provider_id = None, result.words[:300], result.provider_id[:200]
        if result.outcome == Outcome.SENT:
            mail.state, mail.sent_at = Mail.State.SENT, now
            sent.append(mail)
        else:
            _record_failure(mail, result, now)
    _record_sent(sent, now)


def _record_sent(mails: Sequence[Mail], now: datetime) -> None:
    """Store mails that the server took, in a few statements however many they are."""
    Mail.objects.bulk_update(mails, ["state", "sent_at", "claimed_until", "error", "provider_id"])
    firsts = [mail.invitation for mail in mails if mail.number == 0]
    Invitation.objects.filter(pk__in=[invitation.pk for invitation in firsts]).update(sent_at=now)
    reminders = [reminder for invitation in firsts for reminder in _reminders_of(invitation, now)]
    Mail.objects.bulk_create(reminders, ignore_conflicts=True)


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
            _withdraw(mail, now)
        case Outcome.UNKNOWN:
            mail.state = Mail.State.UNKNOWN
        case _:
            mail.state = Mail.State.PLANNED
    mail.save()


def _reminders_of(invitation: Invitation, now: datetime) -> Iterable[Mail]:
    campaign, zone = invitation.campaign, invitation.contact.zone
    for number, days in enumerate(sorted(campaign.reminder_days) if campaign else (), 1):
        assert campaign is not None
        due_at = campaign.window.next_open(now + timedelta(days=days), zone)
        yield Mail(invitation=invitation, number=number, due_at=due_at)


def _withdraw(mail: Mail, now: datetime) -> None:
    """An invitation that nobody got is none: its link is closed and no cap counts it."""
    if mail.number == 0:
        Invitation.objects.filter(pk=mail.invitation_id, sent_at=None).update(revoked_at=now)


def _is_suppressed() -> Exists:
    return Exists(Suppression.objects.filter(address_hash=OuterRef("address_hash")))


def _room_by_campaign(now: datetime) -> dict[int, int]:
    """Return how many mails each campaign that has a limit may still send in this hour."""
    limited = dict(Campaign.objects.sending().exclude(per_hour=None).values_list("pk", "per_hour"))
    if not limited:
        return {}
    used = Mail.objects.filter(invitation__campaign__in=limited)
    recent = used.filter(Q(state=Mail.State.CLAIMED) | Q(handed_at__gt=now - timedelta(hours=1)))
    counts = recent.values_list("invitation__campaign").annotate(count=Count("pk"))
    return {campaign: limit - dict(counts).get(campaign, 0) for campaign, limit in limited.items()}


def _take(mails: Iterable[Mail], room: dict[int, int]) -> list[Mail]:
    taken = []
    for mail in mails:
        campaign = mail.invitation.campaign_id or 0
        if room.get(campaign, 1) > 0:
            taken.append(mail)
            if campaign in room:
                room[campaign] -= 1
    return taken


def _unprotected(mails: Sequence[Mail], now: datetime) -> list[Mail]:
    """Return the mails that may go out now; what becomes of the others is stored."""
    invitations = [mail.invitation_id for mail in mails]
    answered = set(
        Response.objects.completed().filter(invitation__in=invitations).values_list("invitation", flat=True)
    )
    answered |= {mail.invitation_id for mail in mails if mail.invitation.answered_on}
    waiting: dict[Campaign, list[Mail]] = defaultdict(list)
    for mail in mails:
        campaign = mail.invitation.campaign
        if mail.invitation_id in answered or _is_void(mail.invitation, now):
            _settle(
                mail, Mail.State.UNNEEDED, "answered" if mail.invitation_id in answered else "expired", now
            )
        elif campaign:
            waiting[campaign].append(mail)
    return [mail for campaign, group in waiting.items() for mail in _of_campaign(campaign, group, now)]


def _is_void(invitation: Invitation, now: datetime) -> bool:
    return bool(invitation.revoked_at or (invitation.expires_at and invitation.expires_at <= now))


def _of_campaign(campaign: Campaign, mails: Sequence[Mail], now: datetime) -> Iterable[Mail]:
    today = now.astimezone(settings.REPORTING_ZONE).date()
    policy = ContactPolicy.objects.current()
    contacts = {mail.invitation.contact_id: mail.invitation.contact for mail in mails}
    standing = {one.person.contact: one for one in candidates(contacts.values(), campaign, policy, today)}
    rules = policy.rules()
    firsts = [mail.invitation_id for mail in mails if mail.number == 0]
    people = [one.person for one in standing.values()]
    ledger = ledger_around(people, today, rules, without=firsts)
    for mail in mails:
        candidate = standing[mail.invitation.contact_id]
        found = candidate.block
        if found is None and mail.number == 0:
            priority = campaign.survey.programme.priority
            found = protection(candidate.person, today, ledger, rules, priority=priority)
        opens = campaign.window.next_open(now, candidate.contact.zone)
        if found:
            _put_off(campaign, mail, found, now)
        elif opens > now:
            Mail.objects.filter(pk=mail.pk).update(due_at=opens)
        else:
            if mail.number == 0:
                ledger.add(candidate.person, Ask(today))
            yield mail


def _put_off(campaign: Campaign, mail: Mail, found: Protected, now: datetime) -> None:
    """Move a mail to the day on which its contact may be asked, unless that is never or too late."""
    invitation = mail.invitation
    today = now.astimezone(settings.REPORTING_ZONE).date()
    if mail.number == 0:
        note_skips(campaign, [(invitation.contact_id, invitation.round, found)], today)
    until = found.until or (today + timedelta(days=1) if found.is_passing else None)
    if until is None:
        _settle(mail, Mail.State.SUPPRESSED, found.reason, now)
        return
    first = (invitation.planned_for or now).astimezone(settings.REPORTING_ZONE).date()
    last = first + GRACE if campaign.trigger in SOURCES else campaign.ends_on
    if last and until > last:
        _settle(mail, Mail.State.UNNEEDED, found.reason, now)
        return
    morning = datetime.combine(until, time.min, settings.REPORTING_ZONE)
    opens = campaign.window.next_open(morning, invitation.contact.zone)
    Mail.objects.filter(pk=mail.pk).update(due_at=opens)
    if mail.number == 0:
        expires_at = opens + timedelta(days=campaign.expires_after_days)
        Invitation.objects.filter(pk=invitation.pk).update(planned_for=opens, expires_at=expires_at)


def _settle(mail: Mail, state: Mail.State, reason: str, now: datetime) -> None:
    Mail.objects.filter(pk=mail.pk).update(state=state, error=reason)
    _withdraw(mail, now)
