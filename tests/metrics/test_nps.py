"""The Net Promoter Score: groups, variance, accounts, weights, sample sizes, shrinkage."""

import random
from decimal import Decimal
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import clusters, comparisons, histograms, nps, sampling, shrinkage, weighting
from tests.metrics.test_intervals import answered, splits

scale_histograms = st.dictionaries(st.integers(0, 10), st.integers(0, 200))
signed_histograms = st.dictionaries(st.integers(0, 10), st.integers(-50, 50))


def test_score_is_promoters_less_detractors():
    groups = nps.split({0: 1, 6: 1, 7: 1, 8: 1, 9: 1, 10: 5})
    assert groups == (2, 2, 6)
    assert nps.nps(groups) == 40
    assert nps.percent_promoters(groups) == 60


def test_no_answers_have_no_score():
    nobody = nps.split({})
    assert nps.nps(nobody) is None
    assert nps.percent_promoters(nobody) is None
    assert nps.variance(nobody) is None
    assert nps.standard_error(nobody) is None
    assert nps.difference(nobody, nps.Split(1, 1, 1)) is None
    assert nps.p_value(nps.Split(1, 1, 1), nobody) is None


@pytest.mark.parametrize("histogram", [{11: 1}, {-1: 1}, {5: -1}])
def test_values_outside_the_scale_and_negative_totals_are_refused(histogram):
    assert nps.split({10: 1, 5: 1})
    with pytest.raises(ValueError, match=r"outside the scale|cannot be negative"):
        nps.split(histogram)


def test_cut_offs_belong_to_the_question():
    assert nps.split({1: 1, 3: 1, 4: 1, 5: 2}, 3, 4, scale_min=1, scale_max=5) == (2, 1, 2)
    with pytest.raises(ValueError, match="do not divide"):
        nps.split({5: 1}, detractor_max=8, passive_max=6)


@given(scale_histograms)
def test_score_lies_between_the_ends_and_variance_follows_from_the_groups(histogram):
    groups = nps.split(histogram)
    assert groups.n == histograms.answers(histogram)
    if groups.n:
        assert -100 <= nps.nps(groups) <= 100
        assert 0 <= nps.variance(groups) <= 1


@given(scale_histograms, st.integers(0, 9))
def test_a_better_answer_never_lowers_the_score(histogram, value):
    before = histograms.merged([histogram, {value: 1}])
    after = histograms.merged([histogram, {value + 1: 1}])
    assert nps.nps(nps.split(after)) >= nps.nps(nps.split(before))


@given(st.lists(signed_histograms, max_size=6), st.randoms(use_true_random=False))
def test_merging_is_recounting_in_any_order_and_batch(parts, order):
    """A histogram and its negative leave no trace: late answers, edits and erasures are safe."""
    shuffled = [*parts, *({v: -c for v, c in part.items()} for part in parts), {9: 1}]
    order.shuffle(shuffled)
    middle = len(shuffled) // 2
    batches = [histograms.merged(shuffled[:middle]), histograms.merged(shuffled[middle:])]
    assert histograms.merged(batches) == histograms.merged(shuffled) == {9: 1}


def test_mean_variance_and_quantile_come_from_counts():
    histogram = {1: 1, 3: 2, 5: 1}
    assert histograms.mean(histogram) == 3
    assert histograms.variance(histogram) == pytest.approx(8 / 3)
    assert [histograms.quantile(histogram, share) for share in (0, 0.5, 0.75, 1)] == [1, 3, 3, 5]
    assert histograms.mean({}) is histograms.quantile({}, 0.5) is histograms.variance({4: 1}) is None


def test_finite_population_narrows_and_vanishes_with_a_census():
    groups = nps.Split(10, 20, 30)
    assert nps.standard_error(groups, population=61) < nps.standard_error(groups, population=1000)
    assert nps.standard_error(groups, population=60) == 0
    with pytest.raises(ValueError, match="population"):
        nps.standard_error(groups, population=59)


