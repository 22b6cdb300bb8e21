"""Who is in an audience, condition by condition, and what is no condition."""

from datetime import date, timedelta

import pytest

from metrics.models import Health, Score, Scorecard, Slice
from surveys.asking.audiences import FIELDS, AudienceRefused, contacts_of, read_conditions
from surveys.models import AudienceMember
from tests.factories import (
    NOON,
    account,
    audience,
    contact,
    invitation,
    published_survey,
    respond,
    signal,
    subscription,
    user,
)

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


@pytest.fixture
def two():
    """One contact for whom each condition below holds, and one for whom none does."""
    survey = published_survey()
    owner = user(email="owner@example.com")
    acme = account(name="Acme", segment="Retail", tier="Gold", region="EMEA", country="DE", owner=owner)
    other = account(name="Other", segment="Banking")
    yes = contact(acme, name="yes", role="decision_maker", language="de", title="Head of IT")
    no = contact(other, name="no", language="en")
    subscription(acme, TODAY - timedelta(days=300), TODAY + timedelta(days=30), 50_000, product="Suite")
    invitation(survey, yes, sent_at=NOON - timedelta(days=10))
    answer = respond(survey, {"nps": 3}, at=NOON - timedelta(days=9), contact=yes)
    signal(acme, "logins", TODAY - timedelta(days=40), 100)
    signal(acme, "logins", TODAY - timedelta(days=1), 3)
    card = Scorecard.objects.create(number=900, weights={}, valid_from=TODAY, created_at=NOON)
    Health.objects.create(
        account=acme,
        scorecard=card,
        day=TODAY,
        score=2000,
        base=2000,
        confidence=9000,
        band="red",
        parts=[],
        computed_at=NOON,
    )
    Score.objects.create(
        response=answer,
        survey=survey,
        question_key="nps",
        kind="nps",
        account=acme,
        contact=yes,
        contact_role="",
        slice=Slice.objects.create(),
        day=TODAY,
        value=3,
    )
    return yes, no


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("segment", "one_of", ["Retail"]),
        ("segment", "none_of", ["Banking"]),
        ("tier", "one_of", ["Gold", "Silver"]),
        ("region", "one_of", ["EMEA"]),
        ("country", "one_of", ["DE"]),
        ("owner", "one_of", ["owner@example.com"]),
        ("product", "one_of", ["Suite"]),
        ("renewal", "within", 30),
        ("role", "one_of", ["decision_maker"]),
        ("language", "none_of", ["en"]),
        ("title", "contains", "head of"),
        ("asked", "within", 10),
        ("answered", "within", 9),
        ("signal", "at_most", "logins 5"),
        ("health", "one_of", ["red"]),
        ("last_nps", "at_most", "6"),
        ("arr", "at_least", "50000"),
    ],
)
def test_a_condition_lets_through(two, field, operator, value):
    found = contacts_of(audience((field, operator, value)), now=NOON)

    assert [one.name for one in found] == ["yes"]


@pytest.mark.parametrize(
    ("field", "operator", "value"),
    [
        ("owner", "none_of", ["owner@example.com"]),
        ("product", "none_of", ["Suite"]),
        ("renewal", "not_within", 30),
        ("asked", "not_within", 10),
        ("answered", "not_within", 9),
        ("health", "none_of", ["red"]),
        ("arr", "at_most", "49999"),
    ],
)
def test_its_opposite_lets_the_other_through(two, field, operator, value):
    found = contacts_of(audience((field, operator, value)), now=NOON)

    assert [one.name for one in found] == ["no"]


def test_all_conditions_hold_at_once(two):
    assert contacts_of(audience(), now=NOON).count() == 2
    both = audience(("segment", "one_of", ["Retail"]), ("language", "one_of", ["en"]))
    assert contacts_of(both, now=NOON).count() == 0


def test_churned_customers_are_asked_only_on_purpose():
    contact(account(churned_on=date(2026, 1, 1)), name="gone")

    assert not contacts_of(audience(), now=NOON).exists()
    assert contacts_of(audience(("customer", "one_of", ["churned"])), now=NOON).get().name == "gone"


def test_an_uploaded_list_is_a_condition(two):
    made = audience(("listed", "is", "yes"))
    AudienceMember.objects.create(audience=made, contact=two[1])

    assert contacts_of(made, now=NOON).get() == two[1]


@pytest.mark.parametrize(
    "document",
    [
        {},
        "x",
        [1],
        [{"field": "segment"}],
        [{"field": "password", "operator": "one_of", "value": ["x"]}],
        [{"field": ["segment"], "operator": "one_of", "value": ["x"]}],
        [{"field": "segment", "operator": "regex", "value": ["x"]}],
        [{"field": "segment", "operator": "one_of", "value": "x"}],
        [{"field": "segment", "operator": "one_of", "value": []}],
        [{"field": "segment", "operator": "one_of", "value": [1]}],
        [{"field": "asked", "operator": "within", "value": "10"}],
        [{"field": "asked", "operator": "within", "value": True}],
        [{"field": "asked", "operator": "within", "value": -1}],
        [{"field": "arr", "operator": "at_least", "value": "NaN"}],
        [{"field": "arr", "operator": "at_least", "value": "1e999"}],
        [{"field": "signal", "operator": "at_least", "value": "logins"}],
        [{"field": "signal", "operator": "at_least", "value": "logins x"}],
        [{"field": "segment", "operator": "one_of", "value": ["x"], "more": 1}],
        [{"field": "segment", "operator": "one_of", "value": ["x"]}] * 31,
    ],
)
def test_what_is_no_condition_is_refused(document):
    with pytest.raises(AudienceRefused):
        read_conditions(document)


def test_options_name_only_what_the_viewer_sees(two):
    stranger = user()
    for field in FIELDS.values():
        if field.options and field.name in {
            "segment",
            "tier",
            "region",
            "country",
            "owner",
            "product",
            "language",
        }:
            assert list(field.options(stranger)) == []


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({"field": "role", "operator": "one_of", "value": ["decision_maker"]}, "Role is decision-maker"),
        (
            {"field": "role", "operator": "none_of", "value": ["decision_maker", "user"]},
            "Role is none of decision-maker, user",
        ),
        ({"field": "tier", "operator": "none_of", "value": ["Gold"]}, "Tier is not Gold"),
        ({"field": "renewal", "operator": "within", "value": 120}, "Renewal is due within 120 days"),
        ({"field": "asked", "operator": "not_within", "value": 1}, "Was asked not within 1 day"),
        ({"field": "title", "operator": "contains", "value": "Head"}, "Title contains Head"),
    ],
)
def test_a_condition_reads_as_a_sentence(document, words):
    assert str(read_conditions([document])[0]) == words
