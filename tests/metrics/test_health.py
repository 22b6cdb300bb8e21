"""Health: the parts add up, the unknown stays grey, bands do not flicker, components say their piece."""

import random
from decimal import Decimal
from itertools import pairwise, permutations
from math import factorial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import health, health_components, health_history
from metrics.formulas.health import Band, Override, Part
from metrics.formulas.health_components import RULES, UNKNOWN, LatestAnswer

points = st.floats(0, 100)
shares = st.floats(0, 1)
parts = st.lists(
    st.builds(Part, st.text(min_size=1), st.integers(1, 40), points, st.none() | points, shares),
    min_size=1,
    max_size=12,
    unique_by=lambda part: part.key,
)
caps = st.lists(st.builds(Override, st.text(min_size=1), st.integers(0, 100)), max_size=3)


@given(parts, caps)
def test_parts_add_up_to_the_score_exactly(measured, overrides):
    found = health.assemble(measured, overrides)
    assert found.base_c + sum(found.contributions_c.values()) + found.override_c == found.score_c
    assert 0 <= found.score_c <= 10_000
    assert 0 <= found.confidence <= 1


@given(parts)
def test_what_is_missing_contributes_exactly_nothing_and_lowers_confidence(measured):
    absent = [part._replace(score=None) for part in measured]
    found = health.assemble(absent)
    assert found.score_c == found.base_c
    assert set(found.contributions_c.values()) == {0}
    assert found.confidence == 0
    assert health.raw_band(found.score, found.confidence) is Band.GREY


@given(parts, st.data())
def test_a_better_part_never_lowers_the_score(measured, data):
    chosen = data.draw(st.sampled_from(measured))
    low, high = sorted((data.draw(points), data.draw(points)))
    worse, better = ([p._replace(score=s) if p is chosen else p for p in measured] for s in (low, high))
    assert health.assemble(worse).score_c <= health.assemble(better).score_c


def test_contributions_are_shapley_values():
    """For the linear form, averaging the gain of a part over all orders of arrival gives its own term."""
    measured = [Part("a", 20, 65, 30, 0.75), Part("b", 30, 50, 90, 0.5), Part("c", 50, 60, 20, 1)]

    def score(known):
        return health.assemble([p if p.key in known else p._replace(score=None) for p in measured]).score

    gains = dict.fromkeys("abc", 0.0)
    for order in permutations("abc"):
        for position, key in enumerate(order):
            gains[key] += score(order[: position + 1]) - score(order[:position])
    shapley = {key: gain / factorial(3) for key, gain in gains.items()}
    assert health.assemble(measured).contributions == pytest.approx(shapley, abs=0.02)


def test_one_lone_promoter_does_not_make_a_hundred():
    measured = [Part("sentiment", 20, 65, 100, 0.5), Part("usage", 80, 60, None, 0)]
    found = health.assemble(measured)
    assert found.score == 64.5
    assert found.confidence == 0.1


def test_the_lowest_cap_decides_and_shows_as_a_term_of_its_own():
    measured = [Part("usage", 100, 60, 90, 1)]
    rules = health.hard_rules(
        notice_of_termination=True, decision_maker_case_late=True, invoice_days_overdue=61
    )
    found = health.assemble(measured, rules)
    assert (found.score, found.override, found.overridden_by) == (20, -70, "notice_of_termination")
    assert (
        health.hard_rules(
            notice_of_termination=False, decision_maker_case_late=False, invoice_days_overdue=60
        )
        == []
    )


def test_a_cap_above_the_score_changes_nothing_and_binds_a_persons_word():
    measured = [Part("usage", 100, 60, 10, 1)]
    assert health.assemble(measured, [health.INVOICE_OVERDUE]).overridden_by is None
    word = Override("manual", 90, is_cap=False)
    assert health.assemble(measured, [word]).score == 90
    assert health.assemble(measured, [word, health.INVOICE_OVERDUE]).score == 60


@pytest.mark.parametrize(
    ("part", "complaint"),
    [
        (Part("a", -1, 50, 50, 1), "weight"),
        (Part("a", 1, 50, 101, 1), "score"),
        (Part("a", 1, 120, 50, 1), "neutral"),
        (Part("a", 1, 50, 50, 1.5), "freshness"),
        (Part("a", 0, 50, 50, 1), "needs weight"),
    ],
)
def test_impossible_parts_are_refused(part, complaint):
    with pytest.raises(ValueError, match=complaint):
        health.assemble([part])


def test_a_part_named_twice_is_refused():
    with pytest.raises(ValueError, match="each part once"):
        health.assemble([Part("a", 1, 50, 50, 1)] * 2)


# Bands.