@given(answered, answered)
def test_difference_is_antisymmetric_and_p_agrees_with_the_interval(a, b):
    there, back = nps.difference(a, b), nps.difference(b, a)
    assert there.difference == pytest.approx(-back.difference)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-6)
    p = nps.p_value(a, b)
    if abs(p - 0.05) > 1e-3:
        assert there.is_significant == (p < 0.05)


def test_difference_shown_is_raw_under_every_method():
    a, b = nps.Split(1, 2, 7), nps.Split(20, 30, 50)
    assert {nps.difference(a, b, method=m).difference for m in ("mover", "wald", "adjusted_wald")} == {30}


# Accounts.


def test_four_account_views_differ_and_say_why():
    big, small = nps.Split(0, 0, 8), nps.Split(2, 0, 0)
    assert nps.nps(clusters.pooled([big, small])) == 60
    assert clusters.mean_of_accounts([big, small]) == 0
    assert clusters.revenue_weighted([(nps.nps(big), Decimal(100)), (nps.nps(small), Decimal(300))]) == -50
    roles = {"user": nps.Split(5, 0, 0), "influencer": nps.Split(0, 1, 0)}
    assert clusters.waterfall(roles) == (0, 1, 0)
    assert clusters.waterfall({**roles, "decision_maker": nps.Split(0, 0, 0)}) == (0, 1, 0)
    assert clusters.waterfall({}) == (0, 0, 0)


def test_roles_weigh_the_same_unless_told_otherwise():
    roles = {"decision_maker": nps.Split(0, 0, 1), "user": nps.Split(1, 0, 0)}
    assert clusters.role_weighted(roles, {}) == 0
    assert clusters.role_weighted(roles, {"decision_maker": 2}) == pytest.approx(100 / 3)
    assert clusters.role_weighted({}, {}) is None


def test_accounts_without_answers_or_revenue_have_no_view():
    assert clusters.mean_of_accounts([nps.Split(0, 0, 0)]) is None
    assert clusters.revenue_weighted([(None, Decimal(5))]) is None
    assert clusters.standard_error([nps.Split(1, 1, 1)]) is None


def test_agreeing_colleagues_count_for_less_than_strangers():
    unanimous = [nps.Split(0, 0, 5)] * 8 + [nps.Split(5, 0, 0)] * 4
    strangers = nps.standard_error(clusters.pooled(unanimous))
    assert clusters.standard_error(unanimous) > 2 * strangers


@given(st.integers(1, 30), st.integers(1, 30))
def test_one_answer_per_account_is_the_simple_standard_error(unhappy, happy):
    singles = [nps.Split(1, 0, 0)] * unhappy + [nps.Split(0, 0, 1)] * happy
    expected = nps.standard_error(clusters.pooled(singles), unbiased=True)
    assert clusters.standard_error(singles) == pytest.approx(expected)


def test_answers_of_no_known_account_are_nobody_s_colleagues():
    accounts, alone = [nps.Split(1, 2, 3)] * 12, nps.Split(2, 1, 4)
    each = [nps.Split(1, 0, 0)] * 2 + [nps.Split(0, 1, 0)] + [nps.Split(0, 0, 1)] * 4
    assert clusters.standard_error(accounts, alone) == pytest.approx(
        clusters.standard_error([*accounts, *each])
    )
    assert clusters.interval(accounts, alone) == pytest.approx(clusters.interval([*accounts, *each]))
    # Each by itself, they do not make up for accounts.
    assert clusters.interval(accounts[:9], alone) is None


def test_fewer_than_ten_accounts_are_not_enough():
    accounts = [nps.Split(1, 2, 3)] * 5 + [nps.Split(2, 2, 2)] * 5
    assert clusters.interval(accounts[:9]) is None
    low, high = clusters.interval(accounts)
    assert low < nps.nps(clusters.pooled(accounts)) < high
    assert clusters.difference([(a, a) for a in accounts[:9]]) is None


