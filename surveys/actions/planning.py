"""Writes of whom a campaign asks: invitations with their mails, and skips with their reasons."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import Contact
from surveys.asking.audiences import contacts_of
from surveys.asking.days import local_day
from surveys.asking.ledgers import ledger_around
from surveys.asking.policy import Ask, Protected
from surveys.asking.standing import Asked, asks_of, candidates, objection
from surveys.asking.turns import SOURCES, Turn, first_day, turns
from surveys.links import new_nonce, token_for, token_hash
from surveys.models import Campaign, ContactPolicy, Skip, Survey

CHUNK = 1000
# One lock for all who plan or claim (any number will do): who counts asks sees all that were decided.
ASKING = 0x45617273
# Invitations with their mails in one statement: through the ORM they took two thirds of the time of planning.
# The first byte of a nonce is as good as a coin.
INVITE = """
WITH made AS (
    INSERT INTO surveys_invitation (survey_id, campaign_id, contact_id, round, nonce, token_hash, created_at,
        planned_for, expires_at)
    SELECT %(survey)s, %(campaign)s, contact, round, nonce, token_hash, %(now)s, at,
        at + %(days)s * interval '1 day'
    FROM unnest(%(contacts)s::bigint[], %(rounds)s::text[], %(nonces)s::bytea[], %(hashes)s::bytea[],
        %(times)s::timestamptz[]) AS turn (contact, round, nonce, token_hash, at)
    RETURNING id, nonce, planned_for
)
INSERT INTO surveys_mail (invitation_id, number, state, due_at, variant, address_hash, attempts, provider_id,
    error)
SELECT id, 0, 'planned', planned_for, CASE get_byte(nonce, 0) %% 2 WHEN 0 THEN 'a' ELSE 'b' END, '', 0, '', ''
FROM made ORDER BY id
"""


@dataclass(slots=True)
class Planned:
    """What planning did: how many were invited and how many were skipped."""

    invited: int = 0
    skipped: int = 0


def hold_asking_lock() -> None:
    """Wait until nobody else decides whom to ask, and keep it so until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ASKING])


def plan_campaigns(*, now: datetime) -> Planned:
    """Plan whatever turns have come in all running campaigns, those that matter most first."""
    total = Planned()
    running = Campaign.objects.running(now).select_related("survey__programme", "audience")
    for campaign in running.to_be_planned(now).order_by("survey__programme__priority", "pk"):
        if campaign.survey.status(now) == Survey.Status.LIVE:
            done = plan_campaign(campaign, now=now)
            total.invited += done.invited
            total.skipped += done.skipped
    return total


def plan_campaign(campaign: Campaign, *, now: datetime) -> Planned:
    """Invite everyone whose turn has come and whom nothing protects, chunk by chunk.

    Run twice, or by two workers at once, it plans nobody twice: a chunk decides under the lock, and the
    database knows one invitation for each contact and turn.
    """
    total = Planned()
    audience = _reached(campaign, now).order_by("account_id", "pk")
    last: Contact | None = None
    while True:
        with transaction.atomic():
            hold_asking_lock()
            chunk = list(_after(audience, last)[:CHUNK])
            done = _plan(campaign, chunk, now)
        total.invited += done.invited
        total.skipped += done.skipped
        if len(chunk) < CHUNK:
            break
        last = chunk[-1]
    if total.invited >= CHUNK:
        _count_rows()
    campaign.planned_on = local_day(now)
    campaign.save(update_fields=["planned_on"])
    return total


def _count_rows() -> None:
    """Let PostgreSQL count its rows: until it has done so by itself, every claim sorts all mails."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE surveys_mail, surveys_invitation")


def _reached(campaign: Campaign, now: datetime) -> QuerySet[Contact]:
    """Return whom turns of today may belong to: with occasions, only contacts of accounts that have some."""
    audience = contacts_of(campaign.audience, now=now)
    if campaign.trigger not in SOURCES:
        return audience
    today = local_day(now)
    occasions = SOURCES[campaign.trigger](
        campaign, None, first_day(campaign, today), today + timedelta(days=1)
    )
    return audience.filter(account__in={occasion.account for occasion in occasions})


def _after(audience: QuerySet[Contact], last: Contact | None) -> QuerySet[Contact]:
    if last is None:
        return audience
    return audience.filter(Q(account_id__gt=last.account_id) | Q(account_id=last.account_id, pk__gt=last.pk))


def _plan(campaign: Campaign, chunk: Sequence[Contact], now: datetime) -> Planned:
    today = local_day(now)
    policy = ContactPolicy.objects.current()
    known = {one.person.contact: one for one in candidates(chunk, campaign, policy, today)}
    people = [one.person for one in known.values()]
    due = turns(campaign, people, first_day(campaign, today), today + timedelta(days=1))
    open_turns, asked = _still_open(campaign, due, today)
    rules = policy.rules()
    ledger = ledger_around([turn.person for turn in open_turns], today, rules)
    priority = campaign.survey.programme.priority
    invited: list[tuple[Turn, Contact, datetime]] = []
    skipped: list[tuple[int, str, Protected]] = []
    for turn in open_turns:
        candidate = known[turn.person.contact]
        at = campaign.window.next_open(now, candidate.contact.zone)
        day = local_day(at)
        if found := objection(campaign, candidate, day, ledger=ledger, rules=rules, asked=asked):
            skipped.append((turn.person.contact, turn.round, found))
        else:
            asked.add((turn.person.contact, day))
            ledger.add(turn.person, Ask(day, priority))
            invited.append((turn, candidate.contact, at))
    note_skips(campaign, skipped, today)
    _invite(campaign, invited, now)
    return Planned(len(invited), len(skipped))


def _still_open(campaign: Campaign, due: Iterable[Turn], today: date) -> tuple[list[Turn], Asked]:
    """Return the turns that were neither taken nor put off today already, the oldest first, and past asks."""
    wanted = sorted(due, key=lambda turn: (turn.day, turn.person.account, turn.person.contact, turn.round))
    people = {turn.person.contact for turn in wanted}
    taken, asked = asks_of(campaign, people)
    put_off = campaign.skips.filter(noted_on=today, contact__in=people)
    taken |= set(put_off.values_list("contact", "round"))
    return [turn for turn in wanted if (turn.person.contact, turn.round) not in taken], asked


def note_skips(campaign: Campaign, skipped: Iterable[tuple[int, str, Protected]], today: date) -> None:
    """Keep why contacts were not asked in their rounds, and when they may be; the latest reason counts."""
    rows = [
        Skip(
            campaign=campaign,
            contact_id=contact,
            round=name,
            reason=found.reason,
            until=found.until,
            noted_on=today,
        )
        for contact, name, found in skipped
    ]
    Skip.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["campaign", "contact", "round"],
        update_fields=["reason", "until", "noted_on"],
    )


def _invite(campaign: Campaign, invited: Sequence[tuple[Turn, Contact, datetime]], now: datetime) -> None:
    nonces = [new_nonce() for _ in invited]
    with connection.cursor() as cursor:
        cursor.execute(
            INVITE,
            {
                "survey": campaign.survey_id,
                "campaign": campaign.pk,
                "now": now,
                "days": campaign.expires_after_days,
                "contacts": [contact.pk for _, contact, _ in invited],
                "rounds": [turn.round for turn, _, _ in invited],
                "nonces": nonces,
                "hashes": [token_hash(token_for(nonce)) for nonce in nonces],
                "times": [at for _, _, at in invited],
            },
        )
