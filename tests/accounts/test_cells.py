from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.interchange import cells
from accounts.interchange.cells import CellRefused
from accounts.interchange.dates import Dates

NEW_YORK = ZoneInfo("America/New_York")


def money(text):
    return cells.money(text, digits=14, places=2)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", "0"),
        ("2786", "2786"),
        (" 1234.5 ", "1234.50"),
        ("+12", "12"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("1.234,50", "1234.50"),
        ("1.234.567,8", "1234567.80"),
        ("12,5", "12.50"),
        ("1234,50", "1234.50"),
        ("1 234 567.89", "1234567.89"),
        ("1\u00a0234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("166.675", "166.68"),
        ("1.005", "1.01"),
        ("0.30000000000000004", "0.30"),
        ("999999999999.99", "999999999999.99"),
    ],
)
def test_it_reads_amounts_in_clear_notations(text, amount):
    assert money(text) == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,234", "thousands or thousandths"),
        ("-5", "negative"),
        ("-0.01", "negative"),
        ("NaN", "not a number"),
        ("Infinity", "not a number"),
        ("1e999", "not a number"),
        ("1e3", "not a number"),
        ("٣", "not a number"),
        ("9\N{FULLWIDTH DIGIT NINE}", "not a number"),
        ("1,23,456", "not a number"),
        ("1.234.567", "not a number"),
        ("$12", "not a number"),
        ("twelve", "not a number"),
        ("1000000000000", "too large"),
        ("999999999999.995", "too large"),
        ("9" * 9000, "too large"),
    ],
)
def test_it_refuses_what_may_mean_another_amount(text, reason):
    with pytest.raises(CellRefused, match=reason):
        money(text)


@given(st.decimals(min_value=0, max_value=10**9, places=2), st.sampled_from([",", " ", "'"]))
def test_it_reads_every_amount_that_it_could_have_written(amount, separator):
    text = f"{amount:,.2f}".replace(",", separator)
    assert money(text) == amount
    assert money(f"{amount:.2f}") == amount


@given(st.text(max_size=40))
def test_it_answers_any_text_with_a_value_or_a_reason(text):
    for read in (money, cells.truth, cells.currency, cells.language, Dates().day, Dates("%d.%m.%y").day):
        reason = ""
        try:
            read(text)
        except CellRefused as refused:
            reason = str(refused)
        assert reason.isprintable()


@pytest.mark.parametrize("text", ["TRUE", "true", "Yes", "y", "1"])
def test_it_reads_yes(text):
    assert cells.truth(text) is True


@pytest.mark.parametrize("text", ["FALSE", "no", "N", "0"])
def test_it_reads_no(text):
    assert cells.truth(text) is False


def test_it_refuses_a_truth_that_is_neither():
    with pytest.raises(CellRefused, match="'maybe' is neither yes nor no"):
        cells.truth("maybe")


@pytest.mark.parametrize(
    ("text", "role"),
    [("decision-maker", "decision_maker"), ("Decision Maker", "decision_maker"), ("USER", "user")],
)
def test_it_knows_a_word_however_its_parts_are_joined(text, role):
    assert cells.word_of(text, ("decision_maker", "user")) == role


@pytest.mark.parametrize(("text", "code"), [("DE", "de"), ("pt_br", "pt-BR"), ("zh-Hans", "zh-Hans")])
def test_it_reads_language_codes(text, code):
    assert cells.language(text) == code


@pytest.mark.parametrize("text", ["Bob\r\nBcc: e@x", "a\x1bb", "a\u202eb", "a\u2028b", "tab\there"])
def test_it_refuses_what_would_forge_a_header_or_a_name(text):
    with pytest.raises(CellRefused, match="unprintable"):
        cells.line(text, 200)


def test_a_reason_quotes_no_more_than_a_line_of_the_cell():
    with pytest.raises(CellRefused) as refused:
        cells.truth("\x1b[31m" + "x" * 500)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 80


@pytest.mark.parametrize(
    ("format_", "text", "day"),
    [
        ("", "2024-12-31", date(2024, 12, 31)),
        ("", "2024-12-31 23:59", date(2024, 12, 31)),
        ("", "2024-12-31T23:59:59.123Z", date(2024, 12, 31)),
        ("", "9999-12-31", date(9999, 12, 31)),
        ("DD-MM-YYYY", "16-10-2024", date(2024, 10, 16)),
        ("DD-MM-YYYY", "16-10-2024 00:00", date(2024, 10, 16)),
        ("%d-%m-%Y", "16-10-2024 9:05", date(2024, 10, 16)),
        ("MM/DD/YYYY", "1/2/2024 0:00", date(2024, 1, 2)),
        ("DD.MM.YY", "31.12.24", date(2024, 12, 31)),
        ("%d %b %Y", "31 Dec 2024 11:59 PM", date(2024, 12, 31)),
        ("%d-%m-%Y %H:%M", "16-10-2024 09:30", date(2024, 10, 16)),
        ("DD-MM-YYYY", datetime(2024, 10, 16, 9, 30), date(2024, 10, 16)),  # noqa: DTZ001
    ],
)
def test_it_reads_days_and_cuts_times(format_, text, day):
    assert Dates.named(format_).day(text) == day


@pytest.mark.parametrize(
    ("format_", "text"),
    [
        ("", "31-12-2024"),
        ("", "2024-02-30"),
        ("", "20241231"),
        ("", "2024-12"),
        ("", "2024-12-31 tomorrow"),
        ("", "2024-12-31 25:00"),
        ("", "1066-10-14"),
        ("", "2024-12-31" + " " * 5000 + "10:00"),
        ("DD-MM-YYYY", "2024-12-31"),
        ("DD-MM-YYYY", "31-02-2024"),
        ("MM/DD/YYYY", "31/12/2024"),
    ],
)
def test_it_refuses_a_day_in_another_notation(format_, text):
    with pytest.raises(CellRefused):
        Dates.named(format_).day(text)


@pytest.mark.parametrize("format_", ["nonsense", "%Q", "%d-%m", "DD-MM", "%"])
def test_it_refuses_a_format_that_names_no_day(format_):
    with pytest.raises(ValueError, match=r"."):
        Dates.named(format_)


@pytest.mark.parametrize("text", ["2024-03", "2024-03-01", "2024-03-17"])
def test_a_month_is_its_first_day(text):
    assert Dates().month(text) == date(2024, 3, 1)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2024-07-01", datetime(2024, 7, 1, 16, tzinfo=UTC)),
        ("2024-07-01 09:30", datetime(2024, 7, 1, 13, 30, tzinfo=UTC)),
        ("2024-07-01T09:30:00Z", datetime(2024, 7, 1, 9, 30, tzinfo=UTC)),
        ("2024-07-01 09:30 +0200", datetime(2024, 7, 1, 7, 30, tzinfo=UTC)),
        (datetime(2024, 7, 1), datetime(2024, 7, 1, 16, tzinfo=UTC)),  # noqa: DTZ001
    ],
)
def test_a_day_without_a_time_is_its_noon_in_the_reporting_zone(text, instant):
    assert Dates().instant(text, NEW_YORK) == instant


def test_an_hour_that_the_clock_shows_twice_is_one_instant():
    instant = Dates().instant("2024-11-03 01:30", NEW_YORK)
    assert instant == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)


def test_an_instant_beyond_the_calendar_is_refused():
    with pytest.raises(CellRefused, match="too late"):
        Dates().instant("9999-12-31 23:00 -0500", UTC)
