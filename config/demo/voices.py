"""What people answer: scores from the account's mood and their own temper, reasons and words to match."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from config.demo.company import Customer
from config.demo.mood import DECLINE_BEGINS, DECLINING_SEGMENT, TROUBLE_MONTHS, TROUBLED_PRODUCT
from config.demo.outreach import Ask
from config.demo.phrases import MIXED, NEGATIVE, POSITIVE, SEVERE, Phrasebook
from config.demo.questionnaires import GO_LIVE, RELATIONSHIP, SUPPORT, Questionnaire
from config.demo.signals import DOLLARS_A_SEAT
from config.demo.timeline import MONTHS, Timeline
from surveys.models import Collector, Response
from surveys.visits import PERSONAL

# What people praise and complain about in general, before the story weighs in.
PRAISED = {
    "support": 5,
    "usability": 5,
    "account_team": 4,
    "reporting": 3,
    "performance": 3,
    "integrations": 2,
    "onboarding": 2,
    "price": 1,
}
BLAMED = {
    "reporting": 4,
    "integrations": 4,
    "performance": 3,
    "support": 3,
    "usability": 3,
    "price": 2,
    "account_team": 2,
    "onboarding": 1,
}
FAULTS = {"waiting": 4, "resolution": 4, "knowledge": 2, "updates": 3}
HURDLES = {"migration": 3, "training": 3, "schedule": 2}
STEPS = ("planning", "data", "training")
# What is rated from 1 to 5: the usual mark, how much of it goes along with how somebody feels, and chance.
RATED = {
    "product": (3.9, 0.75, 0.55),
    "support": (4.1, 0.45, 0.75),
    "value": (3.6, 0.6, 0.7),
    "onboarding": (3.8, 0.25, 0.85),
}
CAUSES, MUCH_BLAMED, BLAMED_POINTS, RATES = {"value": "price", "onboarding": "onboarding"}, 10, 1, 0.98
PARTIAL, TEMPER = 0.03, 0.6
# The two user days: how many months ago, and how many visitors answered there.
USER_DAYS, VISITORS = (21, 9), (180, 160)
Answers = dict[str, Any]


class Voices:
    """Answers the asks of all customers; to be taken oldest first, so that phrases spread evenly."""

    def __init__(self, dice: Random, timeline: Timeline, surveys: Mapping[str, Questionnaire]) -> None:
        self.dice = dice
        self.timeline = timeline
        self.surveys = surveys
        self.phrasebook = Phrasebook(dice)
        self.tempers: dict[str, float] = {}

    def response(self, ask: Ask) -> Response:
        """Return the response to an ask that was answered, now and then a partial one."""
        assert ask.answered_at is not None
        language = self._language(ask.survey, ask.contact.language)
        feeling = self._feeling(ask)
        if ask.survey == RELATIONSHIP:
            answers = self._about_us(ask.customer, ask.answered_at.date(), language, feeling)
        else:
            answers = self._about_an_event(ask, language, feeling)
        response = self._response(ask.survey, answers, ask.answered_at, language)
        response.contact, response.account = ask.contact, ask.customer.account
        response.hidden = {"product": ask.product} if ask.product else {}
        return response

    def visitors(self, collector: Collector, count: int, *, months_ago: int) -> Iterator[Response]:
        """Yield what nameless visitors of a user day, a Thursday, answered at the QR code."""
        day = self.timeline.first_of(MONTHS - months_ago) + timedelta(days=14)
        day += timedelta(days=(3 - day.weekday()) % 7)
        opens = datetime.combine(day, time(11), self.timeline.zone)
        for _ in range(count):
            at = opens + timedelta(seconds=self.dice.randrange(6 * 3600))
            feeling = self.dice.gauss(0.5, 0.9)
            language = self.dice.choices(("en", "de", "fr", "es"), (6, 3, 2, 1))[0]
            response = self._response(
                RELATIONSHIP, self._about_us(None, day, language, feeling), at, language
            )
            response.collector, response.channel = collector, collector.channel
            yield response

    def _response(self, survey: str, answers: Answers, at: datetime, language: str) -> Response:
        questionnaire = self.surveys[survey]
        is_partial = self.dice.random() < PARTIAL
        first_question = questionnaire.definition.questions[0].key
        key = uuid.UUID(int=self.dice.getrandbits(128), version=4)
        return Response(
            public_id=key,
            survey=questionnaire.survey,
            version=questionnaire.version_at(at),
            submission_key=key.hex,
            started_at=at - timedelta(seconds=self.dice.randint(25, 240)),
            submitted_at=None if is_partial else at,
            changed_at=at,
            language=language,
            channel=PERSONAL,
            answers={first_question: answers[first_question]} if is_partial else answers,
        )

    def _language(self, survey: str, language: str) -> str:
        definition = self.surveys[survey].definition
        return language if language in definition.languages else definition.language

    def _feeling(self, ask: Ask) -> float:
        """Return how somebody feels at the moment of answering: -2 to 2, most of it the account's mood."""
        assert ask.answered_at is not None
        temper = self.tempers.setdefault(ask.contact.external_id, self.dice.gauss(0, TEMPER))
        mood = ask.customer.mood[self.timeline.month_of(ask.answered_at.date())]
        if ask.survey == RELATIONSHIP:
            return mood + temper + self.dice.gauss(0, 0.45)
        event = self.dice.gauss(0.15, 0.9)
        if ask.survey == GO_LIVE:
            event += -1.3 if ask.product == TROUBLED_PRODUCT else 0.1
        return 0.55 * mood + 0.5 * temper + event

    def _about_us(self, customer: Customer | None, day: date, language: str, feeling: float) -> Answers:
        # Who is angry uses the lower end of the scale.
        nps = _point(8.05 + 1.8 * feeling + 1.5 * min(0, feeling + 1.2), 0, 10)
        complaints = self._ranked(self._blamed(customer, day))
        # Nobody praises in one sentence what the next one complains about.
        praise = [topic for topic in self._ranked(PRAISED) if topic not in complaints[:2]]
        answers: Answers = {"nps": nps}
        if nps > 8 and self.dice.random() < 0.85:
            answers["valued"] = self._picks(praise[:1], language)[0]
        if nps < 9 and self.dice.random() < 0.85:
            count = 2 if self.dice.random() < 0.35 else 1
            offered = [*self.surveys[RELATIONSHIP].definition.question_by_key["improve"].choice_by_key]
            answers["improve"] = self._picks(sorted(complaints[:count], key=offered.index), language)
        if self.dice.random() < (0.62 if nps < 7 else 0.4):
            worst = SEVERE if nps < 4 else NEGATIVE
            sentiment = POSITIVE if nps > 8 else MIXED if nps > 6 else worst
            topics = self._topics(customer, day, complaints)
            seats = _seats(customer, day)
            answers["comment"] = self.phrasebook.about_us(
                language, sentiment, praise=praise, complaints=topics, seats=seats
            )
        return answers | self._ratings(customer, day, feeling)

    def _ratings(self, customer: Customer | None, day: date, feeling: float) -> Answers:
        """Return marks of what goes along with NPS; by dice of their own, so that nothing else changes."""
        who = customer.account.external_id if customer else ""
        thrown = Random(f"ratings {who} {day} {feeling}")  # noqa: S311
        blamed = self._blamed(customer, day)
        answers: Answers = {}
        for topic, (usual, weight, spread) in RATED.items():
            # What the story blames is rated a point lower than people feel.
            lower = BLAMED_POINTS if blamed.get(CAUSES.get(topic, ""), 0) > MUCH_BLAMED else 0
            mark = _point(usual + weight * feeling - lower + thrown.gauss(0, spread), 1, 5)
            if thrown.random() < RATES:
                answers[f"{topic}_rating"] = mark
        return answers

    def _blamed(self, customer: Customer | None, day: date) -> Mapping[str, int]:
        if customer is None:
            return BLAMED
        weights = dict(BLAMED)
        declines = customer.segment.name == DECLINING_SEGMENT
        if declines and self.timeline.month_of(day) >= DECLINE_BEGINS:
            weights["price"] *= 8
        if self._is_in_trouble(customer, day):
            weights["onboarding"] *= 18
        return weights

    def _is_in_trouble(self, customer: Customer, day: date) -> bool:
        return any(
            product == TROUBLED_PRODUCT and timedelta() <= day - live_on < timedelta(days=31 * TROUBLE_MONTHS)
            for product, live_on in customer.launches
        )

    def _topics(self, customer: Customer | None, day: date, complaints: Sequence[str]) -> list[str]:
        """Return the topics of complaint; onboarding is about the troubled product where it was just sold."""
        in_trouble = customer is not None and self._is_in_trouble(customer, day)
        return ["automation" if in_trouble and topic == "onboarding" else topic for topic in complaints]

    def _about_an_event(self, ask: Ask, language: str, feeling: float) -> Answers:
        assert ask.answered_at is not None
        csat = _point(4.2 + 0.9 * feeling, 1, 5)
        answers: Answers = {"csat": csat}
        if self.dice.random() < 0.94:
            answers["ces"] = _point(5.45 + 1.1 * feeling + self.dice.gauss(0, 0.5), 1, 7)
        reasons, question = (FAULTS, "fault") if ask.survey == SUPPORT else (HURDLES, "hurdle")
        reason = self._ranked(reasons)[0]
        if csat < 4 and self.dice.random() < 0.9:
            answers[question] = self._picks([reason], language)[0]
        if self.dice.random() < (0.5 if csat < 4 else 0.3):
            worst = SEVERE if csat == 1 else NEGATIVE
            sentiment = POSITIVE if csat > 3 else MIXED if csat == 3 else worst
            topic = "automation" if ask.product == TROUBLED_PRODUCT else reason
            seats = _seats(ask.customer, ask.answered_at.date())
            write = self.phrasebook.about_a_ticket if ask.survey == SUPPORT else self.phrasebook.about_a_start
            answers["comment"] = write(language, sentiment, topic, seats=seats)
        return {**answers, **_details(ask, feeling)}

    def _ranked(self, weights: Mapping[str, int]) -> list[str]:
        """Return the topics in an order that dice decide by their weights."""
        return sorted(weights, key=lambda topic: self.dice.expovariate(weights[topic]))

    def _picks(self, keys: Sequence[str], language: str) -> list[str | dict[str, str]]:
        """Return the keys as stored answers, the last one now and then replaced by words of one's own."""
        picks: list[str | dict[str, str]] = list(keys)
        if self.dice.random() < 0.05:
            picks[-1] = {"other": self.phrasebook.other_words(language)}
        return picks


def _details(ask: Ask, feeling: float) -> Answers:
    """Return what is asked besides; by dice of the ask's own, so that a detail more changes nothing else."""
    dice = Random(f"{ask.contact.external_id} {ask.survey} {ask.answered_at}")  # noqa: S311
    if ask.survey == SUPPORT:
        return {"solved": "yes" if feeling + dice.gauss(1, 0.8) > 0 else "no"}
    grades = ("poor", "fair", "good")
    steps = {row: grades[_point(1.3 + feeling + dice.gauss(0, 0.6), 0, 2)] for row in STEPS}
    details: Answers = {"steps": steps}
    if dice.random() < 0.8:
        details["weeks"] = _point(6 - 1.5 * feeling + dice.gauss(0, 2), 1, 40)
    return details


def _point(value: float, low: int, high: int) -> int:
    return max(low, min(high, round(value)))


def _seats(customer: Customer | None, day: date) -> int:
    return round(customer.yearly_dollars(day) / DOLLARS_A_SEAT) if customer else 20
