from datetime import date

import pytest
from django.test import RequestFactory
from django.utils import timezone

from metrics.actions.refresh import refresh_metrics
from metrics.pages.filters import read_filters
from tests import factories as f

pytestmark = pytest.mark.django_db

NAMES = ("segment", "region", "owner", "team", "product", "cohort", "programme", "channel")


@pytest.fixture
def asked(someone):
    """Read the filters of an address as somebody; an executive sees everything."""

    def read(address="/", user=None, **rest):
        request = RequestFactory().get(address)
        request.user = user or someone()
        return read_filters(request, *NAMES, **rest)

    return read


def choices(filters):
    return {field.name: [choice.label for choice in field.choices] for field in filters.fields}


def test_the_address_narrows_the_scope(asked):
    owner, team = f.user(first_name="Ada"), f.Team.objects.create(name="North")
    account = f.account(segment="Large", owner=owner, team=team)
    f.subscription(account, date(2023, 6, 15), None, 100, product="Platform")
    programme = f.programme()
    query = f"segment=Large&owner={owner.pk}&team={team.pk}&product=Platform&cohort=2023"
    filters = asked(f"/?{query}&programme={programme.slug}&last=30")
    scope = filters.scope
    assert scope.attributes == {"segment": "Large"}
    assert (scope.owner, scope.team, scope.product, scope.cohort) == (owner, team, "Platform", 2023)
    assert (scope.programme, (scope.end - scope.start).days) == (programme, 30)
    assert list(scope.accounts) == [account]
    assert filters.is_narrowed
    assert filters.faults == ()


@pytest.mark.parametrize("name", NAMES)
def test_a_value_that_there_is_none_of_is_said_and_left_out(asked, name):
    f.account(segment="Large")
    filters = asked(f"/?{name}=%27%22%3Cb%3E")
    assert len(filters.faults) == 1
    assert not filters.is_narrowed
    assert not filters.scope.narrowings


def test_only_values_in_sight_are_offered_and_taken(asked, manager):
    foreign = f.account(segment="Secret", owner=f.user(first_name="Foreign"), region="Moon")
    f.subscription(foreign, f.NOON.date(), None, 100, product="Hidden")
    f.account(segment="Large", owner=manager)
    offered = choices(asked(user=manager))
    assert offered == {
        "segment": ["Large"],
        "region": [],
        "owner": [str(manager)],
        "team": [],
        "programme": [],
        "channel": [],
    }
    refused = asked(f"/?segment=Secret&owner={foreign.owner_id}&product=Hidden", user=manager)
    assert not refused.scope.narrowings
    assert choices(asked())["product"] == ["Hidden"]


def test_what_else_the_address_says_is_kept(asked):
    assert asked("/?sort=arr&page=3&last=30").kept == (("sort", "arr"),)


def test_months_go_as_far_back_as_the_calendar_says(asked, today):
    filters = asked("/?last=3m", default="12m", windows=("3m", "12m"))
    assert filters.chosen.last == "3m"
    assert filters.windows == (("3m", "3 months"), ("12m", "12 months"))
    assert 89 <= (filters.scope.end - filters.scope.start).days <= 92
    assert asked("/?to=2026-01-31", default="12m", windows=("3m", "12m")).faults == (
        "This page needs a first day.",
    )


def test_the_choices_take_as_many_queries_whatever_there_is(asked, someone, django_assert_num_queries):
    viewer = someone()
    viewer.has_perm("accounts.view_revenue")
    f.account(segment="Large")
    with django_assert_num_queries(7):
        asked(user=viewer)
    for number in range(8):
        f.account(segment=f"Segment {number}", owner=f.user())
    with django_assert_num_queries(7):
        asked(user=viewer)


def test_codes_are_offered_in_words(asked):
    survey = f.published_survey()
    f.respond(survey, {"nps": 9}, at=timezone.now())
    refresh_metrics(now=timezone.now())
    (field,) = (field for field in asked("/?channel=link").fields if field.name == "channel")
    assert [(choice.key, choice.label) for choice in field.choices] == [("link", "Open link")]
    assert field.chosen == "link"