def test_same_accounts_twice_compare_with_themselves():
    before = [nps.Split(0, 0, 4)] * 6 + [nps.Split(4, 0, 0)] * 6
    after = [nps.Split(0, 1, 3)] * 6 + [nps.Split(4, 0, 0)] * 6
    paired = clusters.difference(zip(before, after, strict=True))
    nobody = nps.Split(0, 0, 0)
    apart = clusters.difference([(a, nobody) for a in before] + [(nobody, b) for b in after])
    assert paired.difference == apart.difference == pytest.approx(12.5)
    assert paired.se < apart.se / 3


# Tests between groups.


def test_false_discoveries_are_held_over_many_segments():
    assert comparisons.discoveries([0.001, 0.04, 0.5, 0.9]) == [True, True, False, False]
    assert comparisons.discoveries([0.04, 0.5, 0.6, 0.9]) == [False] * 4
    assert comparisons.discoveries([]) == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_smaller_p_never_falls_where_a_larger_stands(p_values):
    standing = comparisons.discoveries(p_values)
    highest = max((p for p, stands in zip(p_values, standing, strict=True) if stands), default=-1)
    assert all(stands == (p <= highest) for p, stands in zip(p_values, standing, strict=True))


def test_shares_that_all_agree_cannot_be_compared():
    assert comparisons.two_shares((5, 5), (7, 7)) is None
    assert comparisons.many_shares([5, 7], [5, 7]) is None
    assert comparisons.many_shares([5], [9]) is None
    z = comparisons.two_shares((5, 83), (12, 99)).z
    assert comparisons.many_shares([5, 12], [83, 99]).chi2 == pytest.approx(z**2)


def test_same_people_twice_say_more_than_two_groups():
    pairs = [(1, 0)] * 10 + [(1, 1)] * 30 + [(-1, -1)] * 30
    paired = comparisons.paired_difference(pairs)
    later, earlier = nps.Split(30, 0, 40), nps.Split(30, 10, 30)
    assert paired.difference == pytest.approx(nps.difference(later, earlier).difference)
    assert paired.interval.low > 0 > nps.difference(later, earlier).low
    assert comparisons.paired_difference(pairs[:1]) is None


# Sample sizes.


@pytest.mark.parametrize(
    ("n", "detectable", "just_significant"),
    [(30, 59, 41), (50, 46, 32), (100, 32, 23), (200, 23, 16), (400, 16, 11), (1000, 10, 7)],
)
def test_detectable_change_is_the_table_of_metrics(n, detectable, just_significant):
    assert round(sampling.detectable_change(n)) == detectable
    assert round(sampling.detectable_change(n, power=None)) == pytest.approx(just_significant, abs=1)


def test_nobody_asked_detects_nothing():
    assert sampling.detectable_change(0) is None
    with pytest.raises(ValueError, match="positive"):
        sampling.required_answers(0)


@pytest.mark.parametrize(
    ("population", "answers"), [(10, 10), (100, 80), (500, 217), (1000, 278), (100_000, 383)]
)
def test_krejcie_and_morgans_table(population, answers):
    assert sampling.finite_population_answers(population) == answers


@given(st.floats(1, 50), st.floats(1.01, 3))
def test_smaller_differences_need_more_answers(points, factor):
    assert sampling.required_answers(points) >= sampling.required_answers(points * factor)


# Weights.


def test_strata_at_their_share_of_the_population_leave_the_score_alone():
    strata = {"a": nps.Split(10, 10, 20), "b": nps.Split(5, 5, 30)}
    result = weighting.poststratified(strata, {"a": 400, "b": 400})
    assert result.nps == pytest.approx(nps.nps(clusters.pooled(strata.values())))
    assert result.effective_n == pytest.approx(80)


