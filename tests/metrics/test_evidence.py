"""Drivers, back-tests, calibration and alarms: they find what is there and stay quiet when nothing is."""

import random
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import anomalies, backtest, calibration, drivers
from metrics.formulas.anomalies import Baseline

score_counts = st.dictionaries(st.integers(0, 100), st.integers(0, 50), max_size=20)


def ratings(n: int, seed: int, gaps: float = 0.0) -> np.ndarray:
    """An outcome that follows the first rating, a little the second, and never the third."""
    generator = np.random.default_rng(seed)
    shared = generator.normal(size=n)
    inputs = 0.5 * shared[:, None] + generator.normal(size=(n, 3))
    outcome = inputs @ [1.0, 0.3, 0.0] + generator.normal(size=n)
    rows = np.column_stack([outcome, inputs])
    rows[:, 1:][generator.random((n, 3)) < gaps] = np.nan
    return rows


# Drivers.


@given(st.integers(2, 6), st.integers(0, 1000))
def test_both_decompositions_add_up_to_r_squared(count, seed):
    rows = np.random.default_rng(seed).normal(size=(50, count + 1))
    rows[:, 0] += rows[:, 1]
    correlations = drivers.correlation(drivers.moments(rows))
    johnson, shapley = drivers.johnson(correlations), drivers.shapley(correlations)
    fitted = np.linalg.lstsq(rows[:, 1:] - rows[:, 1:].mean(0), rows[:, 0] - rows[:, 0].mean(), rcond=None)
    r_squared = 1 - float(fitted[1][0]) / float(np.var(rows[:, 0]) * len(rows))
    assert johnson.r_squared == pytest.approx(r_squared)
    assert shapley.r_squared == pytest.approx(r_squared)
    assert min(johnson.raw) >= 0
    assert sum(johnson.shares) == pytest.approx(100)


def test_moments_of_days_add_up_to_those_of_the_whole():
    rows = ratings(200, seed=1)
    days = drivers.moments(rows[:50]).plus(drivers.moments(rows[50:]))
    assert drivers.correlation(days) == pytest.approx(np.corrcoef(rows, rowvar=False))


def test_twin_ratings_share_their_weight():
    rows = ratings(200, seed=2)
    rows[:, 2] = rows[:, 1]
    found = drivers.johnson(drivers.correlation(drivers.moments(rows)))
    assert found.raw[0] == pytest.approx(found.raw[1])


def test_analysis_ranks_the_drivers_with_intervals_and_bridges_gaps():
    found = drivers.analyse(["first", "second", "none"], ratings(600, seed=3, gaps=0.05))
    assert found.drivers[0].key == "first"
    assert found.n == 600
    assert sum(driver.importance for driver in found.drivers) == pytest.approx(found.r_squared)
    for driver in found.drivers:
        assert driver.importance in driver.interval
    assert found.drivers[0].interval.low > found.drivers[-1].interval.high
    assert found.drivers[0].sign == 1


def test_analysis_says_when_there_is_not_enough():
    keys = ["a", "b", "c"]
    assert drivers.analyse(keys, ratings(100, seed=4)).n == 100
    with pytest.raises(drivers.NotEnoughToSay, match="at least 100"):
        drivers.analyse(keys, ratings(99, seed=4))
    with pytest.raises(drivers.NotEnoughToSay, match="left out"):
        drivers.analyse(keys, ratings(200, seed=4, gaps=0.3))
    flat = ratings(200, seed=4)
    flat[:, 2] = 7
    with pytest.raises(drivers.NotEnoughToSay, match="never varies"):
        drivers.analyse(keys, flat)
    with pytest.raises(ValueError, match="take johnson"):
        drivers.shapley(np.eye(14))


# Back-test.


@given(score_counts, score_counts)
def test_auc_counts_pairs_and_mirrors(kept, lost):
    area = backtest.auc(kept, lost)
    pairs = [(a, b, n * m) for a, n in kept.items() for b, m in lost.items()]
    total = sum(weight for *_, weight in pairs)
    if not total:
        assert area is None
    else:
        wins = sum(weight * ((a > b) + (a == b) / 2) for a, b, weight in pairs)
        assert area == pytest.approx(wins / total)
        assert backtest.auc(lost, kept) == pytest.approx(1 - area)
        low, high = backtest.backtest(kept, lost).interval
        assert 0 <= low <= area <= high <= 1