@pytest.mark.parametrize(
    ("score", "confidence", "band"),
    [
        (75, 0.4, Band.GREEN),
        (74.99, 0.4, Band.YELLOW),
        (50, 1, Band.YELLOW),
        (49.99, 1, Band.RED),
        (95, 0.39, Band.GREY),
    ],
)
def test_bands_begin_at_their_cut_off_and_the_unknown_is_grey(score, confidence, band):
    assert health.band(score, confidence) is band


@pytest.mark.parametrize(
    ("previous", "days", "band"),
    [
        (Band.GREEN, [71, 71, 71], Band.YELLOW),
        (Band.GREEN, [71, 72, 71], Band.GREEN),
        (Band.GREEN, [71, 71], Band.GREEN),
        (Band.GREEN, [80, 71, 71, 71], Band.YELLOW),
        (Band.GREEN, [60, 55, 30], Band.RED),
        (Band.YELLOW, [78, 78, 78], Band.GREEN),
        (Band.YELLOW, [77.9, 78, 78], Band.YELLOW),
        (Band.YELLOW, [46, 46, 46], Band.RED),
        (Band.YELLOW, [46, 78, 46], Band.YELLOW),
        (Band.RED, [53, 53, 53], Band.YELLOW),
        (Band.GREY, [30], Band.RED),
        (None, [80], Band.GREEN),
    ],
)
def test_a_band_is_left_three_points_beyond_its_edge_on_three_days_running(previous, days, band):
    assert health.band(days[-1], 0.9, previous, days[:-1]) is band


def test_bands_do_not_flicker_over_noise():
    """METRICS 5.3: 14.4 changes a year without waiting, 1.3 with it."""
    rng = random.Random(4)
    changes = {"raw": 0, "steady": 0}
    for _ in range(50):
        scores = [rng.gauss(rng.choice((50, 62, 75)), 1)]
        for _ in range(364):
            scores.append(min(100, max(0, scores[0] + 0.9 * (scores[-1] - scores[0]) + rng.gauss(0, 1.5))))
        raw, steady = [health.raw_band(scores[0])], [health.raw_band(scores[0])]
        for day in range(1, 365):
            raw.append(health.raw_band(scores[day]))
            steady.append(health.band(scores[day], 1, steady[-1], scores[max(0, day - 2) : day]))
        for name, bands in (("raw", raw), ("steady", steady)):
            changes[name] += sum(a != b for a, b in pairwise(bands))
    assert changes["raw"] > 300
    assert changes["steady"] < changes["raw"] / 5


def test_a_scorecard_may_bring_its_own_cut_offs():
    lenient = health.Cutoffs(green_from=60, yellow_from=40, margin=0, days=1, least_confidence=0.2)
    assert health.band(61, 0.3, Band.YELLOW, cutoffs=lenient) is Band.GREEN


def test_overrides_and_lost_confidence_do_not_wait():
    assert health.band(20, 0.9, Band.GREEN, [80, 80], is_overridden=True) is Band.RED
    assert health.band(80, 0.3, Band.GREEN, [80, 80]) is Band.GREY


# History.


@given(parts, st.data())
def test_moves_add_up_to_the_change(measured, data):
    later = [part._replace(score=data.draw(st.none() | points)) for part in measured]
    before, after = health.assemble(measured), health.assemble(later, [health.INVOICE_OVERDUE])
    assert health_history.moves(before, after).total_c == after.score_c - before.score_c


@given(parts)
def test_a_new_scorecard_is_a_bar_of_its_own(measured):
    reweighted = [part._replace(weight=part.weight + i) for i, part in enumerate(measured)]
    before, by_new, after = (
        health.assemble(measured),
        health.assemble(reweighted),
        health.assemble(reweighted),
    )
    found = health_history.moves(before, after, by_new)
    assert set(found.parts_c.values()) == {0}
    assert found.model_change_c == found.total_c == after.score_c - before.score_c


def test_trend_is_flat_within_three_points_and_unknown_without_a_past():
    trends = [health_history.trend(now, then) for now, then in ((53, 50), (53.1, 50), (46.9, 50), (50, None))]
    assert trends == ["flat", "up", "down", None]


# Components.


def test_relationship_sentiment_weighs_contacts_by_age_and_role():
    fresh = health_components.relationship_sentiment([LatestAnswer(10, 0)])
    assert fresh == (100, 0.5)
    aged = health_components.relationship_sentiment([LatestAnswer(10, 0), LatestAnswer(0, 180)])
    assert aged.score == pytest.approx(100 / 1.5)
    assert aged.freshness == pytest.approx(1.5 / 2.5)
    answers = [LatestAnswer(10, 0, "user"), LatestAnswer(0, 0, "decision_maker")]
    assert health_components.relationship_sentiment(answers).score == 50
    weighted = health_components.relationship_sentiment(
        answers, RULES._replace(role_weights={"decision_maker": 3})
    )
    assert weighted == (25, pytest.approx(2 / 3))
    assert health_components.relationship_sentiment([]) == UNKNOWN


