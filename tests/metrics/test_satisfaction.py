"""Satisfaction and effort: one histogram, several readings, and scales that never mix."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import histograms, satisfaction
from metrics.formulas.satisfaction import CES_1, CES_2, CSAT_5

five_points = st.dictionaries(st.integers(1, 5), st.integers(0, 100))


def test_top_box_mean_and_index_come_from_one_histogram():
    histogram = {5: 42, 4: 32, 3: 10, 2: 9, 1: 14}
    assert satisfaction.top_box(histogram, 4) == pytest.approx(69.159, abs=1e-3)
    assert satisfaction.percent_good(histogram, CSAT_5) == satisfaction.top_box(histogram, 4)
    assert histograms.mean(histogram) == pytest.approx(3.738, abs=1e-3)
    assert satisfaction.index(histogram, 1, 5) == pytest.approx(68.458, abs=1e-3)


@given(five_points)
def test_readings_stay_on_their_scales_and_the_interval_holds_the_share(histogram):
    if not histograms.answers(histogram):
        assert satisfaction.top_box(histogram, 4) is None
        assert satisfaction.top_box_interval(histogram, 4) is None
        assert satisfaction.index(histogram, 1, 5) is None
        assert satisfaction.effort(histogram, CES_1) is None
    else:
        low, high = satisfaction.percent_good_interval(histogram, CSAT_5)
        assert 0 <= low <= satisfaction.top_box(histogram, 4) / 100 <= high <= 1
        assert 0 <= satisfaction.index(histogram, 1, 5) <= 100


@given(five_points)
def test_index_of_the_mirrored_scale_is_the_rest_to_100(histogram):
    mirrored = {6 - value: count for value, count in histogram.items()}
    if histograms.answers(histogram):
        there, back = satisfaction.index(histogram, 1, 5), satisfaction.index(mirrored, 1, 5)
        assert there + back == pytest.approx(100)


def test_little_effort_is_good_on_the_first_scale_and_agreement_on_the_second():
    assert satisfaction.effort({1: 3, 2: 1, 5: 1}, CES_1) == (2.0, 80.0, 5)
    assert satisfaction.effort({1: 1, 5: 1, 7: 2}, CES_2) == (5.0, 75.0, 4)


def test_the_two_effort_scales_are_never_pooled():
    scale, histogram = satisfaction.pooled([(CES_2, {7: 1}), (CES_2, {7: 2, 1: 1})])
    assert (scale, histogram) == (CES_2, {1: 1, 7: 3})
    with pytest.raises(satisfaction.ScalesDiffer):
        satisfaction.pooled([(CES_1, {1: 1}), (CES_2, {7: 1})])


def test_values_off_the_scale_are_refused():
    with pytest.raises(ValueError, match="outside the scale"):
        satisfaction.percent_good({7: 1}, CSAT_5)
    with pytest.raises(ValueError, match="outside the scale"):
        satisfaction.index({7: 1}, 1, 5)
    with pytest.raises(ValueError, match="two ends"):
        satisfaction.index({5: 1}, 5, 5)
