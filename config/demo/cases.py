"""What the demo company does about unhappy answers: a case each for nine months now, most closed in time.

Falls into red have the cases that the product opens by itself; here is only what becomes of them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from config.demo.timeline import MONTHS, Timeline, dice
from followups.actions import move_follow_up
from followups.models import FollowUp, Rule
from metrics.models import Health
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
# Some wait for a release, a contract or a colleague, and so much longer.
WAITS, LONGER = 0.12, 5
# A fall takes so many days at least and at most; who is still in red is seldom settled.
FALL_TAKES, SETTLED_IN_RED = (3, 20), 0.25
NOTES = (
    "Called: it was about one delivery, and that is settled.",
    "Called and explained what comes with the next release.",
    "Passed on to the product team, with a date to report back.",
    "Solved together with support.",
    "Agreed on a review in a month.",
    "Offered another training; they take it.",
)
# In red still, and out of it again.
FALL_NOTES = (
    (
        "Spoke to the sponsor: the decision is taken. Agreed what they get until the end of the term.",
        "Recovery plan agreed with their management; reviewed every month.",
    ),
    (
        "Visited them; usage has come back since.",
        "Their new administrator was trained, and the tickets are closed.",
        "The unhappy colleague was called; the next answer was better.",
    ),
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
    thrown: Random, timeline: Timeline, rules: Iterable[Rule], responses: Iterable[Response]
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
                yield _case(thrown, timeline, rule, response, min(at + FOUND_AFTER, timeline.now))


def see_to_falls(now: datetime) -> None:
    """Begin with and close the open cases about health as far as people have got with them by an instant."""
    begun = FollowUp.objects.unfinished().filter(reason=FollowUp.Reason.HEALTH)
    for case in begun.select_related("account").order_by("account__external_id"):
        assert case.account is not None
        thrown = dice(f"fall {case.account.external_id} {case.opened_at:%Y%m%d}")
        closed_at = case.opened_at + timedelta(days=thrown.uniform(*FALL_TAKES))
        is_settled, is_begun = thrown.random() < SETTLED_IN_RED, thrown.random() < 0.6
        newest = Health.objects.filter(account=case.account).order_by("-day").first()
        is_red = newest is not None and newest.band == Health.Band.RED
        if closed_at < now and (is_settled or not is_red):
            FollowUp.objects.filter(pk=case.pk).update(note=thrown.choice(FALL_NOTES[not is_red]))
            move_follow_up(case, FollowUp.State.CLOSED, now=closed_at)
        elif is_begun and case.state == FollowUp.State.OPEN:
            move_follow_up(case, FollowUp.State.IN_PROGRESS, now=now)


def _case(thrown: Random, timeline: Timeline, rule: Rule, response: Response, at: datetime) -> FollowUp:
    days = thrown.triangular(*TAKES) * (LONGER if thrown.random() < WAITS else 1)
    closed_at = at + timedelta(days=days)
    note, is_begun = thrown.choice(NOTES), thrown.random() < 0.5
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
