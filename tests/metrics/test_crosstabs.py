"""Cross-tabs against scipy, and what the test is refused for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, chi2_contingency
from scipy.stats.contingency import association

from metrics.formulas.crosstabs import TooFew, chi2_tail, expectations, independence, unusual

TABLE = [[30, 20, 10], [10, 25, 40]]


@given(x=st.floats(0, 500), df=st.integers(1, 120))
def test_the_tail_is_that_of_the_distribution(x, df):
    assert chi2_tail(x, df) == pytest.approx(chi2.sf(x, df), rel=1e-9, abs=1e-12)


@given(
    st.integers(2, 5).flatmap(
        lambda width: st.lists(
            st.lists(st.integers(25, 90), min_size=width, max_size=width), min_size=2, max_size=6
        )
    )
)
def test_the_statistic_is_pearsons_and_the_strength_cramers(table):
    found, (statistic, p, df, hoped) = independence(table), chi2_contingency(table, correction=False)
    assert (found.chi2, found.df, found.p) == (pytest.approx(statistic), df, pytest.approx(p, abs=1e-12))
    assert found.strength == pytest.approx(association(table, method="cramer"), abs=1e-9)
    assert [each for row in expectations(table) for each in row] == pytest.approx(hoped.ravel())


def test_empty_rows_and_columns_are_no_answers():
    assert independence([[30, 0, 20, 10], [0, 0, 0, 0], [10, 0, 25, 40]]) == independence(TABLE)


@pytest.mark.parametrize(
    "table", [[[3, 1], [2, 4]], [[5, 5]], [[9], [9]], [[0, 0], [0, 0]], [[400, 1], [400, 0]]]
)
def test_too_few_answers_get_no_test(table):
    with pytest.raises(TooFew):
        independence(table)


def test_cells_far_from_chance_are_marked_and_small_ones_never():
    assert unusual(TABLE) == [[1, 0, -1], [-1, 0, 1]]
    assert unusual([[50, 50], [50, 50]]) == [[0, 0], [0, 0]]
    assert unusual([[4, 0], [0, 4]]) == [[0, 0], [0, 0]]
    assert unusual([[0, 0]]) == [[0, 0]]