def test_transactional_sentiment_fades_with_ninety_days():
    assert health_components.transactional_sentiment([(80, 0), (20, 90)]).score == 60
    assert health_components.transactional_sentiment([]) == UNKNOWN


def test_sentiment_trend_needs_both_periods():
    assert health_components.sentiment_trend([60, 60], [45]).score == 75
    assert health_components.sentiment_trend([0], [100]).score == 0
    assert health_components.sentiment_trend([60, 60], [45]).freshness == pytest.approx((2 / 3) / (5 / 3))
    assert health_components.sentiment_trend([60], []) == UNKNOWN


def silent(**changes):
    usual = {"delivered": 8, "answered": 4, "portfolio_rate": 0.5, "decision_maker_fell_silent": False}
    return health_components.response_behaviour(**usual | changes)


def test_response_behaviour_compares_with_the_portfolio():
    assert silent() == (50, 0.8)
    assert silent(answered=8).score == pytest.approx(50 * (9 / 10) / 0.5)
    assert silent(answered=8, portfolio_rate=0.1).score == 100
    assert silent(decision_maker_fell_silent=True).score == 30
    assert silent(delivered=0, answered=0) == UNKNOWN
    assert silent(portfolio_rate=None) == UNKNOWN
    with pytest.raises(ValueError, match="cannot have been answered"):
        silent(answered=9)


def test_follow_up_costs_more_the_longer_cases_wait():
    assert health_components.follow_up([]) == (100, 1)
    assert health_components.follow_up([-3]).score == 80
    assert health_components.follow_up([5, 100]).score == 100 - 30 - 40
    assert health_components.follow_up([100] * 5).score == 0


@given(st.lists(st.floats(-50, 50), max_size=8))
def test_sums_of_cases_say_what_the_cases_say(days_past_due):
    late = sum(min(10.0, max(0.0, days)) for days in days_past_due)
    summed = health_components.follow_up_load(open_cases=len(days_past_due), late_days=late, age_days=0)
    assert summed.score == pytest.approx(health_components.follow_up(days_past_due).score)
    assert summed.freshness == 1


def test_revenue_movement_punishes_loss_more_than_it_rewards_growth():
    def moved(before, after, months=12):
        return health_components.revenue_movement(Decimal(before), Decimal(after), months)

    assert moved(100, 100) == (60, 1)
    assert moved(100, 90).score == pytest.approx(40)
    assert moved(100, 110).score == pytest.approx(73.3)
    assert moved(100, 300).score == 100
    assert moved(100, 0).score == 0
    assert moved(100, 100, months=3).freshness == 0.25
    assert moved(0, 100) == UNKNOWN


def test_renewal_is_only_a_worry_when_near_and_unready():
    ready, unready = {"heard": True, "no_detractor": True}, {"heard": False, "no_detractor": True}
    assert health_components.renewal_readiness(10, ready) == (100, 1)
    assert health_components.renewal_readiness(200, unready).score == 100
    assert health_components.renewal_readiness(105, unready).score == 75
    assert health_components.renewal_readiness(30, unready).score == 50
    assert health_components.renewal_readiness(-1, ready) == (0, 1)
    assert health_components.renewal_readiness(200, ready, has_notice=True) == (0, 1)
    assert health_components.renewal_readiness(None, unready) == UNKNOWN
    assert health_components.renewal_readiness(30, {}) == UNKNOWN


def test_usage_counts_with_what_is_known_and_fades_after_a_week():
    def used(seats, activity, age=0):
        return health_components.product_usage(active_seat_share=seats, activity_ratio=activity, age_days=age)

    assert used(0.5, 1.0) == (pytest.approx(60), 1)
    assert used(1.0, None) == (pytest.approx(100), 0.6)
    assert used(None, 1.0).freshness == pytest.approx(0.4)
    assert used(0.5, 1.0, age=7).freshness == 1
    assert used(0.5, 1.0, age=21).freshness == 0.5
    assert used(None, None) == UNKNOWN


def test_support_load_is_the_worse_of_tickets_and_the_oldest_urgent_one():
    def loaded(tickets, urgent=None, age=0):
        return health_components.support_load(
            tickets_per_100_seats=tickets, oldest_urgent_days=urgent, age_days=age
        )

    assert loaded(0) == (100, 1)
    assert loaded(5).score == 75
    assert loaded(0, urgent=3).score == 40
    assert loaded(100).score == 0
    assert loaded(None, urgent=3) == UNKNOWN


@given(st.floats(-1, 50), st.floats(0, 50))
def test_maps_rise_or_fall_without_a_jump(measure, step):
    seats, tickets = health_components.SEATS, health_components.TICKETS
    assert health_components.interpolated(seats, measure) <= health_components.interpolated(
        seats, measure + step
    )
    later = health_components.interpolated(tickets, measure + step)
    assert health_components.interpolated(tickets, measure) >= later
