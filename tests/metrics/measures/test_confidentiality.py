"""Who answered a confidential survey cannot be found out by asking often (SECURITY T22)."""

from datetime import UTC, date, datetime

import pytest

from metrics.actions.absorb import absorb_responses
from metrics.measures.comments import newest_comments
from metrics.measures.query import ask, ask_by
from metrics.measures.questions import survey_results
from metrics.measures.scope import Scope
from surveys.versions import published_definition
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)


@pytest.fixture(params=["confidential", "anonymous"])
def survey(request):
    return f.published_survey(privacy=request.param)


@pytest.fixture
def scope(survey):
    viewer = f.user(is_superuser=True)

    def make(**rest):
        days = {"start": date(2025, 6, 15), "end": date(2026, 6, 16), **rest}
        return Scope(viewer=viewer, today=TODAY, **{"survey": survey, **days})

    return make


def said(survey, count, *, month=5, day=10, **fields):
    for place in range(count):
        f.respond(
            survey,
            {"nps": place % 11, "why": "Because."},
            at=datetime(2026, month, day, 12, tzinfo=UTC),
            **fields,
        )


def give(survey, count, **fields):
    said(survey, count, **fields)
    absorb_responses(now=f.NOON)


def counts(parts):
    return {part.group: part.measure.n for part in parts}


def test_a_small_group_hides_and_with_it_the_next_smallest(survey, scope):
    for segment, people in (("a", 6), ("b", 1), ("c", 20)):
        said(survey, people, account=f.account(segment=segment))
    absorb_responses(now=f.NOON)
    assert counts(ask_by("nps", scope(), "segment")) == {"": 7, "a": 0, "b": 0, "c": 20}
    assert ask("nps", scope()).n == 27
    alone = {name: ask("nps", scope(attributes={"segment": name})) for name in "abc"}
    assert {name: measure.n for name, measure in alone.items()} == {"a": 0, "b": 0, "c": 20}
    assert alone["b"].value is None
    assert "confidential" in alone["b"].notes[0]


def test_of_six_and_one_neither_shows_beside_the_total(survey, scope):
    said(survey, 6, account=f.account(segment="a"))
    give(survey, 1, account=f.account(segment="b"))
    assert ask("nps", scope()).n == 7
    assert counts(ask_by("nps", scope(), "segment")) == {"": 7, "a": 0, "b": 0}
    assert ask("nps", scope(attributes={"segment": "a"})).n == 0


def test_the_fifth_answer_reveals_all_five_at_once(survey, scope):
    give(survey, 4)
    assert (ask("nps", scope()).n, ask("nps", scope()).value) == (0, None)
    give(survey, 1)
    assert ask("nps", scope()).n == 5


def test_days_cannot_be_told_apart(survey, scope):
    said(survey, 9, day=10)
    give(survey, 1, day=11)
    one_day = scope(start=date(2026, 5, 11), end=date(2026, 5, 12))
    without = scope(start=date(2026, 5, 1), end=date(2026, 5, 11))
    assert ask("nps", one_day).n == ask("nps", without).n == 10


def test_two_windows_do_not_tell_what_a_small_month_holds(survey, scope):
    give(survey, 9, month=4)
    give(survey, 1, month=5)
    with_may = scope(start=date(2026, 4, 1), end=date(2026, 6, 1))
    april = scope(start=date(2026, 4, 1), end=date(2026, 5, 1))
    assert ask("nps", with_may).n == ask("nps", april).n == 9
    assert counts(ask_by("nps", with_may, "month")) == {"2026-04-01": 9, "2026-05-01": 0}


@pytest.mark.parametrize("by", ["account", "country", "language", "channel"])
def test_no_other_filter_isolates_anyone(survey, scope, by):
    for place, people in enumerate((8, 1)):
        account = f.account(country=("DE", "FR")[place])
        said(survey, people, account=account, language=("en", "de")[place], channel=("link", "qr")[place])
    absorb_responses(now=f.NOON)
    parts = ask_by("nps", scope(), by)
    assert sum(part.measure.n for part in parts) == 0
    assert ask("nps", scope()).n == 9
    for part in parts:
        if part.group and by != "account":
            assert ask("nps", scope(**{by: part.group})).n == 0


def test_within_a_group_that_shows_a_month_may_not(survey, scope):
    a, b = (f.account(segment=name) for name in "ab")
    said(survey, 6, account=a, month=4)
    said(survey, 6, account=b, month=4)
    said(survey, 6, account=a, month=5)
    give(survey, 1, account=b, month=5)
    assert counts(ask_by("nps", scope(start=date(2026, 4, 1)), "month"))["2026-05-01"] == 7
    of_a = scope(start=date(2026, 4, 1), attributes={"segment": "a"})
    assert counts(ask_by("nps", of_a, "month"))["2026-05-01"] == 0


def test_several_answers_of_one_person_do_not_make_a_group(scope):
    survey = f.published_survey(
        [{**f.CSAT, "key": f"csat{place}"} for place in range(5)], privacy="confidential"
    )
    f.respond(survey, {f"csat{place}": 5 for place in range(5)})
    absorb_responses(now=f.NOON)
    assert ask("csat", scope(survey=survey)).n == 0


def test_an_identified_survey_of_the_same_programme_shows_and_nothing_of_the_other(survey):
    named = f.published_survey(of=survey.programme)
    give(survey, 2)
    give(named, 3)
    viewer = f.user(is_superuser=True)
    days = {"start": date(2025, 6, 15), "end": date(2026, 6, 16)}
    measure = ask("nps", Scope(viewer=viewer, today=TODAY, programme=survey.programme, **days))
    assert measure.n == 3
    assert "confidential" in measure.notes[0]


def test_results_and_comments_keep_the_promise(survey, scope):
    definition = published_definition(survey.live_version_id)
    account = f.account()
    give(survey, 4, account=account)
    assert [result.n for result in survey_results(scope(), definition).questions] == [0, 0, 0]
    assert newest_comments(scope(), 9) == []
    give(survey, 1, account=account)
    assert [result.n for result in survey_results(scope(), definition).questions] == [5, 0, 5]
    voices = newest_comments(scope(), 9)
    assert len(voices) == 5
    assert {(voice.account, voice.contact) for voice in voices} == {(None, None)}
    assert newest_comments(scope(account=account), 9) == []


def test_newest_comments_come_in_whole_blocks_of_months_and_never_by_the_day(survey, scope):
    give(survey, 3, month=3)
    give(survey, 2, month=4)
    assert len(newest_comments(scope(), 9)) == 5
    assert newest_comments(scope(end=date(2026, 4, 1)), 9) == []
    said(survey, 6, month=5, day=4)
    give(survey, 1, month=5, day=20)
    in_may = [
        newest_comments(scope(start=date(2026, 5, 1), end=date(2026, 5, end)), 9) for end in (8, 21, 31)
    ]
    assert [len(voices) for voices in in_may] == [7, 7, 7]


def test_the_same_answers_without_a_promise_show_one_by_one():
    survey = f.published_survey()
    give(survey, 1, account=f.account(segment="b"))
    viewer = f.user(is_superuser=True)
    scope = Scope(viewer=viewer, today=TODAY, start=date(2026, 5, 10), end=date(2026, 5, 11), survey=survey)
    assert counts(ask_by("nps", scope, "segment")) == {"b": 1}
