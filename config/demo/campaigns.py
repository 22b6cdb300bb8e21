"""The campaigns that asked on behalf of the demo company in its last months, and one that waits for approval.

What would mail by itself is paused: a demo asks nobody unless a person lets it.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from accounts.models import Contact, Event, User
from config.demo.outreach import QUIET_DAYS, Ask, Spared
from config.demo.questionnaires import RELATIONSHIP, SUPPORT, Questionnaire
from config.demo.timeline import MONTHS, Timeline, dice
from surveys.asking.addresses import address_hash
from surveys.asking.windows import latest_turn
from surveys.models import Audience, Campaign, ContactPolicy, Invitation, Mail, Message, Skip

MAILS = Path(__file__).parent / "data" / "mails.toml"
AUDIENCES: Mapping[str, list[dict[str, Any]]] = {
    "Everyone at our customers": [],
    "Decision-makers": [{"field": "role", "operator": "one_of", "value": ["decision_maker"]}],
    "Decision-makers, renewal within 120 days": [
        {"field": "role", "operator": "one_of", "value": ["decision_maker"]},
        {"field": "renewal", "operator": "within", "value": 120},
    ],
    "Mid-market in trouble": [
        {"field": "segment", "operator": "one_of", "value": ["Mid-market"]},
        {"field": "health", "operator": "one_of", "value": ["red", "yellow"]},
    ],
}
EVENT = "ticket.closed"
REMINDED_AFTER, CYCLE = timedelta(days=7), 182
OPENS = 0.45  # of those who do not answer


@dataclass(frozen=True)
class Campaigns:
    """The campaigns by the survey that they ask, since when each has asked, and the dice of its mails."""

    timeline: Timeline
    by_survey: Mapping[str, Campaign]

    def adopt(self, invited: Iterable[tuple[Ask, Invitation]], spared: Iterable[Spared]) -> list[Skip]:
        """Make invitations those of the campaign that sent them; return whom it left alone, and why."""
        asks = [(ask, row) for ask, row in invited if self._asked(ask.survey, ask.sent_at)]
        left = [one for one in spared if self._asked(one.survey, one.at)]
        # The latest come first, so that the last ask took the turn that a contact has today.
        asks.sort(key=lambda pair: pair[0].sent_at, reverse=True)
        happened = [*((ask.survey, ask.contact, ask.sent_at) for ask, _ in asks)]
        happened += [(one.survey, one.contact, one.at) for one in left]
        rounds = self._rounds(happened)
        taken: set[tuple[int, str]] = set()
        for (ask, row), name in zip(asks, rounds, strict=False):
            if (ask.contact.pk, name) not in taken:
                taken.add((ask.contact.pk, name))
                row.campaign, row.round, row.planned_for = self.by_survey[ask.survey], name, ask.sent_at
        skips = {}
        for one, name in zip(left, rounds[len(asks) :], strict=True):
            skips[one.survey, one.contact.pk, name] = Skip(
                campaign=self.by_survey[one.survey],
                contact=one.contact,
                round=name,
                reason=one.reason,
                until=one.until,
                noted_on=one.at.astimezone(self.timeline.zone).date(),
            )
        return list(skips.values())

    def mails(self, invited: Iterable[tuple[Ask, Invitation]]) -> list[Mail]:
        """Return the mails by which the invitations went out, and the reminders of them."""
        return [mail for ask, row in invited if row.campaign for mail in self._mails(ask, row, row.campaign)]

    def _asked(self, survey: str, at: datetime) -> bool:
        campaign = self.by_survey.get(survey)
        return campaign is not None and at.astimezone(self.timeline.zone).date() >= campaign.starts_on

    def _rounds(self, happened: Sequence[tuple[str, Contact, datetime]]) -> list[str]:
        """Return which turn of the contact each was: of the cycle, or by the ticket that was closed."""
        tickets = [
            Event(
                event_id=f"ticket-{contact.external_id}-{at:%Y%m%d%H%M%S}",
                name=EVENT,
                account=contact.account,
                contact=contact,
                occurred_at=at - timedelta(minutes=30),
                received_at=at - timedelta(minutes=29),
            )
            for survey, contact, at in happened
            if survey == SUPPORT
        ]
        events = iter(Event.objects.bulk_create(tickets, batch_size=500))
        return [
            f"event:{next(events).pk}" if survey == SUPPORT else self._turn(contact)
            for survey, contact, at in happened
        ]

    def _turn(self, contact: Contact) -> str:
        seed = f"{self.by_survey[RELATIONSHIP].pk}:{contact.pk}"
        return latest_turn(self.timeline.today, seed, CYCLE).isoformat()

    def _mails(self, ask: Ask, row: Invitation, campaign: Campaign) -> Iterable[Mail]:
        chance = dice(f"mails/{ask.contact.external_id}/{ask.sent_at}")
        opened_at = ask.sent_at + timedelta(minutes=chance.randint(2, 2000))
        if ask.answered_at:
            opened_at = min(opened_at, ask.answered_at - timedelta(minutes=2))
        is_opened = bool(ask.answered_at) or chance.random() < OPENS
        first = self._mail(row, 0, ask.sent_at, sent_at=ask.sent_at)
        first.bounced_at = ask.bounced_at
        if not ask.bounced_at:
            first.delivered_at = ask.sent_at + timedelta(seconds=4)
            first.opened_at = opened_at if is_opened and opened_at < self.timeline.now else None
        yield first
        if campaign.reminder_days and not ask.bounced_at:
            yield self._reminder(ask, row, campaign)

    def _reminder(self, ask: Ask, row: Invitation, campaign: Campaign) -> Mail:
        due_at = campaign.window.next_open(ask.sent_at + REMINDED_AFTER, ask.contact.zone)
        left_at = ask.contact.unsubscribed_at
        if ask.answered_at and ask.answered_at < due_at:
            return self._mail(row, 1, due_at, state=Mail.State.UNNEEDED, error="answered")
        if left_at and left_at < due_at:
            return self._mail(row, 1, due_at, state=Mail.State.SUPPRESSED, error="unsubscribed")
        if due_at >= self.timeline.now:
            return self._mail(row, 1, due_at, state=Mail.State.PLANNED)
        mail = self._mail(row, 1, due_at, sent_at=due_at)
        mail.delivered_at = due_at + timedelta(seconds=4)
        return mail

    def _mail(self, row: Invitation, number: int, due_at: datetime, **fields: Any) -> Mail:
        sent_at = fields.get("sent_at")
        return Mail(
            invitation=row,
            number=number,
            due_at=due_at,
            variant="ab"[row.nonce[0] % 2] if number == 0 else "a",
            address_hash=address_hash(row.contact.email),
            attempts=bool(sent_at),
            handed_at=sent_at,
            **{"state": Mail.State.SENT, **fields},
        )


def start_campaigns(timeline: Timeline, surveys: Mapping[str, Questionnaire], *, approver: User) -> Campaigns:
    """Create the contact policy, the audiences and the campaigns."""
    ContactPolicy.objects.update_or_create(pk=1, defaults={"quiet_days": QUIET_DAYS})
    audiences = {
        name: Audience.objects.create(name=name, conditions=conditions)
        for name, conditions in AUDIENCES.items()
    }
    everyone, deciding = audiences["Everyone at our customers"], audiences["Decision-makers"]
    begun_at = timeline.instant_of(MONTHS - 6)
    approved = {"approved_at": begun_at, "approved_by": approver}
    relationship = Campaign.objects.create(
        name="Relationship, twice a year",
        survey=surveys[RELATIONSHIP].survey,
        audience=everyone,
        trigger=Campaign.Trigger.RECURRING,
        days=CYCLE,
        reminder_days=[REMINDED_AFTER.days],
        starts_on=timeline.first_of(MONTHS - 6),
        planned_on=timeline.today - timedelta(days=1),
        paused_at=timeline.now,
        **approved,
    )
    support = Campaign.objects.create(
        name="After a ticket",
        survey=surveys[SUPPORT].survey,
        audience=everyone,
        trigger=Campaign.Trigger.EVENT,
        event=EVENT,
        starts_on=timeline.first_of(MONTHS - 3),
        **approved,
    )
    renewal = Campaign.objects.create(
        name="Before the renewal",
        survey=surveys[RELATIONSHIP].survey,
        audience=deciding,
        trigger=Campaign.Trigger.BEFORE_RENEWAL,
        days=90,
        starts_on=timeline.today,
    )
    words = tomllib.loads(MAILS.read_text(encoding="utf-8"))
    Message.objects.bulk_create(
        Message(campaign=campaign, number=int(number), language=language, **texts)
        for campaign, name in ((relationship, "relationship"), (support, "support"), (renewal, "renewal"))
        for number, languages in words[name].items()
        for language, texts in languages.items()
    )
    Audience.objects.update(created_at=begun_at)
    Campaign.objects.update(created_at=begun_at)
    return Campaigns(timeline, {RELATIONSHIP: relationship, SUPPORT: support})
