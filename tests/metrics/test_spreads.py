"""Where numbers and days lie, against numpy and by hand."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas.spreads import Bin, day_spread, holds, label_of, spread

NUMBERS = st.dictionaries(
    st.one_of(st.integers(-1000, 1000).map(float), st.floats(-1000, 1000)), st.integers(1, 9), min_size=1
)


@given(NUMBERS)
def test_quartiles_and_mean_are_those_of_the_numbers_one_by_one(counts):
    found, numbers = spread(counts), np.repeat(list(counts), list(counts.values()))
    assert found.quartiles == pytest.approx(np.quantile(numbers, (0.25, 0.5, 0.75)), abs=1e-6)
    assert (found.least, found.most) == (min(counts), max(counts))
    assert found.mean == pytest.approx(numbers.mean(), abs=1e-6)


@given(NUMBERS)
def test_every_number_is_in_a_bin_and_there_are_not_many(counts):
    bins = spread(counts).bins
    assert sum(each.count for each in bins) == sum(counts.values())
    assert len(bins) <= 14


def test_few_whole_numbers_have_a_bin_each_and_wide_ones_round_edges():
    assert spread({1: 2, 3: 1}).bins == (Bin("1", 2), Bin("2", 0), Bin("3", 1))
    assert [each.label for each in spread({0: 1, 97: 1}).bins][:2] == ["0–9", "10–19"]
    assert spread({0.0: 1, 0.55: 1}).bins[0].label == "0 to below 0.1"
    assert spread({}) is None


@given(st.dictionaries(st.decimals(-900, 900, places=2).map(float), st.integers(1, 9), min_size=1))
def test_the_name_of_a_bin_says_what_lies_in_it(counts):
    for each in spread(counts).bins:
        assert each.count == sum(times for number, times in counts.items() if holds(each.pick, number))


def test_what_names_no_bin_is_refused():
    assert (label_of("10..20"), label_of("2026-03")) == ("10 to below 20", "2026-03")
    for name in ("", "x", "1..", "2..1", "nan..1", "0..inf", "1"):
        with pytest.raises(ValueError, match=r"."):
            holds(name, 1.0)


@pytest.mark.parametrize(
    ("last", "by"), [(date(2026, 1, 9), "day"), (date(2026, 5, 9), "month"), (date(2030, 5, 9), "year")]
)
def test_days_are_counted_by_what_shows_them_best(last, by):
    found = day_spread({date(2026, 1, 5): 2, last: 1})
    assert (found.first, found.last, found.by) == (date(2026, 1, 5), last, by)
    assert found.median == date(2026, 1, 5)
    assert sum(each.count for each in found.bins) == 3
    assert holds(found.bins[0].pick, date(2026, 1, 5))
    assert sum(holds(each.pick, last) for each in found.bins) == 1
    assert day_spread({}) is None