def test_a_stratum_without_answers_must_be_collapsed():
    strata, people = {"a": nps.Split(10, 10, 20), "b": nps.Split(1, 0, 3)}, {"a": 300.0, "b": 50.0, "c": 50.0}
    with pytest.raises(ValueError, match="collapse"):
        weighting.poststratified(strata, people)
    with pytest.raises(ValueError, match="how many people"):
        weighting.poststratified({**strata, "d": nps.Split(1, 1, 1)}, people)
    cells, merged = weighting.collapsed(strata, people)
    assert cells == {"a + b + c": (11, 10, 23)}
    assert merged == {"a + b + c": 400.0}
    cells, merged = weighting.collapsed({**strata, "c": nps.Split(5, 5, 5)}, people)
    assert cells == {"a": (10, 10, 20), "c + b": (6, 5, 8)}
    assert weighting.poststratified(cells, merged).nps < 60


def test_weights_are_trimmed_at_five_medians():
    cells = [(nps.Split(0, 0, 90), 1.0), (nps.Split(10, 0, 0), 50.0)]
    assert weighting.weighted(cells).nps == pytest.approx(100 * (90 - 500) / 590)
    trimmed = weighting.weighted(cells, trim_at=weighting.TRIM_AT_MEDIANS)
    assert trimmed.nps == pytest.approx(100 * (90 - 50) / 140)
    assert trimmed.effective_n > weighting.weighted(cells).effective_n


def test_weighted_interval_is_as_wide_as_the_effective_answers():
    plain = weighting.weighted([(nps.Split(10, 20, 30), 1.0)])
    uneven = weighting.weighted([(nps.Split(5, 10, 15), 1.0), (nps.Split(5, 10, 15), 4.0)])
    assert plain.interval() == pytest.approx(nps.nps_score_interval(10, 20, 30))
    assert uneven.nps == pytest.approx(plain.nps)
    assert uneven.interval().high > plain.interval().high
    assert weighting.weighted([]) is None


@given(
    st.dictionaries(st.sampled_from(["a", "b"]), st.floats(1, 100), min_size=2),
    st.dictionaries(st.sampled_from(["x", "y"]), st.floats(1, 100), min_size=2),
)
def test_raking_one_answer_per_cell_meets_both_margins(rows, columns):
    """With independent answers the raked weights are the product of the two margins."""
    cells = {("a", "x"): (0, 0, 1), ("a", "y"): (0, 1, 0), ("b", "x"): (0, 1, 0), ("b", "y"): (1, 0, 0)}
    groups = {key: nps.Split(*counts) for key, counts in cells.items()}
    share_a, share_x = rows["a"] / sum(rows.values()), columns["x"] / sum(columns.values())
    expected = 100 * (share_a * share_x - (1 - share_a) * (1 - share_x))
    assert weighting.raked(groups, [rows, columns]).nps == pytest.approx(expected, abs=1e-6)


def test_margins_that_no_weights_meet_are_refused():
    cells = {("a", "x"): nps.Split(1, 1, 1), ("b", "y"): nps.Split(1, 1, 1)}
    assert weighting.raked(cells, [{"a": 1, "b": 1}, {"x": 1, "y": 1}]).nps == 0
    with pytest.raises(weighting.NotConverging):
        weighting.raked(cells, [{"a": 1, "b": 1}, {"x": 1, "y": 3}])
    with pytest.raises(ValueError, match="categories"):
        weighting.raked(cells, [{"a": 1, "c": 1}, {"x": 1, "y": 1}])


# Small accounts.


@given(splits, answered, st.floats(1, 10))
def test_shrunk_score_lies_between_account_and_segment(account, segment, strength):
    result = shrinkage.shrunk(account, segment, strength)
    ends = sorted([nps.nps(segment), nps.nps(segment) if result.raw is None else result.raw])
    assert ends[0] - 1e-9 <= result.nps <= ends[1] + 1e-9
    assert result.interval.low <= result.nps <= result.interval.high


def test_shrinkage_is_the_formula_and_nobody_is_nothing():
    account, segment = nps.Split(0, 0, 2), nps.Split(30, 30, 40)
    assert shrinkage.shrunk(account, segment, 3).nps == pytest.approx((2 * 100 + 3 * 10) / 5)
    assert shrinkage.shrunk(account, nps.Split(0, 0, 0), 3) is None


