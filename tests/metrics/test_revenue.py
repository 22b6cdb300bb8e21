"""Recurring revenue: retention, movements, renewals, churn. Every cent is accounted for."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import churn, movements, renewals, services
from metrics.formulas.money import percent_of, total
from metrics.formulas.movements import Change, Movement
from metrics.formulas.renewals import Term
from metrics.formulas.retention import retention, with_successors

money = st.decimals(0, 1_000_000, places=2) | st.just(Decimal(0))
pairs = st.lists(st.tuples(money, money), max_size=30)
levels = st.lists(money, min_size=1, max_size=8)

Q1 = date(2025, 1, 1), date(2025, 4, 1)
LONG_AFTER = date(2026, 1, 1)


def euros(amount) -> Decimal:
    return Decimal(amount)


# Retention.


def test_retention_takes_each_customer_from_point_to_point():
    found = retention(
        [
            (euros(100), euros(150)),  # grew
            (euros(100), euros(80)),  # shrank
            (euros(100), euros(0)),  # left
            (euros(0), euros(500)),  # new or returning: no part of the cohort
        ]
    )
    assert (found.start, found.expansion, found.contraction, found.churn) == (300, 50, 20, 100)
    assert found.grr == 60
    assert found.nrr == pytest.approx(230 / 3)
    assert found.kept == 180
    assert found.revenue_churn == 40
    assert found.arr_churn == pytest.approx(100 / 3)
    assert found.logo_churn == pytest.approx(100 / 3)


@given(pairs)
def test_retention_is_bounded_and_closes_to_the_cent(customers):
    found = retention(customers)
    assert found.end == total(after for before, after in customers if before)
    if found.start:
        assert 0 <= found.grr <= 100
        assert found.grr <= found.nrr + 1e-9
        assert found.grr + found.revenue_churn == pytest.approx(100)
    else:
        assert found.grr is found.nrr is found.logo_churn is None


@given(pairs, pairs)
def test_retention_of_two_segments_adds_up_to_the_whole(some, others):
    whole, a, b = retention(some + others), retention(some), retention(others)
    assert tuple(whole) == tuple(x + y for x, y in zip(a, b, strict=True))


@given(pairs, money, st.decimals(1, 100, places=2))
def test_one_customers_growth_never_hides_anothers_loss(customers, before, growth):
    without = retention([*customers, (before, before)])
    grown = retention([*customers, (before, before + growth)])
    assert grown.grr == without.grr


def test_money_is_never_a_float_and_never_negative():
    with pytest.raises(TypeError, match="money is Decimal"):
        retention([(100.0, 90.0)])
    with pytest.raises(ValueError, match="negative"):
        retention([(euros(-1), euros(1))])
    with pytest.raises(ValueError, match="finite"):
        percent_of(euros("NaN"), euros(1))
    assert percent_of(euros(1), euros(0)) is None


def test_a_merger_is_neither_churn_nor_expansion():
    revenue = {"old": (euros(40), euros(0)), "new": (euros(60), euros(100)), "other": (euros(10), euros(10))}
    merged = with_successors(revenue, {"old": "new"})
    assert merged == {"new": (100, 100), "other": (10, 10)}
    found = retention(merged.values())
    assert (found.churn, found.expansion, found.customers) == (0, 0, 2)
    with pytest.raises(ValueError, match="its own successor"):
        with_successors(revenue, {"old": "new", "new": "old"})


# Movements and the bridge.


def test_movements_of_one_customer_have_names():
    walk = [euros(level) for level in (0, 10, 15, 15, 5, 0, 7)]
    assert [change.movement for change in movements.changes(walk)] == [
        Movement.NEW,
        Movement.EXPANSION,
        Movement.CONTRACTION,
        Movement.CHURN,
        Movement.REACTIVATION,
    ]
    back = movements.changes([euros(0), euros(7)], was_customer=True)
    assert back == [(Movement.REACTIVATION, 7)]


@given(st.lists(levels, max_size=10), st.decimals(-1000, 1000, places=2))
def test_the_bridge_closes_to_the_cent(customers, currency):
    opening = total(walk[0] for walk in customers)
    closing = total(walk[-1] for walk in customers) + currency
    moves = [change for walk in customers for change in movements.changes(walk)]
    found = movements.bridge(opening, moves, closing, currency)
    assert found.closing == closing
    assert found.contraction <= 0 <= found.expansion
    assert found.churn <= 0 <= found.new


def test_a_bridge_that_misses_by_a_cent_is_refused():
    moves = [Change(Movement.EXPANSION, euros("5.00"))]
    assert movements.bridge(euros(10), moves, euros(15)).closing == 15
    with pytest.raises(movements.BridgeOpen, match=r"15\.00, the balance is 15\.01"):
        movements.bridge(euros(10), moves, euros("15.01"))


def test_currency_is_a_bar_of_its_own():
    holdings = [(euros(1000), euros("1.10"), euros("1.05")), (euros(50), euros(1), euros(1))]
    assert movements.currency_effect(holdings) == euros("-50.00")


@given(st.lists(levels, max_size=8))
def test_what_left_and_came_back_reconciles_waterfall_and_tile(customers):
    cohort = [walk for walk in customers if walk[0] > 0]
    tile = retention((walk[0], walk[-1]) for walk in cohort)
    moves = [change.amount for walk in cohort for change in movements.changes(walk)]
    regained = movements.lost_and_regained(customers)
    assert regained >= 0
    assert -total(amount for amount in moves if amount < 0) == tile.churn + tile.contraction + regained
    assert total(amount for amount in moves if amount > 0) == tile.expansion + regained


def test_contracts_become_monthly_and_yearly_values():
    assert movements.monthly_recurring(euros(2000), 12) == euros("166.67")
    assert movements.annual_recurring(euros(300_000), 36) == 100_000
    with pytest.raises(ValueError, match="at least one month"):
        movements.monthly_recurring(euros(2000), 0)


# Renewals.


def test_early_and_late_renewals_count_where_they_were_due():
    terms = [
        Term("early", date(2025, 4, 15), euros(100), date(2025, 2, 1), euros(100)),
        Term("on time", date(2025, 2, 15), euros(100), date(2025, 2, 15), euros(100)),
        Term("late", date(2025, 3, 15), euros(100), date(2025, 5, 1), euros(100)),
        Term("too late", date(2025, 1, 15), euros(100), date(2025, 5, 1), euros(100)),
    ]
    first = renewals.renewal_rate(terms, *Q1, as_of=LONG_AFTER)
    assert (first.due, first.kept, first.accounts_renewed) == (300, 200, 2)
    second = renewals.renewal_rate(terms, date(2025, 4, 1), date(2025, 7, 1), as_of=LONG_AFTER)
    assert second.gross == second.logo == 100
    assert renewals.booked_rate(terms, *Q1) == pytest.approx(100 / 3)
    assert renewals.booked_rate(terms, date(2025, 5, 1), date(2025, 6, 1)) is None


def test_upsell_counts_in_the_net_rate_only():
    terms = [
        Term("grown", date(2025, 2, 1), euros(100), date(2025, 2, 1), euros(130)),
        Term("shrunk", date(2025, 2, 1), euros(100), date(2025, 2, 1), euros(60)),
        Term("gone", date(2025, 2, 1), euros(100)),
    ]
    found = renewals.renewal_rate(terms, *Q1, as_of=LONG_AFTER)
    assert found.gross == pytest.approx(160 / 3)
    assert found.net == pytest.approx(190 / 3)
    assert found.logo == pytest.approx(200 / 3)


def test_co_termed_lines_are_one_renewal():
    """A product dropped and another grown at one renewal: the account keeps what it pays."""
    due = date(2025, 2, 1)
    terms = [Term("a", due, euros(60)), Term("a", due, euros(40), due, euros(90))]
    found = renewals.renewal_rate(terms, *Q1, as_of=LONG_AFTER)
    assert (found.gross, found.net, found.accounts_due) == (90, 90, 1)


def test_rate_is_provisional_until_the_grace_is_over():
    terms = [Term("a", date(2025, 2, 1), euros(100))]
    grace_ends = date(2025, 2, 1) + timedelta(days=90)
    before = renewals.renewal_rate(terms, *Q1, as_of=grace_ends - timedelta(days=1))
    after = renewals.renewal_rate(terms, *Q1, as_of=grace_ends)
    assert (before.is_provisional, before.pending, before.gross) == (True, 100, 0)
    assert (after.is_provisional, after.pending, after.gross) == (False, 0, 0)


def test_a_renewal_is_not_known_before_it_happens():
    """Replaying a past day must not see the future."""
    terms = [Term("a", date(2025, 2, 1), euros(100), date(2025, 2, 20), euros(100))]
    assert renewals.renewal_rate(terms, *Q1, as_of=date(2025, 2, 19)).gross == 0
    assert renewals.renewal_rate(terms, *Q1, as_of=date(2025, 2, 20)).gross == 100


def test_nothing_due_has_no_rate():
    found = renewals.renewal_rate([], *Q1, as_of=LONG_AFTER)
    assert found.gross is found.net is found.logo is None
    assert renewals.logo_rate(0, 0) is None
    assert renewals.in_period_rate(euros(0), euros(5), due_later=euros(0), due_earlier=euros(0)) is None


def test_concentrix_is_82_and_not_90():
    million = euros(1_000_000)
    rate = renewals.in_period_rate(
        100 * million, 90 * million, due_later=5 * million, due_earlier=3 * million
    )
    assert rate == 82


term_lists = st.lists(
    st.builds(
        Term,
        st.sampled_from("abcde"),
        st.dates(*Q1),
        money,
        st.none() | st.dates(date(2024, 10, 1), date(2025, 9, 1)),
        money,
    ),
    max_size=20,
)


@given(term_lists, st.integers(0, 200))
def test_renewal_rates_are_bounded_and_grace_never_lowers_them(terms, grace_days):
    strict = renewals.renewal_rate(terms, *Q1, as_of=LONG_AFTER, grace_days=grace_days)
    generous = renewals.renewal_rate(terms, *Q1, as_of=LONG_AFTER, grace_days=grace_days + 30)
    assert 0 <= strict.kept <= strict.due
    assert strict.kept <= strict.renewed
    assert strict.kept <= generous.kept
    assert strict.accounts_renewed <= strict.accounts_due


@given(term_lists)
def test_months_add_up_to_their_quarter(terms):
    starts = [date(2025, month, 1) for month in (1, 2, 3, 4)]
    months = [renewals.renewal_rate(terms, a, b, as_of=LONG_AFTER) for a, b in pairwise(starts)]
    quarter = renewals.renewal_rate(terms, *Q1, as_of=LONG_AFTER)
    assert total(month.due for month in months) == quarter.due
    assert total(month.kept for month in months) == quarter.kept


# Churn.


def test_yearly_equivalents_compound():
    assert churn.annualised(0.271, 3) == pytest.approx(0.1, abs=0.002)
    assert churn.annualised(0.02, 1 / 12) == pytest.approx(1 - 0.98**12)
    assert churn.compounded_retention(0.02, 12) == pytest.approx(0.98**12)
    with pytest.raises(ValueError, match="between 0 and 1"):
        churn.annualised(27, 3)


@given(st.floats(0, 0.99), st.floats(0.5, 10))
def test_annualising_and_compounding_are_inverse(rate, years):
    assert 1 - churn.compounded_retention(churn.annualised(rate, years), years) == pytest.approx(
        rate, abs=1e-9
    )


def test_churn_without_a_base_is_unknown():
    assert churn.logo_churn(0, 0) is None
    assert churn.mrr_churn(euros(0), churn=euros(0)) is None
    assert churn.revenue_churn(euros(0), euros(0)) is None
    assert churn.daily_net_churn([(euros(0), euros(10), euros(10))]) is None
    with pytest.raises(ValueError, match="cannot have left"):
        churn.logo_churn(5, 6)


def test_daily_churn_leaves_new_business_out():
    assert churn.daily_net_churn([(euros(100), euros(105), euros(10))]) == 5
    two_days = [(euros(100), euros(95), euros(0)), (euros(95), euros(95), euros(0))]
    assert churn.daily_net_churn(two_days) == 5


@given(st.lists(st.tuples(st.integers(1, 36), st.booleans()), max_size=50))
def test_survival_falls_from_one_and_without_censoring_is_the_share_left(customers):
    curve = churn.kaplan_meier(customers)
    shares = [1.0, *curve.values()]
    assert all(0 <= later <= earlier for earlier, later in pairwise(shares))
    everyone_left = churn.kaplan_meier((time, True) for time, _ in customers)
    for time, share in everyone_left.items():
        assert share == pytest.approx(sum(t > time for t, _ in customers) / len(customers))


def test_services_margin_may_be_negative_and_needs_revenue():
    assert services.gross_margin(euros(200), euros(150)) == 25
    assert services.gross_margin(euros(200), euros(250)) == -25
    assert services.gross_margin(euros(0), euros(250)) is None
