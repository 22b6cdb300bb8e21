"""What moved a health: the difference of every part, adding up exactly, a new scorecard a bar of its own."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.scorecards import activate_scorecard, current_card
from metrics.measures.moves import moved_since, trend_of
from metrics.measures.previews import preview
from metrics.measures.scope import Scope
from metrics.models import Health
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.NOON
TODAY = NOW.date()


def days(number):
    return timedelta(days=number)


def score(back):
    absorb_responses(now=NOW + days(400), sweep=True)
    score_accounts(day=TODAY - days(back), now=NOW - days(back))


def reweighted(**weights):
    return activate_scorecard(current_card().with_weights(weights), author=make.user(), note="", now=NOW)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    st.lists(st.tuples(st.integers(0, 10), st.integers(1, 5), st.integers(0, 60)), max_size=6),
    st.booleans(),
    st.booleans(),
)
def test_the_moves_add_up_to_the_difference_whatever_happened(said, is_reweighted, is_overdue):
    # Scorecards cannot be deleted, so each example is rolled back.
    with transaction.atomic():
        account = make.account()
        survey = make.published_survey()
        for nps, csat, ago in said:
            make.respond(survey, {"nps": nps, "csat": csat}, account=account, at=NOW - days(ago))
        score(30)
        if is_overdue:
            make.signal(account, "invoice_overdue_days", TODAY, 90)
        if is_reweighted:
            reweighted(relationship_sentiment=7, response_behaviour=31)
        score(0)
        moved = moved_since(account, TODAY - days(30), TODAY, with_revenue=True)
        before, after = account.healths.order_by("day")
        assert (moved.before, moved.after) == (before.score, after.score)
        assert sum(move.hundredths for move in moved.moves) == moved.total == after.score - before.score
        keys = {move.key for move in moved.moves}
        assert "scorecard" not in keys or is_reweighted
        assert "override" not in keys or is_overdue
        transaction.set_rollback(True)


def test_only_the_model_changed():
    account = make.account()
    make.respond(make.published_survey(), {"nps": 0}, account=account, at=NOW - days(400))
    score(1)
    reweighted(relationship_sentiment=80)
    score(0)
    moved = moved_since(account, TODAY - days(1), TODAY, with_revenue=True)
    assert moved.total != 0
    model = next(move for move in moved.moves if move.key == "scorecard")
    assert abs(model.hundredths - moved.total) <= 10  # the rest is one day's ageing


def test_what_is_not_known_on_both_days_did_not_move():
    account = make.account()
    assert moved_since(account, TODAY - days(30), TODAY, with_revenue=True) is None
    score(0)
    assert moved_since(account, TODAY - days(30), TODAY, with_revenue=True) is None
    assert moved_since(account, TODAY, TODAY, with_revenue=True).total == 0
    assert trend_of(account, TODAY) is None


def test_what_revenue_moved_is_told_with_the_renewal_to_who_may_not_see_it():
    account = make.account()
    make.subscription(account, TODAY - days(900), TODAY - days(10), 1000)
    score(30)
    make.subscription(account, TODAY - days(10), TODAY + days(40), 400)
    score(0)
    apart, together = (
        {
            move.key: move.hundredths
            for move in moved_since(account, TODAY - days(30), TODAY, with_revenue=may).moves
        }
        for may in (True, False)
    )
    of_revenue = {"revenue_movement", "renewal_readiness"}
    assert apart["revenue_movement"] < 0
    assert together["contracts"] == sum(apart.get(key, 0) for key in of_revenue)
    assert not of_revenue & together.keys()
    assert sum(together.values()) == sum(apart.values())


def test_the_trend_is_that_of_thirty_days():
    account = make.account()
    score(30)
    survey = make.published_survey()
    for _ in range(5):
        make.respond(survey, {"nps": 0, "csat": 1}, contact=make.contact(account))
    score(0)
    assert trend_of(account, TODAY) == "down"


# What another scorecard would do.


def viewed():
    viewer = make.user(is_superuser=True)
    return Scope(viewer=viewer, today=TODAY, start=TODAY - days(730), end=TODAY)


def test_the_same_card_changes_nothing():
    account = make.account()
    make.respond(make.published_survey(), {"nps": 10, "csat": 5}, account=account)
    score(0)
    card = current_card()
    found = preview(viewed(), card, card)
    assert (found.accounts, found.moved) == (1, [])
    assert found.before == found.after
    assert sum(count for _, _, count in found.flows) == 1


def test_a_preview_says_what_scoring_by_the_card_then_gives():
    account = make.account()
    survey = make.published_survey()
    for nps in (10, 9, 2):
        make.respond(survey, {"nps": nps, "csat": 3}, contact=make.contact(account))
    make.signal(account, "invoice_overdue_days", TODAY, 90)
    score(0)
    card = current_card()
    other = card.with_weights({"relationship_sentiment": 70})
    other = replace(
        other, cutoffs=other.cutoffs._replace(least_confidence=0.0, green_from=60, yellow_from=30)
    )
    (change,) = preview(viewed(), card, other).moved
    activate_scorecard(other, author=make.user(), note="", now=NOW)
    score(0)
    health = Health.objects.get()
    assert change.after == pytest.approx(health.score / 100, abs=0.02)
    assert (change.band_before, change.band_after) == ("yellow", health.band)


def test_who_sees_only_their_accounts_previews_these():
    owner = make.user()
    make.account(owner=owner)
    make.account()
    score(0)
    scope = Scope(viewer=owner, today=TODAY, start=TODAY - days(730), end=TODAY)
    assert preview(scope, current_card(), current_card()).accounts == 1