@given(st.lists(splits, max_size=30))
def test_prior_strength_is_clamped(accounts):
    assert 1 <= shrinkage.prior_strength(accounts) <= 10


def test_prior_strength_tells_alike_from_unlike():
    unlike = [nps.Split(0, 0, 6), nps.Split(6, 0, 0)] * 20
    alike = [nps.Split(2, 2, 2)] * 40
    assert shrinkage.prior_strength(unlike) == 1
    assert shrinkage.prior_strength(alike) == 10


def drawn_accounts(strength: float, seed: int, size: int = 200, mean_n: float = 2.5):
    """Accounts whose own mixes are Dirichlet around (.2, .3, .5), with the true score of each."""
    rng = random.Random(seed)
    for _ in range(size):
        weights = [rng.gammavariate(strength * share, 1) for share in (0.2, 0.3, 0.5)]
        mix = [weight / sum(weights) for weight in weights]
        answers = rng.choices((0, 1, 2), mix, k=1 + int(rng.expovariate(1 / (mean_n - 1))))
        yield nps.Split(*(answers.count(i) for i in range(3))), 100 * (mix[2] - mix[0])


@pytest.mark.parametrize("strength", [1.5, 3, 8, 30])
def test_shrinkage_comes_closer_to_the_truth_and_covers_it(strength):
    """METRICS 2.5: the error falls by a quarter to three quarters, coverage stays at 94 percent or more."""
    drawn = list(drawn_accounts(strength, seed=7, size=400))
    segment = clusters.pooled(groups for groups, _ in drawn)
    found = shrinkage.prior_strength(groups for groups, _ in drawn)
    results = [(shrinkage.shrunk(groups, segment, found), truth) for groups, truth in drawn]
    raw_error = sqrt(sum((result.raw - truth) ** 2 for result, truth in results) / len(results))
    error = sqrt(sum((result.nps - truth) ** 2 for result, truth in results) / len(results))
    covered = sum(truth in result.interval for result, truth in results) / len(results)
    assert error < 0.8 * raw_error
    assert covered > 0.9


def test_priors_are_found_again_in_what_they_made():
    drawn = [groups for groups, _ in drawn_accounts(3, seed=11, size=600, mean_n=12)]
    prior = shrinkage.fit_dirichlet(drawn)
    assert prior.strength == pytest.approx(3, rel=0.25)
    assert prior.share == pytest.approx((0.2, 0.3, 0.5), abs=0.04)
    promoters = shrinkage.fit_beta([groups.promoters for groups in drawn], [groups.n for groups in drawn])
    assert promoters.mean == pytest.approx(0.5, abs=0.04)
    assert promoters.rho == pytest.approx(1 / 4, abs=0.06)
    assert shrinkage.fit_dirichlet([]) is None


@given(st.lists(st.tuples(splits, st.floats(0.01, 1e6)), max_size=30), st.randoms(use_true_random=False))
def test_a_number_does_not_depend_on_the_order_accounts_come_in(drawn, shuffling):
    shuffled = shuffling.sample(drawn, len(drawn))
    assert over_accounts(shuffled) == over_accounts(drawn)


def over_accounts(drawn):
    accounts = [groups for groups, _ in drawn]
    pairs = [(groups, nps.Split(*reversed(groups))) for groups in accounts]
    revenue = [(nps.nps(groups), Decimal(round(weight))) for groups, weight in drawn]
    return [
        clusters.mean_of_accounts(accounts),
        clusters.standard_error(accounts),
        clusters.interval(accounts),
        clusters.difference(pairs),
        clusters.revenue_weighted(revenue),
        shrinkage.prior_strength(accounts),
        weighting.weighted(drawn),
        comparisons.many_shares([groups.promoters for groups in accounts], [g.n for g in accounts]),
    ]
