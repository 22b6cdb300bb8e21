"""Whom the company asked when, and who answered: once a quarter, after tickets and after go-lives."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from accounts.models import Contact
from config.demo.company import Customer
from config.demo.questionnaires import GO_LIVE, RELATIONSHIP, SUPPORT
from config.demo.timeline import MONTHS, Timeline, dice

MUTE = 0.3  # of all people never answer anything
# Chance that anybody else, in a usual account, answers.
ANSWERS = {RELATIONSHIP: 0.6, SUPPORT: 0.46, GO_LIVE: 0.66}
GLADNESS = {
    Contact.Role.DECISION_MAKER: 0.85,
    Contact.Role.INFLUENCER: 1.1,
    Contact.Role.USER: 1.0,
}
MONTHS_BETWEEN_WAVES = 3
TICKETS_A_YEAR = 5.0  # per contact, as far as they are asked about
QUIET_DAYS = 14  # between two asks to one person
BOUNCING, UNSUBSCRIBING = 0.02, 0.004
# Days until the answer, and how often: most at once, some after the weekend, some when reminded.
DELAYS = {0: 46, 1: 18, 2: 8, 3: 6, 4: 4, 6: 3, 7: 8, 8: 4, 14: 3}


@dataclass(frozen=True)
class Ask:
    """One ask: what about, whom, when, and when it was answered (None: not, or not yet)."""

    survey: str
    customer: Customer
    contact: Contact
    sent_at: datetime
    answered_at: datetime | None
    bounced_at: datetime | None = None
    product: str = ""  # of a go-live


@dataclass(frozen=True)
class Spared:
    """One ask that was not made: about what, of whom, when, why, and the day from which it may be."""

    survey: str
    contact: Contact
    at: datetime
    reason: str
    until: date | None


class Outreach:
    """Asks one customer's people for two years, never the same person twice within two weeks."""

    def __init__(self, customer: Customer, timeline: Timeline) -> None:
        self.customer = customer
        self.timeline = timeline
        self.dice = dice(f"{customer.account.external_id}/outreach")
        self.spared: list[Spared] = []
        self.unreachable, self.mute = self._some_people(BOUNCING), self._some_people(MUTE)

    def asks(self) -> list[Ask]:
        """Return all asks to the account's people, oldest first; marks who bounces or unsubscribes."""
        latest = self.timeline.now - timedelta(hours=1)
        last_asked: dict[str, datetime] = {}
        asks = []
        for sent_at, survey, contact, product in sorted(self._occasions(), key=lambda each: each[0]):
            last = last_asked.get(contact.external_id)
            is_protected = last is not None and sent_at - last < timedelta(days=QUIET_DAYS)
            if sent_at >= latest:
                continue
            if is_protected or contact.bounced_at or contact.unsubscribed_at:
                self._spare(survey, contact, sent_at, last)
                continue
            last_asked[contact.external_id] = sent_at
            if contact.external_id in self.unreachable:
                contact.bounced_at = sent_at + timedelta(minutes=1)
            answered_at = None if contact.bounced_at else self._answered_at(contact, survey, sent_at)
            asks.append(
                Ask(survey, self.customer, contact, sent_at, answered_at, contact.bounced_at, product)
            )
            if not (answered_at or contact.bounced_at) and self.dice.random() < UNSUBSCRIBING:
                contact.unsubscribed_at = sent_at + timedelta(minutes=30)
        return asks

    def _spare(self, survey: str, contact: Contact, at: datetime, last: datetime | None) -> None:
        reason = "bounced" if contact.bounced_at else "unsubscribed" if contact.unsubscribed_at else ""
        free = None if reason or last is None else last.date() + timedelta(days=QUIET_DAYS)
        self.spared.append(Spared(survey, contact, at, reason or "quiet days", free))

    def _some_people(self, share: float) -> set[str]:
        return {person.external_id for person in self.customer.contacts if self.dice.random() < share}

    def _occasions(self) -> Iterator[tuple[datetime, str, Contact, str]]:
        for sent_at, contact in self._waves():
            yield sent_at, RELATIONSHIP, contact, ""
        for sent_at, contact in self._tickets():
            yield sent_at, SUPPORT, contact, ""
        for product, day in self.customer.launches:
            asked_on = day + timedelta(days=self.dice.randint(40, 75))
            if self.customer.is_customer(asked_on):
                some = min(len(self.customer.contacts), 5 if len(self.customer.contacts) > 8 else 3)
                for contact in self.dice.sample(self.customer.contacts, some):
                    yield self.at_work(asked_on), GO_LIVE, contact, product

    def _waves(self) -> Iterator[tuple[datetime, Contact]]:
        """Yield the asks of one month in each quarter: half of the people in turn, so each twice a year."""
        first = self.dice.randrange(MONTHS_BETWEEN_WAVES)
        for wave, month in enumerate(range(first, MONTHS + 1, MONTHS_BETWEEN_WAVES)):
            day = self.timeline.first_of(month) + timedelta(days=self.dice.randint(5, 20))
            if self.customer.is_customer(day):
                for place, contact in enumerate(self.customer.contacts):
                    if (place + wave) % 2 == 0:
                        yield self.at_work(day, 8, 11), contact

    def _tickets(self) -> Iterator[tuple[datetime, Contact]]:
        """Yield the asks after tickets; the worse the mood, the more there are."""
        day = 0.0
        days = (self.timeline.today - self.timeline.start).days
        while day < days:
            mood = self.customer.mood[self.timeline.month_of(self.timeline.start + timedelta(days=day))]
            a_day = len(self.customer.contacts) * TICKETS_A_YEAR / 365 * math.exp(-0.25 * mood)
            day += self.dice.expovariate(a_day)
            closed_on = self.timeline.start + timedelta(days=int(day))
            if self.customer.is_customer(closed_on):
                yield self.at_work(closed_on), self.dice.choice(self.customer.contacts)

    def _answered_at(self, contact: Contact, survey: str, sent_at: datetime) -> datetime | None:
        mood = self.customer.mood[self.timeline.month_of(sent_at.date())]
        gladness = GLADNESS[Contact.Role(contact.role)] * math.exp(0.12 * mood)
        chance = min(0.92, ANSWERS[survey] * self.customer.openness * gladness)
        if contact.external_id in self.mute or self.dice.random() >= chance:
            return None
        (delay,) = self.dice.choices(list(DELAYS), list(DELAYS.values()))
        at = self.at_work(sent_at.astimezone(self.customer.place.clock).date() + timedelta(days=delay))
        if at < sent_at + timedelta(minutes=5):
            at = sent_at + timedelta(minutes=self.dice.randint(5, 120))
        return at if at < self.timeline.now else None

    def at_work(self, day: date, opens: int = 8, closes: int = 18) -> datetime:
        """Return an instant in working hours of the customer's country, on the Monday for a weekend."""
        if day.weekday() > 4:
            day += timedelta(days=7 - day.weekday())
        seconds = self.dice.randrange(opens * 3600, closes * 3600)
        return datetime.combine(day, time(), self.customer.place.clock) + timedelta(seconds=seconds)
