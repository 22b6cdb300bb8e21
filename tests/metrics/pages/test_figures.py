from datetime import date
from decimal import Decimal

import pytest

from metrics.formulas.intervals import Interval
from metrics.measures.measure import Days, Measure, Unit
from metrics.measures.targets import Aim
from metrics.measures.voices import Given, Mood
from metrics.templatetags import figures, receipts, rows


def measure(unit, value, interval=None, n=2, counted="answers"):
    return Measure(
        metric="m",
        unit=unit,
        value=value,
        n=n,
        counted=counted,
        window=Days(None, date(2026, 6, 16)),
        definition="",
        as_of=date(2026, 6, 15),
        interval=interval,
    )


@pytest.mark.parametrize(
    ("unit", "value", "text"),
    [
        (Unit.POINTS, 32.5, "+33"),
        (Unit.POINTS, -32.5, "−33"),
        (Unit.POINTS, 0.0, "0"),
        (Unit.POINTS, -0.4, "0"),
        (Unit.POINTS, 0.4, "0"),
        (Unit.PERCENT, 91.25, "91.3%"),
        (Unit.PERCENT, 100.0, "100.0%"),
        (Unit.PERCENT, 0.0, "0.0%"),
        (Unit.PERCENT, -0.04, "0.0%"),
        (Unit.SCALE, 4.125, "4.13"),
        (Unit.MONEY, Decimal("1234567.50"), "USD 1,234,568"),
        (Unit.POINTS, None, "–"),
        (Unit.MONEY, None, "–"),
    ],
)
def test_a_figure_has_its_sign_unit_and_rounding(unit, value, text):
    assert figures.figure(measure(unit, value)) == text


def test_a_score_of_nought_leads_to_its_rows_and_a_count_of_nought_nowhere():
    assert rows.linked("0", "?a=1&b=2") == '<a href="?a=1&amp;b=2">0</a>'
    assert rows.linked("<0>", "") == "&lt;0&gt;"
    assert rows.linked_count(1200, "?a=1") == '<a href="?a=1">1,200</a>'
    assert [rows.linked_count(count, "?a=1") for count in (0, None)] == ["0", "–"]


def test_an_interval_is_written_from_end_to_end():
    assert figures.interval(measure(Unit.POINTS, 3, Interval(-26.2, 14.4))) == "−26 to +14"
    assert figures.interval(measure(Unit.POINTS, None)) == ""


def test_what_is_counted_agrees_with_its_number():
    assert figures.counted(measure(Unit.POINTS, 1, n=1)) == "1 answer"
    assert figures.counted(measure(Unit.POINTS, 1, n=1234)) == "1,234 answers"
    assert figures.counted(measure(Unit.POINTS, 1, n=1, counted="accounts due")) == "1 account due"


def test_amounts_and_hundredths():
    assert figures.amount(Decimal("-1234.5")) == "−1,235"
    assert [figures.hundredths(value) for value in (-488, 75, 0, 5)] == ["−4.88", "+0.75", "0.00", "+0.05"]
    assert figures.hundredths(6725, "plain") == "67.25"
    assert figures.floor(74.99) == "74"
    assert figures.floor(74.96, 1) == "74.9"
    for tenths in range(1000):
        assert figures.floor(tenths / 10, 1) == f"{tenths // 10}.{tenths % 10}"


def test_days_are_written_with_both_ends_included():
    end = date(2026, 6, 16)
    assert figures.days(Days(date(2025, 6, 16), end)) == "16 Jun 2025 – 15 Jun 2026"
    assert figures.days(Days(date(2026, 6, 15), end)) == "15 Jun 2026"
    assert figures.days(Days(None, end)) == "until 15 Jun 2026"
    assert figures.period(date(2026, 4, 1), "quarter") == "Q2 2026"
    assert figures.period(date(2026, 4, 1), "month") == "Apr 2026"


