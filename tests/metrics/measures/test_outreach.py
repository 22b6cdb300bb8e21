from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.formulas.intervals import wilson
from metrics.measures.coverage import Hearing, by_role, contacts_heard
from metrics.measures.outreach import completion_rate, response_rate
from metrics.measures.samples import Sample, read_counts
from metrics.measures.scope import Scope
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
LATER = f.NOON + timedelta(days=1)
OPTIONS = [{"key": "price", "text": "Price"}, {"key": "x", "text": "Else", "is_other": True}]
ONE = {"key": "one", "kind": "single_choice", "text": "Why?", "choices": OPTIONS}
MANY = {"key": "many", "kind": "multiple_choice", "text": "Which?", "choices": OPTIONS}


def someone(role=EXECUTIVE):
    user = f.user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def answers(viewer=None, **rest):
    return Scope.of_answers(viewer or someone(), TODAY, **rest)


def test_response_rate_is_completed_of_delivered_by_the_day_of_sending():
    survey = f.published_survey()
    contact = f.contact(f.account())
    f.respond(survey, {"nps": 9}, contact=contact, invitation=f.invitation(survey, contact))
    partial = f.invitation(survey, contact)
    f.respond(survey, {"nps": 9}, contact=contact, invitation=partial, submitted_at=None)
    tested = f.invitation(survey, contact)
    f.respond(survey, {"nps": 9}, contact=contact, invitation=tested, is_test=True)
    f.invitation(survey, contact)
    f.invitation(survey, contact, sent_at=None)
    f.invitation(survey, contact, bounced_at=f.NOON)
    f.invitation(survey, contact, sent_at=f.NOON - timedelta(days=400))

    measure = response_rate(answers())

    low, high = wilson(1, 4)
    assert (measure.value, measure.n) == (25, 4)
    assert measure.interval == pytest.approx((100 * low, 100 * high))


def test_windows_are_half_open_local_days(settings):
    settings.REPORTING_TIME_ZONE = "Asia/Kathmandu"  # +05:45
    settings.REPORTING_ZONE = ZoneInfo("Asia/Kathmandu")
    survey, contact = f.published_survey(), f.contact(f.account())
    midnight = datetime(2026, 6, 14, 18, 15, tzinfo=UTC)
    for sent_at in (midnight - timedelta(microseconds=1), midnight, midnight + timedelta(days=1)):
        f.invitation(survey, contact, sent_at=sent_at)
        f.respond(survey, {"nps": 9}, at=sent_at)
    absorb_responses(now=LATER)
    one_day = answers().between(date(2026, 6, 15), date(2026, 6, 16))
    assert response_rate(one_day).n == 1
    assert completion_rate(one_day).n == 1


def test_completion_rate_is_completed_of_begun():
    survey = f.published_survey()
    for fields in ({}, {}, {"submitted_at": None}, {"is_test": True}, {"at": f.NOON - timedelta(days=400)}):
        f.respond(survey, {"nps": 9}, **fields)
    absorb_responses(now=LATER)
    measure = completion_rate(answers(survey=survey))
    assert (round(measure.value, 2), measure.n) == (66.67, 3)
    assert completion_rate(answers(survey=f.published_survey())).value is None


