"""What the demo company does about unhappy answers: a case each for nine months now, most closed in time."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from config.demo.timeline import MONTHS, Timeline
from followups.models import FollowUp, Rule
from surveys.models import Programme, Response

BEGAN_MONTHS_AGO = 9
# Programme, question, the point of its scale up to which a case is opened, and in how many days it is due.
RULES = (
    ("relationship", Rule.Kind.NPS, 6, 3),
    ("support-and-onboarding", Rule.Kind.CSAT, 2, 2),
)
# How soon the worker finds an answer; how many days a case takes: the least, the most, what is usual.
FOUND_AFTER = timedelta(minutes=1)
TAKES = (0.2, 7.0, 1.2)
NOTES = (
    "Called: it was about one delivery, and that is settled.",
    "Called and explained what comes with the next release.",
    "Passed on to the product team, with a date to report back.",
    "Solved together with support.",
    "Agreed on a review in a month.",
    "Offered another training; they take it.",
)


def rules(timeline: Timeline) -> list[Rule]:
    """Return what opens a case, from the day on which the company began with it."""
    since = timeline.first_of(MONTHS - BEGAN_MONTHS_AGO)
    of = {programme.slug: programme for programme in Programme.objects.all()}
    return [
        Rule(programme=of[slug], kind=kind, at_most=at_most, due_in_days=days, since=since)
        for slug, kind, at_most, days in RULES
    ]


def cases(
    dice: Random, timeline: Timeline, rules: Iterable[Rule], responses: Iterable[Response]
) -> Iterator[FollowUp]:
    """Yield the case of each answer that a rule calls unhappy, as far as it has got by today."""
    for response in responses:
        at = response.submitted_at or response.changed_at
        for rule in rules:
            value = response.answers.get(rule.kind)
            if (
                response.contact
                and rule.programme_id == response.survey.programme_id
                and isinstance(value, int)
                and value <= rule.at_most
                and at.astimezone(timeline.zone).date() >= rule.since
            ):
                yield _case(dice, timeline, rule, response, min(at + FOUND_AFTER, timeline.now))


def _case(dice: Random, timeline: Timeline, rule: Rule, response: Response, at: datetime) -> FollowUp:
    closed_at = at + timedelta(days=dice.triangular(*TAKES))
    note, is_begun = dice.choice(NOTES), dice.random() < 0.5
    is_closed = closed_at < timeline.now
    open_state = FollowUp.State.IN_PROGRESS if is_begun else FollowUp.State.OPEN
    return FollowUp(
        account=response.account,
        contact=response.contact,
        response=response,
        reason=FollowUp.Reason.SCORE,
        about=f"{rule.get_kind_display()} {response.answers[rule.kind]} in “{response.survey}”",
        owner=response.account.owner if response.account else None,
        due_on=at.astimezone(timeline.zone).date() + timedelta(days=rule.due_in_days),
        opened_at=at,
        closed_at=closed_at if is_closed else None,
        state=FollowUp.State.CLOSED if is_closed else open_state,
        note=note if is_closed else "",
    )
