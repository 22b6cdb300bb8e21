from datetime import date

import pytest

from metrics.pages.windows import chosen_window

TODAY = date(2026, 6, 15)


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({}, (date(2025, 6, 16), date(2026, 6, 16))),
        ({"last": "30"}, (date(2026, 5, 17), date(2026, 6, 16))),
        ({"last": "all"}, (None, date(2026, 6, 16))),
        ({"last": "31"}, (date(2025, 6, 16), date(2026, 6, 16))),
        ({"from": "2026-01-01", "to": "2026-01-31"}, (date(2026, 1, 1), date(2026, 2, 1))),
        ({"from": "2026-01-01"}, (date(2026, 1, 1), date(2026, 6, 16))),
        ({"from": "0001-01-01", "to": "9999-12-31"}, (date(1990, 1, 1), date(2026, 6, 16))),
        ({"to": "2026-01-31", "last": "30"}, (None, date(2026, 2, 1))),
        ({"to": "0001-01-01"}, (None, date(1990, 1, 2))),
    ],
)
def test_the_address_names_days_with_the_last_one_included(query, days):
    chosen = chosen_window(query, TODAY)
    assert (chosen.days, chosen.error) == (days, "")


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"to": "2026-02-30"},
        {"from": "2026-06-16"},
        {"from": "2026-02-01", "to": "2026-01-01"},
        {"from": "2026-06-01\x00"},
    ],
)
def test_a_wrong_day_is_said_and_the_last_year_is_shown(query):
    chosen = chosen_window(query, TODAY)
    assert chosen.error
    assert chosen.days == (date(2025, 6, 16), date(2026, 6, 16))