def test_visits_of_everybody_are_tallied_as_those_of_accounts_are_counted():
    survey = f.published_survey()
    accounts = [f.account(segment=segment) for segment in ("SMB", "Large")]
    for number in range(24):
        partial = {"submitted_at": None} if number % 4 == 1 else {}
        account, language = accounts[number % 2], ("en", "de")[number % 3 // 2]
        at = f.NOON - timedelta(days=5 * number)
        f.respond(survey, {"nps": 9}, account=account, at=at, language=language, **partial)
    absorb_responses(now=LATER)
    for first, last in ((date(2000, 1, 1), TODAY), (date(2026, 1, 20), date(2026, 4, 30))):
        whole = answers().between(first, last + timedelta(days=1))
        for asked in (whole, replace(whole, survey=survey), replace(whole, language="de")):
            of_all = completion_rate(asked)
            counted = completion_rate(replace(asked, without_flagged=True))
            assert (of_all.n, of_all.beside) == (counted.n, counted.beside)
            assert 0 < of_all.beside["completed"] < of_all.n


def test_rates_are_those_of_the_accounts_that_the_viewer_sees():
    owner, survey = someone(ACCOUNT_MANAGER), f.published_survey()
    for account in (f.account(owner=owner), f.account(), f.account()):
        contact = f.contact(account)
        f.respond(survey, {"nps": 9}, contact=contact, invitation=f.invitation(survey, contact))
    f.respond(survey, {"nps": 9})
    absorb_responses(now=LATER)
    assert (response_rate(answers()).n, completion_rate(answers()).n) == (3, 4)
    assert (response_rate(answers(owner)).n, completion_rate(answers(owner)).n) == (1, 1)
    assert response_rate(answers(someone(ACCOUNT_MANAGER))).value is None


def test_coverage_tells_silence_from_never_having_been_asked():
    survey, account = f.published_survey(), f.account()
    people = {
        name: f.contact(account, name=name, role=role)
        for name, role in (
            ("answered", "decision_maker"),
            ("open link", "user"),
            ("unnamed", "user"),
            ("unnamed long ago", "user"),
            ("silent", "user"),
            ("bounced", "user"),
            ("long ago", "user"),
            ("never", "user"),
        )
    }
    invited = f.invitation(survey, people["answered"])
    f.respond(survey, {"nps": 9}, contact=people["answered"], invitation=invited)
    f.respond(survey, {"nps": 9}, contact=people["open link"])
    f.invitation(survey, people["unnamed"], answered_on=f.NOON.date())
    f.invitation(survey, people["unnamed long ago"], answered_on=date(2025, 1, 1))
    f.invitation(survey, people["silent"])
    f.respond(survey, {"nps": 9}, contact=people["silent"], is_test=True)
    f.respond(survey, {"nps": 9}, contact=people["silent"], submitted_at=None)
    f.invitation(survey, people["bounced"], bounced_at=f.NOON)
    f.invitation(survey, people["long ago"], sent_at=f.NOON - timedelta(days=400))
    f.contact(f.account(), name="of another account")

    heard = contacts_heard(answers(account=account))

    assert {each.contact.name: each.hearing for each in heard} == {
        "answered": Hearing.ANSWERED,
        "open link": Hearing.ANSWERED,
        "unnamed": Hearing.ANSWERED,
        "unnamed long ago": Hearing.SILENT,
        "silent": Hearing.SILENT,
        "bounced": Hearing.NOT_ASKED,
        "long ago": Hearing.NOT_ASKED,
        "never": Hearing.NOT_ASKED,
    }
    assert heard[0].contact.name == "answered"
    assert [tuple(row) for row in by_role(heard)] == [("decision_maker", 1, 1, 1, 0), ("user", 7, 4, 2, 2)]
    days = {each.contact.name: each.answered_on for each in heard}
    assert (days["unnamed"], days["answered"], days["silent"]) == (f.NOON.date(), f.NOON.date(), None)


def test_picks_are_counted_by_choice_and_the_open_one_as_other():
    survey = f.published_survey([ONE, MANY, f.WHY])
    f.respond(survey, {"one": "price", "many": ["price", {"other": "a"}]})
    f.respond(survey, {"one": {"other": "b"}, "why": "price"})
    f.respond(survey, {"one": "price"}, submitted_at=None)
    f.respond(survey, {"one": "price"}, is_test=True)
    f.respond(survey, {"one": "price"}, at=f.NOON - timedelta(days=400))
    f.respond(f.published_survey([ONE]), {"one": "price"})

    picks = read_counts(Sample(scope=answers(survey=survey)), ["one", "many"], others=["why"])

    assert (picks.responses, picks.is_cut) == (3, False)
    assert picks.answered == {"one": 3, "many": 1, "why": 1}
    assert picks.picked == {
        ("one", "price"): 2,
        ("one", "other"): 1,
        ("many", "price"): 1,
        ("many", "other"): 1,
    }


def test_picks_are_those_of_the_accounts_that_the_viewer_sees():
    owner, survey = someone(ACCOUNT_MANAGER), f.published_survey([ONE])
    for account in (f.account(owner=owner), f.account(), None):
        f.respond(survey, {"one": "price"}, account=account)
    assert read_counts(Sample(scope=answers(owner, survey=survey)), ["one"]).picked == {("one", "price"): 1}
    assert read_counts(Sample(scope=answers(survey=survey)), ["one"]).picked == {("one", "price"): 3}


def test_keys_from_a_definition_are_never_read_as_sql():
    survey = f.published_survey([ONE])
    f.respond(survey, {"one": "%s'; --"})
    assert read_counts(Sample(scope=answers(survey=survey)), ["one", "a'b\"c)--"]).picked == {
        ("one", "%s'; --"): 1
    }
