"""NPS, CSAT, CES and ratings from responses that the absorber has read, against counts made by hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.formulas.intervals import nps_score_interval, wilson
from metrics.measures.answers import read_answers
from metrics.measures.scope import Scope
from metrics.measures.sentiment import by_programme, ces, csat, measure_of, nps, trend
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
CES_1 = {"key": "effort", "kind": "ces", "text": "How much effort?", "settings": {"version": "1.0"}}
OWN_CUTS = {
    "key": "local",
    "kind": "nps",
    "text": "Likely?",
    "settings": {"detractor_max": 5, "passive_max": 7},
}


def someone(role=EXECUTIVE):
    user = f.user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def answers(viewer=None, **rest):
    return Scope.of_answers(viewer or someone(), TODAY, **rest)


def give(survey, key, values, **fields):
    for value in values:
        f.respond(survey, {key: value}, **fields)


def absorb():
    absorb_responses(now=f.NOON)


def test_nps_is_promoters_less_detractors_with_promoters_beside():
    survey = f.published_survey()
    give(survey, "nps", [10, 10, 9, 8, 7, 6, 0])
    absorb()
    measure = nps(answers())
    assert measure.value == pytest.approx(100 * (3 - 2) / 7)
    assert measure.n == 7
    assert measure.interval == pytest.approx(nps_score_interval(2, 2, 3))
    assert measure.beside["percent_promoters"] == pytest.approx(300 / 7)
    assert "9–10" in measure.definition
    assert (measure.window, measure.as_of) == ((date(2025, 6, 16), date(2026, 6, 16)), TODAY)


def test_nothing_is_known_without_answers():
    f.published_survey()
    scope = answers()
    assert [measure(scope).value for measure in (nps, csat, ces)] == [None, None, None]
    assert [measure(scope).n for measure in (nps, csat, ces)] == [0, 0, 0]
    assert nps(scope).interval is None


def test_cut_offs_are_those_of_the_question():
    survey = f.published_survey([OWN_CUTS])
    give(survey, "local", [8, 8, 6])
    absorb()
    measure = nps(answers(survey=survey))
    assert measure.value == pytest.approx(200 / 3)
    assert "8–10" in measure.definition
    assert "0–5" in measure.definition


def test_each_question_keeps_its_cut_offs_when_surveys_are_added_up():
    programme = f.programme()
    give(f.published_survey([OWN_CUTS], of=programme), "local", [8])
    give(f.published_survey(of=programme), "nps", [8])
    absorb()
    measure = nps(answers(programme=programme))
    assert (measure.value, measure.n) == (50, 2)
    assert "cut-offs of each question" in measure.definition


def test_a_question_that_is_no_longer_asked_keeps_its_cut_offs():
    survey = f.published_survey([OWN_CUTS, f.CSAT])
    give(survey, "local", [8])
    survey.questions.get(key="local").delete()
    f.publish_survey(survey, by=None, now=f.NOON)
    absorb()
    assert nps(answers(survey=survey)).value == 100


def test_the_relationship_and_single_events_are_never_added_up():
    event = f.programme("transactional")
    give(f.published_survey(), "nps", [10])
    give(f.published_survey(of=event), "nps", [0, 0])
    absorb()
    scope = answers()
    assert (nps(scope).value, nps(scope).n) == (100, 1)
    assert nps(answers(mode="transactional")).value == -100
    assert nps(answers(programme=event)).value == -100
    read = read_answers(scope, ("nps",))
    assert {each.mode: measure.value for each, measure in by_programme(scope, read, "nps")} == {
        "relationship": 100,
        "transactional": -100,
    }


def test_csat_is_the_share_of_satisfied_with_the_mean_beside():
    survey = f.published_survey()
    give(survey, "csat", [5, 4, 3, 1])
    absorb()
    measure = csat(answers())
    low, high = wilson(2, 4)
    assert (measure.value, measure.n, measure.beside["mean"]) == (50, 4, 3.25)
    assert measure.interval == pytest.approx((100 * low, 100 * high))


def test_different_scales_are_never_pooled_but_said():
    give(f.published_survey(), "csat", [5])
    give(f.published_survey([{**f.CSAT, "settings": {"points": 7}}]), "csat", [7])
    absorb()
    measure = csat(answers())
    assert (measure.value, measure.n) == (None, 2)
    assert "never pooled" in measure.notes[0]


def test_effort_is_good_when_low_and_ease_when_high():
    ease, effort = f.published_survey([f.CES]), f.published_survey([CES_1])
    give(ease, "ces", [7, 5, 4, 1])
    give(effort, "effort", [1, 2, 3, 5])
    absorb()
    easy, little = ces(answers(survey=ease)), ces(answers(survey=effort))
    assert (easy.value, little.value) == (50, 50)
    assert "5 or more of 7" in easy.definition
    assert "less is better" in little.definition
    assert ces(answers()).value is None


def test_a_rating_has_a_mean_with_its_interval():
    survey = f.published_survey([{"key": "docs", "kind": "rating", "text": "Docs?"}])
    give(survey, "docs", [5, 3, 4])
    absorb()
    scope = answers(survey=survey)
    measure = measure_of(scope, read_answers(scope, ("rating",)), "rating")
    assert (measure.value, measure.n) == (4, 3)
    # Student's t with 2 degrees of freedom: 4 ± 4.3027 x 1 / sqrt(3).
    assert measure.interval == pytest.approx((1.5159, 6.4841), abs=1e-4)


def test_the_trend_has_every_month_and_adds_up_to_the_whole():
    survey = f.published_survey()
    for month, values in ((1, [10, 9]), (3, [0]), (6, [8])):
        give(survey, "nps", values, at=datetime(2026, month, 1, tzinfo=UTC))
    give(survey, "nps", [5], at=datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC))
    absorb()
    scope = answers().between(date(2026, 1, 1), date(2026, 7, 1))
    read = read_answers(scope, ("nps",), by="month")
    points = trend(scope, read, "nps", "month")
    assert [point.period.month for point in points] == [1, 2, 3, 4, 5, 6]
    assert [point.measure.value for point in points] == [100, None, -100, None, None, 0]
    assert [point.measure.n for point in points] == [2, 0, 1, 0, 0, 1]
    assert measure_of(scope, read, "nps").n == 4


def test_windows_are_half_open():
    survey = f.published_survey()
    for instant in (
        datetime(2026, 5, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 6, 1, tzinfo=UTC),
        datetime(2026, 6, 2, tzinfo=UTC),
    ):
        give(survey, "nps", [9], at=instant)
    absorb()
    assert nps(answers().between(date(2026, 6, 1), date(2026, 6, 2))).n == 1
    assert nps(answers().between(None, date(2026, 6, 2))).n == 2


def test_whoever_sees_some_accounts_gets_the_numbers_of_these():
    owner, colleague, stranger = (someone(ACCOUNT_MANAGER) for _ in range(3))
    team = f.Team.objects.create(name="North")
    colleague.teams.add(team)
    survey = f.published_survey()
    mine = f.account(owner=owner, team=team)
    give(survey, "nps", [10, 10], account=mine)
    give(survey, "nps", [0, 0, 0], account=f.account())
    give(survey, "nps", [0], account=None)
    absorb()
    for viewer in (owner, colleague):
        measure = nps(answers(viewer))
        assert (measure.value, measure.n) == (100, 2)
        assert measure.notes[0] == "Counts only the accounts that you see."
    assert nps(answers(stranger)).value is None
    everyone = nps(answers())
    assert (everyone.n, everyone.notes) == (6, ())
    assert nps(answers(account=mine)).n == 2
    assert nps(answers(stranger, account=mine)).n == 0


def test_answers_are_narrowed_by_what_the_account_was_when_they_came():
    survey, account = f.published_survey(), f.account(segment="small", country="Chile")
    give(survey, "nps", [10], account=account)
    absorb()
    account.segment = "large"
    account.save()
    assert nps(answers(attributes={"segment": "small"})).n == 1
    assert nps(answers(attributes={"segment": "large"})).n == 0
    assert nps(answers(country="Chile")).n == 1
    assert nps(answers(country="Peru")).n == 0
    with pytest.raises(ValueError, match="weather"):
        answers(attributes={"weather": "fine"})


def test_queries_do_not_grow_with_surveys_or_answers(django_assert_max_num_queries):
    owner = someone(ACCOUNT_MANAGER)
    account = f.account(owner=owner)
    for surveys in (1, 8):
        for _ in range(surveys):
            give(f.published_survey(), "nps", range(11), account=account)
        absorb()
        for scope in (answers(), answers(owner), answers(account=account)):
            assert scope.viewer.has_perm("surveys.view_survey")
            with django_assert_max_num_queries(4):
                read_answers(scope, ("nps", "csat", "ces"), by="month")


def test_few_answers_are_marked_as_few():
    survey = f.published_survey()
    give(survey, "nps", [9] * 4)
    absorb()
    assert nps(answers()).is_few
    give(survey, "nps", [9], at=f.NOON + timedelta(seconds=1))
    absorb_responses(now=f.NOON + timedelta(seconds=5))
    assert not nps(answers()).is_few


def test_a_period_that_is_over_is_provisional_for_two_weeks():
    give(f.published_survey(), "nps", [9], at=datetime(2026, 5, 10, tzinfo=UTC))
    absorb()
    may = replace(answers(), start=date(2026, 5, 1), end=date(2026, 6, 1))
    notes = {day: nps(replace(may, today=date(2026, 6, day))).notes for day in (1, 14, 15)}
    assert "Provisional until 2026-06-15" in notes[1][-1]
    assert notes[14] == notes[1]
    assert not any("Provisional" in note for note in notes[15])
    assert not any("Provisional" in note for note in nps(answers()).notes)
