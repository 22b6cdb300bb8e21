"""What accounts said in a year, counted beforehand: the same as from every score, at any time."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from accounts.models import Team, User
from accounts.models.people import OPERATOR
from accounts.roles import ACCOUNT_MANAGER
from metrics.actions import years
from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.audit import differences
from metrics.measures.answers import read_answers
from metrics.measures.query import ask, ask_by
from metrics.measures.scope import Scope
from metrics.measures.splits import splits
from metrics.models import AccountYear, Score
from surveys.models import Programme
from tests import factories as f

pytestmark = pytest.mark.django_db

NOW = f.NOON
TODAY = NOW.date()
LATER = NOW + timedelta(hours=1)
QUESTIONS = [
    {"key": "nps", "kind": "nps", "text": "N"},
    {"key": "support", "kind": "csat", "text": "S"},
    {"key": "effort", "kind": "ces", "text": "E"},
]
STRICT = [
    {"key": "nps", "kind": "nps", "text": "N", "settings": {"detractor_max": 5, "passive_max": 7}},
]
VIEWS = ("nps_clustered", "nps_accounts", "nps_waterfall")


@pytest.fixture
def company():
    """Answers of two years, of three accounts in every role and of nobody, to questions read differently."""
    usual, strict = f.published_survey(questions=QUESTIONS), f.published_survey(questions=STRICT)
    other = f.published_survey(questions=QUESTIONS, of=f.programme(Programme.Mode.TRANSACTIONAL))
    manager, team = f.user(is_staff=True), Team.objects.create(name="North")
    manager.groups.add(Group.objects.get(name=ACCOUNT_MANAGER))
    accounts = [f.account(owner=manager, country="DE"), f.account(team=team), f.account(country="FR")]
    people = [f.contact(each, role=role) for each in accounts for role in ("decision_maker", "user")]
    for number in range(90):
        survey = (usual, strict, other)[number % 3]
        said = {"nps": number * 7 % 11}
        if survey is not strict:
            said |= {"support": 1 + number % 5, "effort": 1 + number % 7}
        whose = {} if number % 10 == 9 else {"contact": people[number * 5 % len(people)]}
        f.respond(survey, said, at=NOW - timedelta(days=8 * number), **whose)
    absorb_responses(now=LATER)
    return manager


def scopes(manager):
    whole = Scope.of_answers(OPERATOR, TODAY)
    yield whole
    yield replace(whole, viewer=manager)
    yield replace(whole, owner=manager)
    yield replace(whole, team=Team.objects.get())
    yield replace(whole, country="FR")
    yield replace(whole, programme=Programme.objects.filter(mode="transactional").get())
    yield replace(whole, unsaid=frozenset({"owner"}))


def everything(manager):
    """All that is asked by account, for the whole and for parts of it."""
    found = []
    for scope in scopes(manager):
        found += [splits(scope, *by) for by in (("account",), ("account", "role"), ("owner",), ("team",))]
        found += [ask(name, scope) for name in (*VIEWS, "csat", "ces", "nps")]
        found += [sorted(map(repr, read_answers(scope, ("nps", "csat", "ces"), "account").cells))]
        found += [[*map(repr, ask_by("csat", scope, "country"))]]
    return found


def test_what_is_asked_by_account_is_the_same_counted_beforehand_or_not(company):
    before = everything(company)
    assert years.count_years(day=TODAY)
    assert everything(company) == before


def test_the_year_is_read_from_what_is_counted_and_any_other_window_is_not(company):
    years.count_years(day=TODAY)
    whole = Scope.of_answers(OPERATOR, TODAY)
    n = ask("nps_clustered", whole).n
    Score.objects.filter(day=TODAY).delete()
    assert ask("nps_clustered", whole).n == n
    assert ask("nps_clustered", whole.between(whole.start + timedelta(days=1), whole.end)).n == n - 1
    assert ask("nps_clustered", replace(whole, without_flagged=True)).n == n - 1
    AccountYear.objects.filter(pk=AccountYear.objects.first().pk).update(day=TODAY - timedelta(days=1))
    assert ask("nps_clustered", whole).n == n - 1


def test_what_is_answered_edited_and_deleted_is_counted_with_its_absorption(company):
    years.count_years(day=TODAY)
    newest = Score.objects.filter(kind="nps").order_by("-day").exclude(account=None)[0].response
    f.respond(newest.survey, {"nps": 0}, contact=newest.contact, at=NOW)
    absorb_responses(now=LATER)
    assert differences(now=LATER) == []
    newest.answers, newest.revision = {"nps": 3}, 2
    newest.save()
    absorb_responses(now=LATER, sweep=True)
    assert differences(now=LATER) == []
    newest.delete()
    absorb_responses(now=LATER)
    assert differences(now=LATER) == []
    counted = everything(company)
    AccountYear.objects.all().delete()
    assert everything(company) == counted


def test_a_day_later_it_is_counted_again(company):
    assert years.count_missing_years(today=TODAY) > 0
    assert years.count_missing_years(today=TODAY) == 0
    tomorrow = TODAY + timedelta(days=1)
    assert years.count_missing_years(today=tomorrow) > 0
    assert set(AccountYear.objects.values_list("day", flat=True)) == {tomorrow}
    assert years.count_years(day=TODAY + timedelta(days=900)) == 0


def test_a_rebuild_counts_all_of_it_again(company):
    rows = years.count_years(day=TODAY)
    AccountYear.objects.filter(pk=AccountYear.objects.first().pk).update(counts=[9] * 11)
    rebuild_metrics()
    assert AccountYear.objects.count() == rows
    assert differences(now=LATER) == []


def test_what_is_not_what_the_answers_say_is_named(company):
    years.count_years(day=TODAY)
    AccountYear.objects.filter(pk=AccountYear.objects.first().pk).update(counts=[9] * 11)
    AccountYear.objects.last().delete()
    wrong, missing = sorted(differences(now=LATER), key=lambda each: "missing" in each)
    assert wrong.startswith("account year ")
    assert missing.endswith("is missing")


def test_of_many_accounts_at_once_nothing_stays_counted_until_all_are(company):
    rows = years.count_years(day=TODAY)
    with connection.cursor() as cursor:
        years.count_again(cursor, range(years.MOST_AT_ONCE + 1))
    assert not AccountYear.objects.exists()
    assert years.count_missing_years(today=TODAY) == rows


def test_nothing_is_counted_of_who_may_not_be_seen(company):
    years.count_years(day=TODAY)
    stranger = User.objects.get(pk=f.user(is_staff=True).pk)
    assert splits(Scope.of_answers(stranger, TODAY), "account") == {}
