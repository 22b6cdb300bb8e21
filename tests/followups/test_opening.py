"""What opens a follow-up, and that it is opened once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from followups.actions import move_follow_up, open_follow_ups
from followups.models import FollowUp, Rule
from followups.tasks import open_cases
from metrics.actions.absorb import absorb_responses
from metrics.models import Health, Scorecard
from tests import factories as f

pytestmark = pytest.mark.django_db
TODAY = f.NOON.date()
CALL = {"ask": "call_back", "text": "+1 555 0100, mornings", "consent": "Yes, please contact me."}


@pytest.fixture
def survey():
    made = f.published_survey()
    Rule.objects.create(programme=made.programme, kind="nps", at_most=6, since=TODAY, due_in_days=3)
    return made


@pytest.fixture
def person():
    return f.contact(f.account(owner=f.user()))


def absorbed():
    absorb_responses(now=f.NOON + timedelta(minutes=1))
    return open_follow_ups(now=f.NOON + timedelta(minutes=1))


def test_a_detractor_is_followed_up_by_the_owner_of_the_account(survey, person):
    response = f.respond(survey, {"nps": 3}, contact=person)
    assert absorbed() == 1
    case = FollowUp.objects.get()
    assert (case.response, case.account, case.contact) == (response, person.account, person)
    assert (case.reason, case.state, case.owner) == ("score", "open", person.account.owner)
    assert case.about == f"NPS 3 in “{survey}”"
    assert case.due_on == TODAY + timedelta(days=3)


@pytest.mark.parametrize("nps", [7, 10])
def test_whoever_is_content_is_left_alone(survey, person, nps):
    f.respond(survey, {"nps": nps}, contact=person)
    assert absorbed() == 0


def test_running_again_opens_nothing_anew_nor_what_was_closed(survey, person):
    f.respond(survey, {"nps": 3}, contact=person)
    assert absorbed() == 1
    assert open_follow_ups(now=f.NOON) == 0
    move_follow_up(FollowUp.objects.get(), "closed", now=f.NOON)
    assert absorbed() == 0
    assert FollowUp.objects.get().closed_at == f.NOON


def test_two_unhappy_scores_of_one_answer_are_one_case(survey, person):
    Rule.objects.create(programme=survey.programme, kind="csat", at_most=2, since=TODAY)
    f.respond(survey, {"nps": 0, "csat": 1}, contact=person)
    assert absorbed() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"contact": None},
        {"flags": ["honeypot"]},
        {"is_test": True},
        {"submitted_at": f.NOON - timedelta(days=1)},
    ],
)
def test_nameless_flagged_test_and_earlier_answers_open_nothing(survey, person, fields):
    f.respond(survey, {"nps": 3}, **{"contact": person, **fields})
    assert absorbed() == 0


def test_without_a_rule_a_score_opens_nothing(survey, person):
    Rule.objects.all().delete()
    f.respond(survey, {"nps": 3}, contact=person)
    assert absorbed() == 0


@pytest.mark.parametrize("is_known", [True, False])
def test_whoever_asked_to_be_called_is(survey, person, is_known):
    response = f.respond(survey, {"nps": 9}, contact=person if is_known else None, afterword=CALL)
    assert absorbed() == 1
    case = FollowUp.objects.get()
    assert (case.reason, case.response, case.note) == ("call_back", response, CALL["text"])
    assert case.account == (person.account if is_known else None)
    assert case.due_on == TODAY + timedelta(days=1)


def test_an_unhappy_answer_that_asks_to_be_called_is_one_case(survey, person):
    f.respond(survey, {"nps": 2}, contact=person, afterword=CALL)
    assert absorbed() == 1
    assert FollowUp.objects.get().reason == "call_back"


@pytest.mark.parametrize(
    ("bands", "cases"),
    [
        (("green", "red"), 1),
        (("yellow", "red", "red"), 1),
        (("green", "yellow"), 0),
        (("red", "red"), 0),
        (("grey", "red"), 0),
        (("green", "red", "green"), 0),
        (("red",), 0),
    ],
)
def test_a_fall_into_red_that_lasts_opens_a_case_once(person, bands, cases):
    healths(person.account, bands)
    assert open_follow_ups(now=f.NOON) == cases
    assert open_follow_ups(now=f.NOON) == 0
    for case in FollowUp.objects.all():
        assert (case.reason, case.account, case.owner) == ("health", person.account, person.account.owner)
        assert case.about.startswith("Health fell to 30 on ")
        move_follow_up(case, "closed", now=f.NOON)
    assert open_follow_ups(now=f.NOON) == 0


def test_a_second_fall_opens_a_second_case(person):
    healths(person.account, ("green", "red"))
    open_follow_ups(now=f.NOON)
    move_follow_up(FollowUp.objects.get(), "closed", now=f.NOON)
    later = f.NOON + timedelta(days=3)
    healths(person.account, ("green", "red"), until=later.date())
    assert open_follow_ups(now=later) == 1


def test_the_task_opens_what_is_there():
    f.respond(f.published_survey(), {"nps": 9}, afterword=CALL, changed_at=timezone.now())
    open_cases()
    open_cases()
    assert FollowUp.objects.count() == 1


def healths(account, bands, *, until=TODAY):
    """Write one health a day, the last of them on `until`."""
    card, _ = Scorecard.objects.get_or_create(
        number=1, defaults={"weights": {}, "valid_from": TODAY, "created_at": f.NOON}
    )
    own = {"score": 3000, "base": 6000, "confidence": 9000, "parts": [], "computed_at": f.NOON}
    for age, band in enumerate(reversed(bands)):
        Health.objects.create(
            account=account, scorecard=card, day=until - timedelta(days=age), band=band, **own
        )
