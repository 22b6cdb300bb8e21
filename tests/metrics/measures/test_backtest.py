"""Back-tests: outcomes as METRICS §1.6 says, planted effects found, shuffled outcomes give no evidence."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.actions.absorb import absorb_responses
from metrics.formulas.backtest import backtest
from metrics.formulas.health import Band
from metrics.measures.backtest import Verdict, health_backtest, judged, nps_backtest
from metrics.measures.forecast import renewal_forecast
from metrics.measures.outcomes import Outcome, healths_before, renewal_outcomes, sentiment_before
from metrics.measures.renewals import Due
from metrics.measures.scope import Scope
from metrics.models import Health, Scorecard
from surveys.models import Programme
from tests import factories as make

NOW = make.NOON
TODAY = NOW.date()


def days(number):
    return timedelta(days=number)


def scope(viewer=None):
    return Scope(
        viewer=viewer or make.user(is_superuser=True), today=TODAY, start=TODAY - days(730), end=TODAY
    )


def outcomes(seed, n=290, loss=0.15):
    dice = random.Random(seed)
    return [Outcome(number, "", TODAY, dice.random() >= loss) for number in range(n)]


def scores(decided, seed, effect):
    """A score that follows the outcome by so many standard deviations."""
    dice = random.Random(seed)
    return {
        position: round(6000 + 1000 * (dice.gauss(0, 1) + effect * outcome.is_kept))
        for position, outcome in enumerate(decided)
    }


def test_a_planted_effect_is_found():
    decided = outcomes(1)
    found = judged("health", 90, decided, scores(decided, 2, effect=1.0))
    assert found.verdict is Verdict.EVIDENCE
    # Two normals one standard deviation apart: AUC is the normal distribution at 1 / sqrt 2.
    assert found.test.auc == pytest.approx(0.76, abs=0.06)
    assert 0.76 in found.test.interval
    assert found.skill > 0
    assert sum(each.n for each in found.reliability) == len(decided)
    green_from, yellow_from = found.cut_points
    assert green_from > yellow_from


def test_shuffled_outcomes_give_no_evidence():
    """At 95 % two in a hundred intervals lie above one half by chance; 100 draws bound it well enough."""
    found = []
    for seed in range(100):
        decided = outcomes(seed, n=400)
        values = list(scores(decided, seed, effect=1.0).values())
        random.Random(seed + 1000).shuffle(values)
        counts = {True: Counter(), False: Counter()}
        for outcome, value in zip(decided, values, strict=True):
            counts[outcome.is_kept][value] += 1
        found.append(backtest(counts[True], counts[False]))
    assert all(each.is_enough for each in found)
    assert sum(each.has_evidence for each in found) <= 5


def test_a_calibrated_forecast_of_nothing_has_no_skill():
    decided = outcomes(3)
    found = judged("health", 90, decided, scores(decided, 4, effect=0.0))
    assert found.skill < 0.02


@settings(max_examples=20)
@given(st.integers(0, 29), st.integers(0, 60))
def test_below_thirty_losses_nothing_is_claimed(lost, kept):
    decided = [Outcome(number, "", TODAY, number >= lost) for number in range(lost + kept)]
    perfect = {position: 9000 if outcome.is_kept else 1000 for position, outcome in enumerate(decided)}
    found = judged("health", 90, decided, perfect)
    assert found.verdict is Verdict.INSUFFICIENT
    assert (found.brier, found.skill, found.cut_points) == (None, None, None)


def test_segments_and_bands_add_up_to_the_whole():
    decided = [each._replace(segment="ab"[each.account % 2]) for each in outcomes(5)]
    known = scores(decided, 6, effect=0.5)
    bands = {position: list(Band)[position % 4] for position in known}
    found = judged("health", 90, decided, known, bands=bands)
    assert [name for name, _ in found.segments] == ["a", "b"]
    assert sum(test.lost for _, test in found.segments) == found.test.lost
    assert sum(band.lost for band in found.bands) == found.test.lost
    assert all(band.rate in band.interval for band in found.bands)


# What became of contracts.

pytestmark = pytest.mark.django_db


def renewed(account, due, values=(100, 100)):
    old = make.subscription(account, due - days(365), due, values[0])
    make.subscription(account, due, due + days(365), values[1], renews=old)


def what(decided):
    return {outcome.account: outcome.is_kept for outcome in decided}


@pytest.mark.parametrize(("next_value", "is_kept"), [(100, True), (50, True), (49, False), (200, True)])
def test_who_keeps_less_than_half_has_left(next_value, is_kept):
    account = make.account()
    renewed(account, TODAY - days(200), (100, next_value))
    assert what(renewal_outcomes(scope())) == {account.pk: is_kept}


def test_nothing_is_decided_while_the_grace_runs_unless_the_account_has_left():
    waiting, gone, late = make.account(), make.account(churned_on=TODAY - days(5)), make.account()
    for account in (waiting, gone):
        make.subscription(account, TODAY - days(400), TODAY - days(35), 100)
    make.subscription(late, TODAY - days(500), TODAY - days(91), 100)
    assert what(renewal_outcomes(scope())) == {gone.pk: False, late.pk: False}


def test_lines_that_end_together_are_one_renewal_and_coming_ones_are_none():
    account = make.account()
    for product in ("a", "b"):
        make.subscription(account, TODAY - days(600), TODAY - days(235), 100, product=product)
    make.subscription(account, TODAY - days(235), TODAY + days(130), 150, product="a")
    assert [(each.due_on, each.is_kept) for each in renewal_outcomes(scope())] == [(TODAY - days(235), True)]


def test_only_accounts_that_the_viewer_sees_are_counted():
    owner = make.user()
    own, foreign = make.account(owner=owner), make.account()
    for account in (own, foreign):
        renewed(account, TODAY - days(200))
    assert set(what(renewal_outcomes(scope(owner)))) == {own.pk}


# What was known before.


def health(account, day, score, *, computed_after=0, parts=(), revision=1):
    card, _ = Scorecard.objects.get_or_create(
        number=1, defaults={"weights": {}, "valid_from": date(2020, 1, 1), "created_at": NOW}
    )
    return Health.objects.create(
        account=account,
        scorecard=card,
        day=day,
        revision=revision,
        score=score,
        base=score,
        confidence=9000,
        band="yellow",
        parts=list(parts),
        computed_at=NOW + (day - TODAY) + days(computed_after),
    )


def test_the_first_snapshot_so_long_before_is_what_was_known():
    account = make.account()
    due = TODAY - days(200)
    renewed(account, due)
    for back, score in ((121, 1000), (100, 2000), (92, 3000), (89, 4000)):
        health(account, due - days(back), score)
    health(account, due - days(92), 9000, revision=2)
    decided = renewal_outcomes(scope())
    assert healths_before(decided, 90)[0].score == 3000
    assert healths_before(decided, 60)[0].score == 4000
    assert healths_before(decided, 30) == {}


def test_replays_and_a_persons_word_are_left_out_and_said():
    due = TODAY - days(200)
    word = {"key": "persons_word", "is_override": True, "score": 1000, "contribution": 0}
    plain, replayed, spoken = make.account(), make.account(), make.account()
    for account in (plain, replayed, spoken):
        renewed(account, due)
    health(plain, due - days(90), 5000)
    health(replayed, due - days(90), 5000, computed_after=40)
    health(spoken, due - days(90), 1000, parts=[word])
    found = health_backtest(scope(), 90)
    assert (found.due, found.test.kept, found.replays, found.persons, found.without) == (3, 1, 1, 1, 0)
    assert health_backtest(scope(), 90, with_replays=True).test.kept == 2
    Health.objects.filter(account=replayed).update(parts=Health.objects.get(account=spoken).parts)
    found = health_backtest(scope(), 90)
    assert (found.due, found.test.kept, found.replays, found.persons, found.without) == (3, 1, 0, 2, 0)


def test_nps_before_a_renewal_is_the_mean_of_each_persons_latest_answer():
    account = make.account()
    due = TODAY - days(200)
    renewed(account, due)
    survey = make.published_survey()
    support = make.published_survey(of=make.programme(Programme.Mode.TRANSACTIONAL))
    talkative, quiet = make.contact(account), make.contact(account)
    said = ((talkative, 0, 200), (talkative, 10, 150), (quiet, 5, 120), (quiet, 0, 80), (quiet, 0, 500))
    for contact, nps, before in said:
        make.respond(survey, {"nps": nps}, contact=contact, at=NOW - days(200 + before))
    make.respond(support, {"nps": 0}, account=account, at=NOW - days(300))
    absorb_responses(now=NOW + days(1), sweep=True)
    decided = renewal_outcomes(scope())
    assert sentiment_before(decided, 90) == {0: 750}
    assert nps_backtest(scope(), 90).test.kept == 1


# What to expect.


def forecast(effect):
    decided = outcomes(7, n=600)
    known = scores(decided, 8, effect)
    bands = {
        position: Band.GREEN if score >= 7500 else Band.YELLOW if score >= 5000 else Band.RED
        for position, score in known.items()
    }
    past = judged("health", 90, decided, known, bands=bands)
    due = [Due(number, TODAY, (), None, is_cancelled=False) for number in range(40)]
    found = {number: Band.GREEN if number % 2 else Band.RED for number in range(40)}
    return past, {each.band: each for each in renewal_forecast(due, found, past).bands}


def test_coming_renewals_are_lost_as_those_of_their_band_were():
    past, expected = forecast(effect=1.5)
    rates = {band.band: band.rate for band in past.bands}
    for band in (Band.GREEN, Band.RED):
        assert expected[band].accounts == 20
        assert expected[band].lost == pytest.approx(20 * rates[band])
        assert expected[band].lost in expected[band].interval
    assert expected[Band.RED].lost > expected[Band.GREEN].lost
    assert expected[Band.YELLOW].lost == 0


def test_without_evidence_all_are_taken_at_one_rate():
    past, expected = forecast(effect=0.0)
    assert past.verdict is Verdict.NO_EVIDENCE
    assert expected[Band.RED].lost == expected[Band.GREEN].lost == pytest.approx(20 * past.lost / past.due)


def test_nothing_is_foretold_before_a_renewal_was_decided():
    assert renewal_forecast([], {}, judged("health", 90, [], {})) is None
