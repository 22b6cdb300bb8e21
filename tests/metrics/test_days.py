"""Days of the reporting zone, fading weights, rounding, targets, coverage, and what may be shown."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.formulas import days, decay, disclosure, response_rates, rounding, targets
from metrics.formulas.intervals import Interval

zones = st.sampled_from(
    ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Asia/Kathmandu", "America/Sao_Paulo"]
).map(ZoneInfo)


@given(st.datetimes(datetime(2000, 1, 2), datetime(2035, 1, 1)), zones)  # noqa: DTZ001
def test_every_instant_lies_within_the_bounds_of_its_day(naive, zone):
    instant = naive.replace(tzinfo=UTC)
    start, end = days.day_bounds(days.reporting_day(instant, zone), zone)
    assert start <= instant < end


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2025, 3, 30), "Europe/Berlin", 23),
        (date(2025, 10, 26), "Europe/Berlin", 25),
        (date(2025, 6, 1), "Europe/Berlin", 24),
        (date(2025, 4, 6), "Australia/Lord_Howe", 24.5),
        (date(2018, 11, 4), "America/Sao_Paulo", 23),
    ],
)
def test_days_are_as_long_as_the_clocks_make_them(day, zone, hours):
    assert days.day_length_hours(day, ZoneInfo(zone)) == hours


def test_an_instant_without_a_zone_belongs_to_no_day():
    with pytest.raises(ValueError, match="time zone"):
        days.reporting_day(datetime(2025, 1, 1), ZoneInfo("UTC"))  # noqa: DTZ001


def test_windows_are_half_open_and_calendar_shaped():
    assert days.month_of(date(2024, 2, 29)) == (date(2024, 2, 1), date(2024, 3, 1))
    assert days.quarter_of(date(2024, 12, 31)) == (date(2024, 10, 1), date(2025, 1, 1))
    assert days.trailing(date(2025, 4, 1)) == (date(2024, 4, 1), date(2025, 4, 1))
    assert days.months_later(date(2024, 1, 31), 1) == date(2024, 2, 29)
    window = days.month_of(date(2024, 2, 29))
    assert date(2024, 2, 29) in window
    assert date(2024, 3, 1) not in window


def test_weights_halve_with_each_half_life():
    assert decay.remaining(0, 90) == 1
    assert decay.remaining(180, 90) == 0.25
    with pytest.raises(ValueError, match="make no sense"):
        decay.remaining(-1, 90)


def test_decayed_mean_ignores_gaps_and_the_future():
    observed = [(date(2025, 1, 1), 0.0), (date(2025, 1, 5), None), (date(2025, 1, 9), 3.0)]
    assert decay.decayed_mean(observed, date(2025, 1, 8), 4) == 0
    assert decay.decayed_mean(observed, date(2025, 1, 9), 4) == pytest.approx(3 / 1.25)
    assert decay.decayed_mean(observed, date(2024, 12, 31), 4) is None


def test_display_rounds_halves_up_and_keeps_the_unknown_unknown():
    assert rounding.displayed(0.5) == 1
    assert rounding.displayed(2.5) == 3
    assert rounding.displayed(69.1588) == 69
    assert str(rounding.displayed(2.25, 1)) == "2.3"
    assert rounding.displayed(None) is None


def test_gap_says_whether_chance_alone_could_explain_it():
    assert targets.gap(42, 45, Interval(35, 49)) == (-3, True)
    assert targets.gap(42, 45, Interval(41, 43)) == (-3, False)
    assert targets.gap(88.5, 90.0) == (-1.5, False)
    assert targets.gap(None, 45) is None


def test_response_rates_count_what_was_delivered():
    assert response_rates.response_rate(30, 120) == 25
    assert response_rates.completion_rate(30, 40) == 75
    assert response_rates.part_heard(1, 3) == pytest.approx(100 / 3)
    assert response_rates.response_rate(0, 0) is response_rates.part_heard(0, 0) is None
    with pytest.raises(ValueError, match="no part"):
        response_rates.response_rate(5, 4)


def test_a_small_group_takes_a_neighbour_into_hiding():
    """Six answers in one segment and one in another: the total less the six would be the one."""
    assert disclosure.shown({"a": 6, "b": 1}) == set()
    assert disclosure.shown({"a": 6, "b": 1, "c": 20}) == {"c"}
    assert disclosure.shown({"a": 6, "b": 4, "c": 4}) == {"a"}
    assert disclosure.shown({"a": 6, "b": 5, "none": 0}) == {"a", "b"}
    assert disclosure.shown({"a": 4, "b": 2}, least=1) == set()
    # Else asking until another of two alike is hidden would tell of the one that always is.
    assert disclosure.shown({"a": 5, "b": 5, "c": 1}) == disclosure.shown({"c": 1, "b": 5, "a": 5}) == {"b"}


@given(st.dictionaries(st.integers(), st.integers(0, 30), max_size=8), st.integers(1, 10))
def test_what_is_hidden_is_nobody_or_enough_to_hide_among(groups, least):
    visible = disclosure.shown(groups, least)
    assert all(groups[group] >= max(least, 3) for group in visible)
    hidden = sum(n for group, n in groups.items() if group not in visible)
    assert hidden == 0 or hidden >= max(least, 3) or not visible


def test_low_n_is_below_five():
    assert disclosure.is_low(4)
    assert not disclosure.is_low(5)