@given(score_counts, score_counts, st.floats(0.01, 1))
def test_capture_grows_to_everything(kept, lost, share):
    found = backtest.capture(kept, lost, share)
    if not sum(lost.values()):
        assert found is None
    else:
        assert 0 <= found <= backtest.capture(kept, lost, 1) == pytest.approx(1)
        assert backtest.lift(kept, lost, share) == pytest.approx(found / share)


@pytest.mark.parametrize(
    ("lost", "kept", "half_width"), [(15, 85, 0.15), (30, 170, 0.11), (50, 350, 0.08), (100, 900, 0.06)]
)
def test_auc_half_widths_are_the_table_of_metrics(lost, kept, half_width):
    low, high = backtest.auc_interval(0.75, events=lost, others=kept)
    assert (high - low) / 2 == pytest.approx(half_width, abs=0.006)


@pytest.mark.parametrize(("lost", "low"), [(1, 0.207), (8, 0.676), (50, 0.929)])
def test_few_losses_that_all_scored_lowest_leave_room(lost, low):
    assert backtest.auc_interval(1, events=lost, others=200) == pytest.approx((low, 1), abs=0.001)
    assert backtest.auc_interval(0, events=lost, others=200) == pytest.approx((0, 1 - low), abs=0.001)


def test_losses_among_the_lowest_scores_are_found_first():
    kept, lost = {80: 90}, {20: 10}
    found = backtest.backtest(kept, lost)
    assert (found.auc, found.lift_at_10, found.capture_at_20) == (1, 10, 1)
    assert not found.is_enough
    assert not found.has_evidence
    assert backtest.backtest({80: 300}, {20: 30}).has_evidence
    assert backtest.backtest({}, {}).auc is None


def test_shuffled_outcomes_are_no_evidence():
    """METRICS asks for 95 of 100."""
    rng = random.Random(5)
    silent = 0
    for _ in range(200):
        scores = [rng.gauss(60, 15) // 1 for _ in range(300)]
        rng.shuffle(scores)
        kept, lost = ({s: part.count(s) for s in set(part)} for part in (scores[50:], scores[:50]))
        silent += not backtest.backtest(kept, lost).has_evidence
    assert silent >= 190


def test_skill_is_zero_for_the_base_rate_and_one_for_a_prophet():
    outcomes = [True, False, False, False]
    assert backtest.brier_skill((0.25, happened) for happened in outcomes) == pytest.approx(0)
    assert backtest.brier_skill((float(happened), happened) for happened in outcomes) == 1
    assert backtest.brier([]) is None
    assert backtest.brier_skill([(0.5, True)]) is None


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60), st.integers(1, 12))
def test_reliability_bins_hold_everyone_once(forecasts, bins):
    for curve in (backtest.reliability(forecasts, bins), backtest.reliability_by_width(forecasts, bins)):
        assert sum(each.n for each in curve) == len(forecasts)
        assert sum(each.observed * each.n for each in curve) == pytest.approx(sum(h for _, h in forecasts))
    equal = [each.n for each in backtest.reliability(forecasts, bins)]
    assert not equal or max(equal) - min(equal) <= 1


# Calibration and weights.


def renewals(n: int, seed: int) -> tuple[list[float], list[bool]]:
    """Scores 0..100 and renewals whose odds follow them."""
    rng = random.Random(seed)
    scores = [rng.uniform(0, 100) for _ in range(n)]
    return scores, [rng.random() < 1 / (1 + 2.718 ** (-(score - 30) / 12)) for score in scores]


@pytest.mark.parametrize("n", [200, 3000], ids=["Platt", "isotonic"])
def test_calibrated_probabilities_follow_what_happened(n):
    scores, renewed = renewals(n, seed=8)
    probability = calibration.calibrated(scores, renewed)
    values = [probability(score) for score in range(101)]
    assert values == sorted(values)
    assert probability(30) == pytest.approx(0.5, abs=0.15)
    assert backtest.brier_skill(zip(map(probability, scores), renewed, strict=True)) > 0.4


def test_isotonic_falls_where_a_low_score_means_the_event():
    scores, renewed = renewals(1000, seed=9)
    probability = calibration.calibrated(scores, [not each for each in renewed])
    assert probability(5) > 0.7
    assert probability(95) < 0.3


def test_cut_points_follow_the_risk_and_are_refused_where_nothing_does():
    scores, renewed = renewals(1000, seed=9)
    lost = [not each for each in renewed]
    loss = calibration.calibrated(scores, lost)
    base_rate = sum(lost) / len(lost)
    green, yellow = calibration.cut_points(loss, base_rate)
    assert loss(green) <= base_rate / 2
    assert loss(yellow) < 2 * base_rate <= loss(yellow - 0.5)
    assert 20 < yellow < green < 60
    assert calibration.cut_points(lambda score: base_rate, base_rate) is None


