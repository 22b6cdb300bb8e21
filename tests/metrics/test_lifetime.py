"""Lifetime value: constant retention, and customers who differ in how loyal they are."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import lifetime
from metrics.formulas.lifetime import ShiftedBetaGeometric

HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
rates = st.floats(0.01, 0.99)
models = st.builds(ShiftedBetaGeometric, st.floats(0.2, 5), st.floats(0.2, 10))


@given(rates, rates)
def test_the_three_timings_are_one_stream_seen_from_three_points(retention, discount):
    new = lifetime.multiple(retention, discount, "new")
    existing = lifetime.multiple(retention, discount, "existing")
    after = lifetime.multiple(retention, discount, "gupta_lehmann")
    assert new == pytest.approx(1 + after)
    assert existing == pytest.approx((1 + discount) * after)
    payments = sum((retention / (1 + discount)) ** t for t in range(5000))
    assert new == pytest.approx(payments, rel=1e-6)


@given(rates, rates, rates)
def test_more_loyal_customers_are_worth_more(less, more, discount):
    less, more = sorted((less, more))
    assert lifetime.multiple(less, discount, "new") <= lifetime.multiple(more, discount, "new")


def test_growth_raises_the_value_until_the_sum_has_no_end():
    assert lifetime.multiple(0.8, 0.1, "new", growth=0.1) == pytest.approx(1.1 / (1.1 - 0.88))
    with pytest.raises(lifetime.InfiniteValue):
        lifetime.multiple(0.8, 0.1, "new", growth=0.375)
    with pytest.raises(lifetime.InfiniteValue):
        lifetime.multiple(1, 0, "new")
    with pytest.raises(ValueError, match="make no sense"):
        lifetime.multiple(80, 0.1, "new")


def test_value_is_money():
    assert lifetime.value(Decimal("1200.00"), 2.6666666) == Decimal("3200.00")
    with pytest.raises(TypeError, match="money is Decimal"):
        lifetime.value(1200.0, 2.67)


@given(models)
def test_survival_is_the_product_of_renewal_rates_that_rise(model):
    share = 1.0
    for renewal in range(1, 9):
        rate = lifetime.retention_rate(model, renewal)
        assert rate < lifetime.retention_rate(model, renewal + 1) < 1
        share *= rate
        assert lifetime.survival(model, renewal) == pytest.approx(share)


@given(models, st.floats(0.05, 0.5), st.integers(0, 10))
def test_residual_lifetime_is_its_sum_and_grows_with_tenure(model, discount, renewals_made):
    closed = lifetime.expected_residual_lifetime(model, discount, renewals_made)
    summed = lifetime.capped_residual_lifetime(model, discount, renewals_made, horizon=1000)
    assert closed == pytest.approx(summed, rel=1e-6)
    assert closed < lifetime.expected_residual_lifetime(model, discount, renewals_made + 1)
    assert lifetime.capped_residual_lifetime(model, discount, renewals_made) < closed


@given(models, st.floats(0.05, 0.5))
def test_a_new_customer_pays_once_and_then_like_one_about_to_renew(model, discount):
    new = lifetime.expected_lifetime(model, discount)
    about_to_renew = lifetime.expected_residual_lifetime(model, discount, 0)
    assert new == pytest.approx(1 + about_to_renew / (1 + discount))
    assert lifetime.expected_lifetime(model, discount, first_payment_now=False) == pytest.approx(new - 1)


def test_fit_finds_the_model_that_made_the_cohorts():
    truth = ShiftedBetaGeometric(1.5, 4)
    cohorts = [
        [round(size * lifetime.survival(truth, t)) for t in range(years)]
        for size, years in ((100_000, 8), (50_000, 4))
    ]
    found = lifetime.fit(cohorts)
    assert found == pytest.approx(truth, rel=0.02)
    assert lifetime.log_likelihood(found, cohorts) >= lifetime.log_likelihood(truth, cohorts)


@pytest.mark.parametrize(
    ("cohort", "first_renewal"), [([100] * 5, 1), ([100, 0], 0), ([4096, 2048, 1024, 512, 256], 0.5)]
)
def test_fit_survives_cohorts_without_differences(cohort, first_renewal):
    assert lifetime.retention_rate(lifetime.fit([cohort]), 1) == pytest.approx(first_renewal, abs=0.01)


def test_short_or_small_cohorts_are_not_enough_to_show():
    assert lifetime.is_enough([HIGH_END])
    assert not lifetime.is_enough([HIGH_END[:3]])
    assert not lifetime.is_enough([[99, 90, 85, 80]])
    assert not lifetime.is_enough([])


@pytest.mark.parametrize("cohort", [[100], [0, 0], [100, 120], [10, 5, -1]])
def test_impossible_cohorts_are_refused(cohort):
    with pytest.raises(ValueError, match="only shrinks"):
        lifetime.fit([cohort])


def test_lifetimes_that_may_never_end_have_no_mean_and_need_a_discount():
    assert lifetime.expected_tenure(ShiftedBetaGeometric(2, 3)) == 4
    assert lifetime.expected_tenure(ShiftedBetaGeometric(0.668, 3.806)) is None
    with pytest.raises(lifetime.InfiniteValue):
        lifetime.expected_residual_lifetime(ShiftedBetaGeometric(2, 3), 0, 1)
