"""Scorecards: immutable versions, in force from their day on, refused where nothing could be computed."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import assume, given
from hypothesis import strategies as st

from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.scorecards import ScorecardUnchanged, activate_scorecard, card_of, current_card
from metrics.formulas import scorecards
from metrics.formulas.health import CUTOFFS, Band, Override
from metrics.formulas.rescoring import Measured, Rescorer
from metrics.formulas.scorecards import DEFAULTS, Card, Component, ScorecardRefused
from metrics.models import Health, Scorecard
from tests import factories as make

NOW = make.NOON
TODAY = NOW.date()
cards = st.fixed_dictionaries(
    {key: st.builds(Component, st.integers(1, 100), st.integers(0, 100), st.booleans()) for key in DEFAULTS}
).map(Card)

stored = st.lists(
    st.builds(
        Measured,
        st.sampled_from(["luck", *DEFAULTS]),
        st.none() | st.integers(0, 10_000),
        st.integers(0, 10_000),
    ),
    unique_by=lambda part: part.key,
)
overridden = st.builds(Override, st.sampled_from("abc"), st.integers(0, 100), st.booleans())


def days(number):
    return timedelta(days=number)


def lighter(card, key="relationship_sentiment", weight=5):
    component = card.components[key]._replace(weight=weight)
    return replace(card, components=card.components | {key: component})


@given(cards)
def test_a_card_is_read_as_it_was_written(card):
    weights, rules = scorecards.weights_to_json(card), scorecards.rules_to_json(card)
    again = scorecards.from_json(weights, rules)
    assert again == card
    assert scorecards.content_hash(weights, rules) == scorecards.content_hash(
        scorecards.weights_to_json(again), scorecards.rules_to_json(again)
    )


@given(cards, stored, st.lists(overridden, max_size=3))
def test_a_stored_health_scores_again_as_a_new_one_does(card, parts, rules):
    assume(card.used)
    measured = {
        part.key: (None if part.score is None else part.score / 100, part.freshness / 10_000)
        for part in parts
    }
    whole, again = card.score(measured, rules), Rescorer(card).score(parts, rules)
    assert (again.score_c, again.confidence) == (whole.score_c, whole.confidence)


@given(cards, st.sampled_from(sorted(DEFAULTS)))
def test_another_weight_is_another_hash(card, key):
    other = lighter(card, key, card.components[key].weight + 1)
    hashes = {
        scorecards.content_hash(scorecards.weights_to_json(each), scorecards.rules_to_json(each))
        for each in (card, other)
    }
    assert len(hashes) == 2


@pytest.mark.parametrize(
    ("card", "complaint"),
    [
        (Card({"luck": Component(1, 50)}), "no part called luck"),
        (Card({"follow_up": Component(-1, 50)}), "weight lies between"),
        (Card({"follow_up": Component(101, 50)}), "weight lies between"),
        (Card({"follow_up": Component(1, 101)}), "neutral score"),
        (Card({"follow_up": Component(0, 50)}), "needs weight"),
        (Card({"follow_up": Component(1, 50, is_used=False)}), "needs weight"),
        (Card(DEFAULTS, cutoffs=CUTOFFS._replace(yellow_from=80)), "below where green begins"),
        (Card(DEFAULTS, cutoffs=CUTOFFS._replace(days=0)), "one to seven days"),
        (Card(DEFAULTS, cutoffs=CUTOFFS._replace(least_confidence=1.5)), "least confidence"),
    ],
)
def test_a_card_that_computes_nothing_is_refused_in_words(card, complaint):
    assert scorecards.checked(Card(DEFAULTS)) == Card(DEFAULTS)
    with pytest.raises(ScorecardRefused, match=complaint):
        scorecards.checked(card)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "change",
    [
        {"weights": {}},
        {"rules": {}},
        {"note": "rewritten"},
        {"valid_from": TODAY - days(9)},
        {"content_hash": ""},
        {"number": 9},
    ],
)
def test_the_database_refuses_to_change_a_scorecard(change):
    author = make.user()
    card = activate_scorecard(lighter(current_card()), author=author, note="less", now=NOW)
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        Scorecard.objects.filter(pk=card.pk).update(**change)
    with (
        pytest.raises(IntegrityError, match="immutable"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM metrics_scorecard")
    author.delete()
    card.refresh_from_db()
    assert (card.author, card.note) == (None, "less")


@pytest.mark.django_db
def test_a_new_card_counts_from_its_day_on_and_leaves_the_past_alone():
    account, author = make.account(), make.user()
    make.respond(make.published_survey(), {"nps": 10}, account=account, at=NOW - days(5))
    absorb_responses(now=NOW, sweep=True)
    for back in (1, 0):
        score_accounts(day=TODAY - days(back), now=NOW - days(back))
    first = Scorecard.objects.get()
    second = activate_scorecard(lighter(card_of(first)), author=author, note="", now=NOW)
    assert (second.number, second.valid_from, second.author) == (2, TODAY, author)
    assert second.content_hash != first.content_hash
    score_accounts(day=TODAY, now=NOW)
    assert score_accounts(day=TODAY - days(1), now=NOW) == 0
    used = dict(account.healths.values_list("day", "scorecard__number"))
    assert used == {TODAY - days(1): 1, TODAY: 2}


@pytest.mark.django_db
def test_a_card_that_says_the_same_is_no_new_version():
    make.account()
    score_accounts(day=TODAY, now=NOW)
    with pytest.raises(ScorecardUnchanged):
        activate_scorecard(current_card(), author=make.user(), note="", now=NOW)
    assert Scorecard.objects.count() == 1


@pytest.mark.django_db
def test_a_card_brings_its_own_bands():
    account = make.account()
    card = current_card()
    lenient = replace(card, cutoffs=CUTOFFS._replace(least_confidence=0.0, green_from=70, yellow_from=40))
    activate_scorecard(lenient, author=make.user(), note="", now=NOW)
    score_accounts(day=TODAY, now=NOW)
    assert Health.objects.get(account=account).band == Band.YELLOW