@pytest.mark.parametrize(
    ("column", "heading"),
    [
        ("arr_at_start", "ARR at start, USD"),
        ("submitted_on", "Submitted on"),
        ("annual_value", "Annual value"),
        ("due", "Due, USD"),
        ("rate", "Rate to USD"),
        ("due_on", "Due on"),
    ],
)
def test_a_heading_says_the_unit_of_what_is_in_the_reporting_currency(column, heading):
    assert receipts.heading(column) == heading


def test_an_exchange_rate_keeps_its_decimals():
    rates = (("1.08420000", "1.0842"), ("0.00649000", "0.00649"), ("1", "1"), ("1500.00000000", "1500"))
    for stored, shown in rates:
        assert f">{shown}</td>" in receipts.cells([("rate", Decimal(stored), "")])


def test_what_is_paid_at_the_end_is_told_apart_by_its_exchange_rates():
    columns = ("account", "arr_at_start", "arr_at_end", "arr")
    assert [receipts.heading(column, columns) for column in columns] == [
        "Account",
        "ARR at start, USD",
        "ARR at end, USD (rates of the start)",
        "ARR at end, USD (rates of the end)",
    ]
    assert receipts.heading("arr", ("account", "arr")) == "ARR, USD"
    assert receipts.heading("arr_at_end", columns[:3]) == "ARR at end, USD"


@pytest.mark.parametrize(
    ("unit", "value", "target", "text"),
    [
        (Unit.POINTS, 22.5, 35, "−12 points"),
        (Unit.POINTS, -45.4, 50, "−95 points"),
        (Unit.POINTS, 30.6, 30, "+1 point"),
        (Unit.POINTS, 29.7, 30, "−0.3 points"),
        (Unit.PERCENT, 91.84, 92, "−0.2 points"),
        (Unit.MONEY, 367_014.0, 400_000, "−USD 32,986"),
        (Unit.POINTS, None, 30, "–"),
    ],
)
def test_a_gap_is_what_is_shown_less_what_is_shown(unit, value, target, text):
    gap = None if value is None else value - target
    aim = Aim(Decimal(target), date(2027, 2, 1), gap, is_within_interval=None)
    assert figures.gap(aim, measure(unit, value)) == text


def test_codes_of_an_answer_are_told_as_its_filters_tell_them():
    shown = receipts.cells([("language", "de", ""), ("channel", "link", ""), ("language", "", "")])
    assert shown == (
        '<td data-label="Language">German</td><td data-label="Channel">Open link</td>'
        '<td data-label="Language">–</td>'
    )


def test_a_month_of_a_row_is_told_without_a_day():
    shown = receipts.cells([("month", date(2026, 4, 1), ""), ("due_on", date(2026, 4, 1), "")])
    assert ">Apr 2026</td>" in shown
    assert ">1 Apr 2026</td>" in shown


def test_scores_of_one_kind_stand_together():
    given = [
        Given("NPS", 9, 10, Mood.HAPPY),
        Given("Rating", 5, 5, Mood.HAPPY),
        Given("Rating", 2, 5, Mood.UNHAPPY),
        Given("Rating", 7, 7, Mood.HAPPY),
    ]
    assert figures.scores(given) == (
        '<span class="given happy">NPS <b>9</b>/10</span>'
        '<span class="given neutral">Rating <b>5, 2</b> of 5</span>'
        '<span class="given happy">Rating <b>7</b>/7</span>'
    )
    assert figures.scores_in_words(given) == "NPS 9/10, Rating 5, 2 of 5, Rating 7/7"


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("The target of USD 370,000 by 1 Feb 2027.", "The target of USD_370,000 by 1_Feb_2027."),
        ("25 Nov 2024 – 24 Nov 2025, as it stood", "25_Nov_2024 – 24_Nov_2025, as it stood"),
        ("+11 (236 answers) after", "+11 (236 answers) after"),
    ],
)
def test_amounts_and_dates_stay_on_their_line(words, kept):
    assert figures.unbroken(words) == kept.replace("_", "\u00a0")
