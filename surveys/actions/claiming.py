"""Claims of due mails: whose turn it is to be sent, and what becomes of those who are protected by now."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Count, Q

from surveys.actions.planning import hold_asking_lock, note_skips
from surveys.actions.sending import LEASE, Claim, settle_overdue, withdraw
from surveys.asking.addresses import address_hash
from surveys.asking.days import local_day, midnight
from surveys.asking.ledgers import ledger_around
from surveys.asking.policy import Ask, Protected, protection
from surveys.asking.standing import candidates
from surveys.asking.turns import GRACE, SOURCES
from surveys.models import Campaign, ContactPolicy, Invitation, Mail, Response, Survey

CLAIM = """
UPDATE surveys_mail AS mail
SET state = 'claimed', claim = %(claim)s, claimed_until = %(until)s, attempts = attempts + 1,
    address_hash = due.address_hash
FROM unnest(%(mails)s::bigint[], %(hashes)s::bytea[]) AS due (mail, address_hash)
WHERE mail.id = due.mail AND NOT EXISTS
    (SELECT FROM surveys_suppression AS unwanted WHERE unwanted.address_hash = due.address_hash)
RETURNING mail.id
"""


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
        mails = _due(now, limit, without=full)
        ready = _unprotected(_take(mails, room), now)
        ours = _claimed(ready, claim, now)
    return Claim(claim, [mail for mail in ready if mail.pk in ours], len(mails))


def _due(now: datetime, limit: int, *, without: Sequence[int]) -> list[Mail]:
    """Return up to so many due mails, locked, those that matter most first and the oldest of these.

    Asked for one priority after the other: the index of times then ends the search, while one order over all
    had to join tens of thousands that wait behind them, with every claim.
    """
    sending = (
        Campaign.objects.sending().filter(survey__in=Survey.objects.open_at(now)).exclude(pk__in=without)
    )
    campaigns = {made.pk: made for made in sending.select_related("survey__programme")}
    by_priority = defaultdict(list)
    for made in campaigns.values():
        by_priority[made.survey.programme.priority].append(made.pk)
    mails: list[Mail] = []
    for _, group in sorted(by_priority.items()):
        due = Mail.objects.due(now).filter(invitation__campaign__in=group).order_by("due_at")
        rows = due.select_related("invitation__contact__account")
        mails += rows.select_for_update(of=("self",), skip_locked=True)[: limit - len(mails)]
        if len(mails) >= limit:
            break
    for mail in mails:  # The same for all its mails: reading it with each took a third of a claim.
        mail.invitation.campaign = campaigns[mail.invitation.campaign_id or 0]
    return mails


def _claimed(mails: Sequence[Mail], claim: uuid.UUID, now: datetime) -> set[int]:
    """Return which of the mails are claimed now: all but those whose address is suppressed."""
    hashes = [address_hash(mail.invitation.contact.email) for mail in mails]
    ids = [mail.pk for mail in mails]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"claim": claim, "until": now + LEASE, "mails": ids, "hashes": hashes})
        return {mail for (mail,) in cursor.fetchall()}


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
    today = local_day(now)
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
    today = local_day(now)
    if mail.number == 0:
        note_skips(campaign, [(invitation.contact_id, invitation.round, found)], today)
    until = found.until or (today + timedelta(days=1) if found.is_passing else None)
    if until is None:
        _settle(mail, Mail.State.SUPPRESSED, found.reason, now)
        return
    first = local_day(invitation.planned_for or now)
    last = first + GRACE if campaign.trigger in SOURCES else campaign.ends_on
    if last and until > last:
        _settle(mail, Mail.State.UNNEEDED, found.reason, now)
        return
    morning = midnight(until)
    opens = campaign.window.next_open(morning, invitation.contact.zone)
    Mail.objects.filter(pk=mail.pk).update(due_at=opens)
    if mail.number == 0:
        expires_at = opens + timedelta(days=campaign.expires_after_days)
        Invitation.objects.filter(pk=invitation.pk).update(planned_for=opens, expires_at=expires_at)


def _settle(mail: Mail, state: Mail.State, reason: str, now: datetime) -> None:
    Mail.objects.filter(pk=mail.pk).update(state=state, error=reason)
    withdraw(mail, now)
