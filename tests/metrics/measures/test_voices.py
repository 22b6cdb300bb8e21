from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.measures.comments import newest_comments
from metrics.measures.questions import survey_results
from metrics.measures.scope import Scope
from metrics.measures.voices import Mood, mood_of
from surveys.actions.authoring import publish_survey
from surveys.kinds import KINDS
from surveys.versions import published_definition
from tests import factories as f

TODAY = date(2026, 6, 15)
CHOICE = {
    "key": "plan",
    "kind": "single_choice",
    "text": "Which plan?",
    "choices": [{"key": "free", "text": "Free"}, {"key": "paid", "text": "Paid"}],
}


def someone(role=EXECUTIVE):
    user = f.user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def answers(viewer=None, **rest):
    return Scope.of_answers(viewer or someone(), TODAY, **rest)


@pytest.mark.parametrize(
    ("kind", "settings", "moods"),
    [
        ("nps", {}, "-------00++"),
        ("nps", {"detractor_max": 4, "passive_max": 7}, "-----000+++"),
        ("csat", {}, "--0++"),
        ("csat", {"points": 2}, "-+"),
        ("csat", {"points": 7}, "---00++"),
        ("ces", {}, "---0+++"),
        ("ces", {"version": "1.0"}, "++0--"),
        ("rating", {}, "00000"),
    ],
)
def test_mood_follows_the_cut_offs_of_the_question(kind, settings, moods):
    scale = KINDS[kind]
    complete = scale.complete_settings(settings)
    signs = {Mood.UNHAPPY: "-", Mood.NEUTRAL: "0", Mood.HAPPY: "+"}
    assert "".join(signs[mood_of(kind, point, complete)] for point in scale.points(complete)) == moods


@pytest.mark.django_db
def test_comments_come_newest_first_each_with_its_mood():
    survey = f.published_survey()
    for days_ago, score in ((3, 0), (2, 10), (1, 8), (0, 9)):
        at = f.NOON - timedelta(days=days_ago)
        f.respond(survey, {"nps": score, "why": f"{score} says why"}, at=at)
    f.respond(survey, {"nps": 0})
    f.respond(survey, {"nps": 0, "why": "too long ago"}, at=f.NOON - timedelta(days=400))
    absorb_responses(now=f.NOON)

    newest = newest_comments(answers(), 9)
    assert [voice.words for voice in newest] == [
        ("9 says why",),
        ("8 says why",),
        ("10 says why",),
        ("0 says why",),
    ]
    assert [(each.label, each.value, each.highest) for each in newest[0].given] == [("NPS", 9, 10)]
    assert [voice.mood for voice in newest] == [Mood.HAPPY, Mood.NEUTRAL, Mood.HAPPY, Mood.UNHAPPY]


@pytest.mark.django_db
def test_comments_are_those_of_the_accounts_that_the_viewer_sees():
    owner, survey = someone(ACCOUNT_MANAGER), f.published_survey()
    for account in (f.account(owner=owner), f.account(), None):
        f.respond(survey, {"why": f"from {account}"}, account=account)
    absorb_responses(now=f.NOON)
    assert len(newest_comments(answers(owner), 9)) == 1
    assert len(newest_comments(answers(), 9)) == 3
    assert newest_comments(answers(someone(ACCOUNT_MANAGER)), 9) == []


@pytest.mark.django_db
def test_every_question_has_its_distribution():
    earlier = {**CHOICE, "choices": [*CHOICE["choices"], {"key": "gone", "text": "Gone"}]}
    survey = f.published_survey([f.NPS, earlier, f.WHY])
    f.respond(survey, {"nps": 10, "plan": "gone"})
    survey.questions.get(key="plan").choices.filter(key="gone").delete()
    publish_survey(survey, by=None, now=f.NOON)
    survey.refresh_from_db()
    f.respond(survey, {"nps": 10, "plan": "paid", "why": "Good"})
    f.respond(survey, {"nps": 3, "plan": "paid"})
    absorb_responses(now=f.NOON)

    results = survey_results(answers(survey=survey), published_definition(survey.live_version_id))
    nps, plan, why = results.questions

    assert (nps.n, plan.n, why.n) == (3, 3, 1)
    assert nps.headline.value == pytest.approx(100 / 3)
    assert [(bar.label, bar.count) for bar in nps.bars if bar.count] == [("10", 2), ("3", 1)]
    assert [bar.label for bar in nps.bars] == [str(point) for point in range(10, -1, -1)]
    assert nps.bars[0].percent == pytest.approx(200 / 3)
    assert [(bar.label, bar.count) for bar in plan.bars] == [
        ("Free", 0),
        ("Paid", 2),
        ("gone (no longer offered)", 1),
    ]
    assert (why.headline, why.bars) == (None, ())
    assert results.headline is nps
    assert results.trend[-1].measure.n == 3


@pytest.mark.django_db
def test_queries_do_not_grow_with_the_responses(django_assert_num_queries):
    scope = answers(survey=f.published_survey([f.NPS, f.CSAT, f.CES, CHOICE, f.WHY]))
    assert scope.viewer.sees_all_accounts
    definition = published_definition(scope.survey.live_version_id)
    for responses in (1, 30):
        for _ in range(responses):
            f.respond(scope.survey, {"nps": 9, "csat": 4, "ces": 6, "plan": "paid", "why": "Yes"})
        absorb_responses(now=f.NOON)
        with django_assert_num_queries(3):
            survey_results(scope, definition)
        with django_assert_num_queries(4):
            newest_comments(scope, 8)
