import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.models import Team
from metrics.actions.absorb import absorb_responses
from metrics.actions.portfolio import count_account_nps
from metrics.measures.query import ask_by
from metrics.measures.scope import Scope
from tests import factories as f
from tests.metrics.pages.conftest import CANARY, pays_the_canary
from tests.metrics.pages.test_home import is_well

pytestmark = pytest.mark.django_db
TEAMS = "/admin/teams/"


@pytest.fixture
def company(manager, today):
    """Two teams and two owners with accounts that pay and speak."""
    now, other = timezone.now(), f.user(first_name="Other")
    north, south = (Team.objects.create(name=name) for name in ("North", "South"))
    survey = f.published_survey()
    secret = f.published_survey(privacy="confidential")
    rows = ((manager, north, (10, 9), 80), (manager, south, (3, 10), 40), (other, south, (9, 1), 90))
    for place, (owner, team, values, score) in enumerate(rows):
        account = f.account(name=f"Company of {team} {place}", owner=owner, team=team)
        pays_the_canary(account, today)
        is_well(account, score, today)
        for value in values:
            contact = f.contact(account)
            f.respond(survey, {"nps": value, "why": f"Words of {value}"}, contact=contact, at=now)
            f.respond(secret, {"nps": 10, "why": "Said in confidence"}, contact=contact, at=now)
    f.invitation(survey, f.contact(f.account(name="Silent", owner=other)), sent_at=now - timedelta(days=9))
    absorb_responses(now=now)
    count_account_nps(day=today)
    return manager


def figures(client):
    groups = {dimension: rows for dimension, _, rows in client.get(TEAMS).context["groups"]}
    return {
        dimension: {
            str(row.whose): (row.customers, row.health.value, row.nps.value, row.silent, row.arr)
            for row in rows
        }
        for dimension, rows in groups.items()
    }


def test_every_team_and_owner_has_its_own_figures(executive, company, today):
    shown = figures(executive)
    assert shown["team"] == {
        "North": (1, 100, 100, 0, CANARY),
        "South": (2, 50, 0, 0, 2 * CANARY),
        "None": (1, None, None, 1, 0),
    }
    assert shown["owner"] == {
        str(company): (2, 50, 50, 0, 2 * CANARY),
        "Other": (2, 100, 0, 1, CANARY),
    }
    viewer = executive.get(TEAMS).wsgi_request.user
    asked = {
        each.group: each.measure.value for each in ask_by("health", Scope.of_answers(viewer, today), "team")
    }
    assert asked == {"North": 100, "South": 50}


def test_promoters_words_go_to_who_earned_them_but_not_what_was_said_in_confidence(executive, company):
    response = executive.get(TEAMS)
    kudos = {str(owner): [voice.words[0] for voice in voices] for owner, voices in response.context["kudos"]}
    assert {owner: sorted(words) for owner, words in kudos.items()} == {
        str(company): ["Words of 10", "Words of 10", "Words of 9"],
        "Other": ["Words of 9"],
    }
    assert "Said in confidence" not in response.text
    assert "Words of 3" not in response.text


def test_an_account_manager_sees_their_own_and_no_money(seen_by, company):
    response = seen_by(company).get(TEAMS)
    assert figures(seen_by(company))["owner"] == {str(company): (2, 50, 50, 0, None)}
    assert "Other" not in response.text
    assert "987,654" not in response.text
    assert "ARR" not in response.text


def test_customers_are_counted_and_open_to_as_many(executive, company, today):
    """Who has left is no customer of a team, though what they said in these months counts."""
    left = f.account(owner=company, team=Team.objects.get(name="South"), churned_on=today)
    f.account(churned_on=today - timedelta(days=90))
    response = executive.get(TEAMS)
    told = re.findall(r'data-label="Customers"><a href="([^"]+)">(\d+)</a>', response.text)
    assert [int(count) for _, count in told] == [1, 2, 1, 2, 2, 0]
    for address, count in told:
        listed = executive.get(unescape(address)).context["found"].accounts
        assert len(listed) == int(count), address
        assert left.pk not in listed


def test_what_is_in_green_leads_to_where_that_number_is_stated(executive, company):
    page = unescape(executive.get(TEAMS).text)
    links = re.findall(r'<a href="(/admin/metric/health/rows/[^"]*)">([^<]*)</a>', page)
    assert sorted(shown for _, shown in links) == ["100.0%", "100.0%", "50.0%", "50.0%"]
    for address, shown in links:
        assert f"{executive.get(address).context['measure'].value:.1f}%" == shown


def test_queries_do_not_grow(executive, company, django_assert_max_num_queries):
    executive.get(TEAMS)
    with django_assert_max_num_queries(20):
        executive.get(TEAMS)
