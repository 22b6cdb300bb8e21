"""Many questions at once say what asking one by one says, in as many queries however many there are."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group

from accounts.models import Account, ExchangeRate, Team
from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.actions.asked import count_asked
from metrics.actions.health import score_accounts
from metrics.measures.query import NotAsked, ask
from metrics.measures.scope import Scope
from metrics.measures.together import PARTS, READERS, Question, ask_each
from surveys.models import Programme
from tests import factories as f

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)
LARGE = {"segment": "large"}
ALL = (*READERS, "services_margin", "nps_accounts")


def at(month, day=10):
    return datetime(2026, month, day, 12, tzinfo=UTC)


def someone(role, **fields):
    user = f.user(is_staff=True, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def terms_of(account, yearly, *, currency="USD", heir=None):
    """Two terms a year each, of which the second renews the first for a tenth more."""
    first = f.subscription(
        account, date(2024, 12, 1), date(2025, 12, 1), yearly, currency=currency, external_id=f"{account.pk}a"
    )
    f.subscription(
        heir or account, date(2025, 12, 1), None, yearly * 11 // 10, currency=currency, renews=first
    )


@pytest.fixture
def kim():
    return someone(ACCOUNT_MANAGER, email="kim@example.com")


@pytest.fixture
def company(kim):
    """Customers of two segments, an owner and a team; one taken over, one who pays in euros, one who left.

    One has a contract that runs out today, and one that begins tomorrow.
    """
    north = Team.objects.create(name="North")
    for month, rate in ((date(2025, 6, 1), "1.1"), (date(2026, 6, 1), "1.2")):
        ExchangeRate.objects.create(currency="EUR", month=month, rate=Decimal(rate))
    own, shared = f.account(segment="smb", owner=kim), f.account(segment="smb", team=north)
    large, old, lost = (
        f.account(segment="large"),
        f.account(segment="smb"),
        f.account(segment="large", owner=kim),
    )
    terms_of(own, 1000)
    terms_of(shared, 2000, currency="EUR")
    terms_of(old, 400, heir=large)
    f.subscription(lost, date(2025, 1, 1), date(2026, 1, 1), 700)
    tomorrow = TODAY + timedelta(days=1)
    f.subscription(own, date(2025, 2, 1), tomorrow, 300)
    f.subscription(large, tomorrow, None, 500)
    survey, support = f.published_survey(), f.published_survey(of=f.programme(Programme.Mode.TRANSACTIONAL))
    private = f.published_survey(privacy="confidential")
    for place, account in enumerate((own, shared, large, old, lost)):
        for one in range(3):
            contact = f.contact(account)
            f.invitation(survey, contact, sent_at=at(3))
            f.respond(survey, {"nps": (place * 3 + one * 4) % 11, "csat": 1 + one}, contact=contact, at=at(4))
            f.respond(support, {"nps": one, "csat": 5 - one, "ces": 3 + place % 4}, contact=contact, at=at(5))
            f.respond(private, {"nps": 10 - place}, contact=contact, at=at(5))
    f.respond(survey, {"nps": 0}, at=at(5))
    absorb_responses(now=f.NOON)
    score_accounts(day=TODAY, now=at(6, 15))
    return {"owner": kim, "team": north, "programme": survey.programme, "other": support.programme}


def whole_of(viewer):
    return Scope.of_answers(viewer, TODAY)


def questions_of(viewer, company):
    parts = (
        {},
        {"attributes": {"segment": "smb"}},
        {"attributes": {"segment": "large"}},
        {"owner": company["owner"]},
        {"team": company["team"]},
        {"programme": company["programme"]},
        {"programme": company["other"]},
    )
    for name in ALL:
        for part in parts:
            scope = Scope.of_answers(viewer, TODAY, **part)
            if "programme" not in part or name in ("nps", "csat", "ces", "response_rate"):
                yield Question(name, scope)


@pytest.mark.parametrize("who", ["executive", "manager"])
def test_each_is_what_asking_for_it_alone_says(company, kim, who):
    viewer = someone(EXECUTIVE) if who == "executive" else kim
    kim.user_permissions.set([])
    questions = [
        each
        for each in questions_of(viewer, company)
        if viewer.sees_revenue or each.metric in ("nps", "csat", "ces", "health", "response_rate")
    ]
    found = ask_each(whole_of(viewer), questions)
    assert len(found) == len(questions) > 20
    for (name, scope), measure in zip(questions, found, strict=True):
        assert measure == ask(name, scope), (name, scope.narrowings)
    if who == "executive":
        known = {name for (name, _), measure in zip(questions, found, strict=True) if measure.is_known}
        assert known >= {*READERS} - {"health", "ces"}


def test_what_is_kept_is_read_anew_once_something_is_counted_again(company):
    viewer = someone(EXECUTIVE)
    named = ("nps", "response_rate")
    questions = [each for each in questions_of(viewer, company) if each.metric in named]
    account = f.account(segment="smb", owner=company["owner"], team=company["team"])
    survey, contact = f.published_survey(of=company["programme"]), f.contact(account)
    count_asked(now=f.NOON)
    before = ask_each(whole_of(viewer), questions)
    assert ask_each(whole_of(viewer), questions) == before

    invited = f.invitation(survey, contact, sent_at=at(3))
    f.respond(survey, {"nps": 10}, contact=contact, invitation=invited, at=at(4))
    absorb_responses(now=f.NOON)
    count_asked(now=f.NOON)
    after = ask_each(whole_of(viewer), questions)
    touched = [i for i, each in enumerate(questions) if not each.scope.narrowings & {"programme"}]
    assert all(after[i].n == before[i].n + 1 for i in touched if questions[i].scope.attributes != LARGE)
    assert after == [ask(name, scope) for name, scope in questions]

    Account.objects.filter(pk=account.pk).update(owner=None, team=None, segment="large")
    moved = ask_each(whole_of(viewer), questions)
    assert moved == [ask(name, scope) for name, scope in questions] != after


def test_as_many_queries_however_many_questions(company, django_assert_max_num_queries):
    viewer = someone(EXECUTIVE)
    assert viewer.sees_all_accounts
    assert viewer.sees_revenue
    questions = [each for each in questions_of(viewer, company) if each.metric in READERS]
    # What contracts say is kept from the first time on.
    ask_each(whole_of(viewer), questions)
    counts = []
    for asked in (questions, questions * 3):
        with django_assert_max_num_queries(60) as queries:
            ask_each(whole_of(viewer), asked)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_what_a_metric_does_not_know_is_refused(company):
    viewer = someone(EXECUTIVE)
    part = Scope.of_answers(viewer, TODAY, programme=company["programme"])
    with pytest.raises(NotAsked, match="grr is not narrowed by programme"):
        ask_each(whole_of(viewer), [Question("grr", part)])
    assert "programme" in PARTS
    assert ask_each(whole_of(viewer), []) == []
    assert whole_of(viewer).end == TODAY + timedelta(days=1)
