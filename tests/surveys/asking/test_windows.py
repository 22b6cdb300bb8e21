"""Sending windows on the clocks of contacts, over both nights on which clocks change."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surveys.asking.windows import Window, is_sampled, latest_turn

OFFICE = Window(time(9), time(17))
NIGHT = Window(time(2, 15), time(3), frozenset(range(7)))


@pytest.mark.parametrize(
    ("window", "zone", "at", "opens"),
    [
        (OFFICE, "UTC", "2026-06-01T10:30", "2026-06-01T10:30"),
        (OFFICE, "UTC", "2026-06-01T08:59", "2026-06-01T09:00"),
        (OFFICE, "UTC", "2026-06-01T17:00", "2026-06-02T09:00"),
        (OFFICE, "UTC", "2026-06-05T17:00", "2026-06-08T09:00"),  # Friday evening to Monday
        (OFFICE, "Asia/Kathmandu", "2026-06-01T10:30", "2026-06-01T10:30"),
        (OFFICE, "Asia/Kathmandu", "2026-06-01T12:00", "2026-06-02T03:15"),
        (OFFICE, "America/Los_Angeles", "2026-06-01T03:00", "2026-06-01T16:00"),
        (
            OFFICE,
            "Pacific/Auckland",
            "2026-06-05T20:00",
            "2026-06-07T21:00",
        ),  # their Saturday, then their Monday
        (
            OFFICE,
            "Europe/Berlin",
            "2026-03-27T18:00",
            "2026-03-30T07:00",
        ),  # nine o'clock came an hour earlier
        (OFFICE, "Europe/Berlin", "2026-10-23T18:00", "2026-10-26T08:00"),
        (NIGHT, "Europe/Berlin", "2026-03-28T12:00", "2026-03-30T00:15"),  # that hour was left out
        (NIGHT, "Europe/Berlin", "2026-10-24T12:00", "2026-10-25T00:15"),  # the first of the two
        (Window(time(20), time(0)), "UTC", "2026-06-01T23:59", "2026-06-01T23:59"),
    ],
)
def test_it_opens_next(window, zone, at, opens):
    found = window.next_open(datetime.fromisoformat(at).replace(tzinfo=UTC), ZoneInfo(zone))

    assert found == datetime.fromisoformat(opens).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "wrong", [{"weekdays": frozenset()}, {"weekdays": frozenset({7})}, {"closes": time(9)}]
)
def test_it_refuses_a_window_that_never_opens(wrong):
    with pytest.raises(ValueError, match="window"):
        Window(**wrong)


@given(
    st.integers(0, 365 * 24 * 60).map(
        lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    st.sampled_from(["Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_what_it_returns_is_in_the_window_and_stays(at, zone):
    found = OFFICE.next_open(at, ZoneInfo(zone))
    local = found.astimezone(ZoneInfo(zone))

    assert found >= at
    assert OFFICE.next_open(found, ZoneInfo(zone)) == found
    assert time(9) <= local.time() < time(17)
    assert local.weekday() < 5


def test_turns_are_spread_evenly_and_come_back():
    today = date(2026, 6, 1)
    turns = [latest_turn(today, f"1:{contact}", 90) for contact in range(9000)]

    assert max(turns) == today
    assert min(turns) == today - timedelta(days=89)
    assert all(60 < count < 145 for count in Counter(turns).values())
    assert latest_turn(turns[0] + timedelta(days=89), "1:0", 90) == turns[0]
    assert latest_turn(turns[0] + timedelta(days=90), "1:0", 90) == turns[0] + timedelta(days=90)


def test_a_larger_sample_holds_the_smaller_one():
    people = [str(number) for number in range(2000)]
    small, large = ({p for p in people if is_sampled(p, percent)} for percent in (20, 50))

    assert small < large
    assert 320 < len(small) < 480
    assert not any(is_sampled(p, 0) for p in people)
    assert all(is_sampled(p, 100) for p in people)