def test_outcomes_that_never_vary_calibrate_nothing():
    assert calibration.calibrated([1, 2, 3], [True, True, True]) is None


def test_reweighting_moves_half_way_to_what_mattered():
    generator = np.random.default_rng(10)
    rows = generator.normal(0, 20, size=(600, 2))
    renewed = list(generator.random(600) < 1 / (1 + np.exp(-(1.2 + rows[:, 0] / 10))))
    evidence = [{"useful": a, "useless": b} for a, b in rows]
    weights = calibration.reweighted({"useful": 50, "useless": 50}, evidence, renewed)
    assert sum(weights.values()) == pytest.approx(100)
    assert weights["useful"] == pytest.approx(75, abs=4)
    assert calibration.reweighted({"useful": 50, "useless": 50}, evidence[:199], renewed[:199]) is None


def test_new_weights_must_be_clearly_better():
    old = calibration.Trial(auc=0.80, brier=0.15)
    assert calibration.is_better(calibration.Trial(0.83, 0.15), old)
    assert not calibration.is_better(calibration.Trial(0.81, 0.10), old)
    assert not calibration.is_better(calibration.Trial(0.90, 0.16), old)


# Alarms.

USUAL = Baseline(0.3, 0.78)


def year_of_answers(seed: int, shift: float = 0.0) -> list[tuple[float, int]]:
    """15 answers a day coded -1, 0, +1 with mean .3, shifted after half a year."""
    rng = random.Random(seed)
    days = []
    for day in range(365):
        drop = shift / 2 if day > 182 else 0.0
        weights = (0.2 + drop, 0.3, 0.5 - drop)
        answers = rng.choices((-1, 0, 1), weights, k=rng.randint(8, 22))
        days.append((float(sum(answers)), len(answers)))
    return days


def test_drift_is_quiet_for_years_and_finds_twenty_points_within_weeks():
    years = [anomalies.drifts(year_of_answers(seed), USUAL) for seed in range(5)]
    assert sum(abs(z) > anomalies.LIMIT for year in years for z in year) <= 15
    dropped = anomalies.drifts(year_of_answers(1, shift=0.2), USUAL)
    found = next(day for day, z in enumerate(dropped) if z < -anomalies.LIMIT)
    assert 183 <= found <= 213


def test_drift_weighs_days_by_their_answers():
    one, many = anomalies.drifts([(-1, 1)], USUAL), anomalies.drifts([(-20, 20)], USUAL)
    assert abs(one[0]) < abs(many[0])
    assert anomalies.drifts([(0.0, 0)], USUAL) == [0.0]


def test_baseline_is_mean_and_spread_of_single_answers():
    found = anomalies.baseline([(1, 3, 3), (2, 2, 2)])
    assert found.mean == pytest.approx(0.6)
    assert found.sd == pytest.approx(float(np.std([-1, 1, 1, 1, 1], ddof=1)))
    assert anomalies.baseline([(1, 1, 1)]) is None
    assert anomalies.baseline([(5, 5, 5)]) is None


def test_silence_knows_weekends_and_finds_a_dead_mail_job():
    rng, monday = random.Random(3), date(2025, 1, 6)
    history = []
    for day in (monday + timedelta(days=i) for i in range(180)):
        usual = 4 if day.weekday() >= 5 else 40
        history.append((day, max(0, round(rng.gauss(usual, usual**0.5 * 2)))))
    usual = anomalies.volume(history)
    assert usual.dispersion > 0
    assert anomalies.silence(usual, date(2025, 8, 2), 2) > anomalies.RARE
    assert anomalies.silence(usual, date(2025, 8, 4), 2) < anomalies.RARE
    assert anomalies.silence(usual, date(2025, 8, 4), 35) > 0.1
    assert anomalies.volume(history[:6]) is None


def test_steady_volume_is_poisson():
    history = [(date(2025, 1, 6) + timedelta(days=i), 10) for i in range(70)]
    usual = anomalies.volume(history)
    assert usual.dispersion == 0
    assert anomalies.silence(usual, date(2025, 6, 2), 0) == pytest.approx(2.718281828**-10, rel=1e-6)


def test_charts_without_samples_say_nothing():
    assert anomalies.share_chart([], 50) is None
    assert anomalies.share_chart([0.2] * 9 + [0.9], 50).out_of_control == (10,)
