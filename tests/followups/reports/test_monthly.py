"""What the monthly report says, as a page and as a PDF, and what it keeps from who may not see it."""

import sys
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ExchangeRate, Team
from accounts.roles import ACCOUNT_MANAGER, BUILDER, EXECUTIVE
from followups.reports.digest import weekly_digest
from followups.reports.drawing import bridge_bars
from followups.reports.monthly import monthly_report
from followups.reports.posting import mail_of
from followups.reports.printing import breakable
from followups.reports.report import Section
from metrics.actions.absorb import absorb_responses
from metrics.formulas.movements import Bridge
from metrics.models import Health, Target
from metrics.templatetags.figures import interval
from tests import factories as f
from tests.accounts.staff import logged_in, member
from tests.followups.reports.conftest import MONDAY, MONTH
from tests.metrics.pages.test_home import is_well

pytestmark = pytest.mark.django_db
PAGE = reverse("monthly_report", args=["2026-05"])
NEXT = date(2026, 6, 1)


def said(survey, value, day, count=1):
    for _ in range(count):
        f.respond(survey, {"nps": value}, at=MONDAY.replace(year=day.year, month=day.month, day=day.day))


def section(report, heading):
    return next(each for each in report.sections if each.heading == heading)


@pytest.fixture
def fallen():
    """Three months in which everybody recommends us, and three in which nobody does."""
    survey = f.published_survey([f.NPS])
    for month in (12, 1, 2):
        said(survey, 10, date(2025 if month == 12 else 2026, month, 10), 12)
    for month in (3, 4, 5):
        said(survey, 2, date(2026, month, 10), 12)
    absorb_responses(now=MONDAY, sweep=True)


def test_a_fall_beyond_chance_comes_first(executive, fallen):
    f.subscription(f.account(), date(2024, 1, 1), None, 6000)
    Target.objects.create(metric="nrr", value=110, by=date(2026, 12, 31))
    report = monthly_report(executive, MONTH)
    assert section(report, "In short").sentences == [
        "NPS really fell. The last three months stand at −100 (36 answers) after +100 (36)"
        " in the three before, more than chance explains. Over the year it is 0.",
        "Recurring revenue stayed at USD 6,000 a year within the month.",
        "Net revenue retention: 100.0%. The target of 110.0% by 31 Dec 2026 is 10 points away.",
    ]
    nps = next(each for each in section(report, "The numbers").figures if each.name == "NPS")
    assert (nps.measure.value, nps.measure.n, nps.is_signal) == (0, 72, True)


def test_a_mail_tells_of_how_many_and_within_which_range(executive, fallen, mine, theirs):
    f.subscription(theirs, date(2025, 1, 1), date(2026, 5, 15), 40_000)
    f.subscription(mine, date(2025, 1, 1), None, 60_000)
    report = monthly_report(executive, MONTH)
    mail = mail_of(report, executive, PAGE)
    html = str(mail.alternatives[0][0])
    nps = next(each for each in section(report, "The numbers").figures if each.name == "NPS")
    for words in (interval(nps.measure), "72 answers."):
        assert words in mail.body
        assert words in html
    assert "Account | Lost a year | What happened | Owner today" in mail.body
    # Where bars are not drawn it does not matter where they begin.
    assert "The bars begin at USD\u00a020,000, not at zero." in html
    assert "The bars begin" not in mail.body


def test_few_answers_are_not_called_a_change(executive):
    survey = f.published_survey([f.NPS])
    said(survey, 10, date(2026, 2, 10), 3)
    said(survey, 0, date(2026, 5, 10), 3)
    absorb_responses(now=MONDAY, sweep=True)
    report = monthly_report(executive, MONTH)
    nps = next(each for each in section(report, "The numbers").figures if each.name == "NPS")
    assert nps.is_signal is None
    assert "too few answers to compare" in nps.change


def test_a_missed_target_is_named_and_one_inside_the_interval_says_so(executive, fallen):
    Target.objects.create(metric="nps", value=3, by=date(2026, 12, 31))
    report = monthly_report(executive, MONTH)
    nps = next(each for each in section(report, "The numbers").figures if each.name == "NPS")
    assert nps.target == "The target of +3 by 31 Dec 2026 is 3 points away; the gap is inside the interval."


def test_the_money_of_the_month_adds_up(executive, mine, theirs):
    f.subscription(mine, date(2025, 1, 1), None, 100_000)
    f.subscription(theirs, date(2025, 1, 1), date(2026, 5, 15), 40_000)
    f.subscription(f.account(name="New"), date(2026, 5, 20), None, 25_000)
    worth = section(monthly_report(executive, MONTH), "What it is worth")
    short = section(monthly_report(executive, MONTH), "In short")
    assert "Recurring revenue fell by USD 15,000 to USD 125,000 a year within the month." in short.sentences
    assert "metric" in short.leads["USD 125,000"]
    assert worth.sentences[0] == (
        "Recurring revenue went from USD 140,000 a year to USD 125,000: USD 25,000 won, USD 40,000 lost."
    )
    assert "rounded one by one" in worth.sentences[-1]
    assert [(bar.name, bar.amount) for bar in worth.bars] == [
        ("At the start", "USD 140,000"),
        ("New customers", "+USD 25,000"),
        ("Lost", "−USD 40,000"),
        ("At the end", "USD 125,000"),
    ]
    assert [row.cells[:3] for row in worth.table.rows] == [("Zulu", "USD 40,000", "left")]


@pytest.mark.parametrize(("rate", "told"), [("1.10", "added USD 1,000."), ("0.90", "took USD 1,000.")])
def test_what_exchange_rates_did_is_said_by_a_verb(executive, mine, rate, told):
    f.subscription(mine, date(2025, 1, 1), None, 10_000, currency="EUR")
    for month, worth in ((MONTH, "1"), (NEXT, rate)):
        ExchangeRate.objects.create(currency="EUR", month=month, rate=Decimal(worth))
    worth = section(monthly_report(executive, MONTH), "What it is worth")
    assert worth.sentences[0].endswith(f"Exchange rates {told}")


def test_a_month_without_a_rate_at_its_start_is_told_without_its_bridge(executive, mine):
    f.subscription(mine, date(2025, 1, 1), None, 10_000, currency="EUR")
    ExchangeRate.objects.create(currency="EUR", month=NEXT, rate=1)
    worth = section(monthly_report(executive, MONTH), "What it is worth")
    assert (worth.bars, worth.table) == ((), None)
    assert "EUR" in worth.sentences[0]


def test_a_young_company_is_not_told_that_nobody_pays(executive, mine):
    f.subscription(mine, date(2026, 4, 1), date(2026, 8, 1), 6000)
    report = monthly_report(executive, MONTH)
    assert section(report, "In short").sentences == [
        "No number can be told yet: that takes customers who already paid a year ago, or answers."
    ]
    assert section(report, "Renewals ahead").sentences == [
        "In the next 90 days 1 account with USD 6,000 a year comes up for renewal; too little was known of"
        " their health."
    ]


def test_nobody_is_called_well_of_whose_health_too_little_was_known(executive, mine, theirs):
    for account in (mine, theirs):
        f.subscription(account, date(2025, 7, 1), date(2026, 7, 1), 6000)
    day = NEXT - timedelta(days=1)
    is_well(mine, 90, day)
    is_well(theirs, 20, day, band="grey")
    assert section(monthly_report(executive, MONTH), "Renewals ahead").sentences == [
        "In the next 90 days 2 accounts with USD 12,000 a year come up for renewal; none of it is in red or"
        " yellow; too little was known of the health of 1 account."
    ]
    Health.objects.update(band="green")
    assert section(monthly_report(executive, MONTH), "Renewals ahead").sentences[0].endswith("red or yellow.")


def test_an_interval_that_begins_at_the_number_itself_does_not_lead_where_the_number_does():
    told = Section("", ["Rate: 0.0% (0.0% to 30.0%).", "Again 0.0%."], leads={"0.0%": "/rows/"}).told
    assert list(told) == [
        [("Rate: ", ""), ("0.0%", "/rows/"), (" (", ""), ("0.0%", ""), (" to 30.0%).", "")],
        [("Again ", ""), ("0.0%", ""), (".", "")],
    ]


def test_months_begin_with_the_first_data(executive, mine, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    client = logged_in(executive)
    address = reverse("reports")
    assert client.get(address).context["months"] == []
    f.subscription(mine, date(2026, 4, 20), None, 6000)
    assert client.get(address).context["months"] == [date(2026, 5, 1), date(2026, 4, 1)]


def test_months_do_not_tell_since_when_others_were_heard(executive, manager, mine, theirs, time_machine):
    time_machine.move_to(MONDAY, tick=False)
    survey = f.published_survey([f.NPS])
    for account, month in ((theirs, 2), (mine, 5)):
        f.respond(survey, {"nps": 9}, contact=f.contact(account), at=MONDAY.replace(month=month))
    absorb_responses(now=MONDAY)
    address = reverse("reports")
    assert logged_in(manager).get(address).context["months"] == [date(2026, 5, 1)]
    assert len(logged_in(executive).get(address).context["months"]) == 4


def test_bars_meet_end_to_end():
    bars, _ = bridge_bars(Bridge(*map(Decimal, (100, 20, 0, 10, -5, -15, 0))))
    ends = [bar.start + bar.width for bar in bars]
    assert bars[1].start == pytest.approx(ends[0])
    assert bars[2].start == pytest.approx(ends[1])
    assert ends[3] == pytest.approx(ends[2])
    assert bars[4].start + bars[4].width == pytest.approx(bars[3].start)
    assert ends[5] == pytest.approx(bars[4].start)
    assert max(ends) == pytest.approx(100)


def test_whose_health_moved_is_told_from_the_worst(executive, mine, theirs, feels):
    for account, before, after in (
        (mine, (80, "green"), (40, "red")),
        (theirs, (60, "yellow"), (80, "green")),
    ):
        feels(account, MONTH, *before)
        feels(account, NEXT, *after)
    moved = section(monthly_report(executive, MONTH), "Whose health moved")
    assert [row.cells[:3] for row in moved.table.rows] == [
        ("Alpha", "green 80", "red 40"),
        ("Zulu", "yellow 60", "green 80"),
    ]


def test_a_manager_reads_of_their_accounts_without_amounts(manager, mine, theirs, feels):
    f.subscription(mine, date(2025, 1, 1), date(2026, 7, 1), 987_654)
    for account in (mine, theirs):
        feels(account, MONTH, 80, "green")
        feels(account, NEXT, 40, "red")
    page = logged_in(manager).get(PAGE)
    assert page.status_code == 200
    assert "Alpha" in page.text
    assert "Zulu" not in page.text
    assert "USD" not in page.text
    assert "Counts only the accounts that you see." in page.text


def test_who_is_told_of_no_target_is_not_told_that_none_is_missed(executive, manager, mine):
    for month, count in ((2, 12), (5, 12)):
        at = MONDAY.replace(month=month, day=10)
        for _ in range(count):
            f.respond(f.published_survey([f.NPS]), {"nps": 9}, account=mine, at=at)
    absorb_responses(now=MONDAY, sweep=True)
    Target.objects.create(metric="nps", value=50, by=date(2026, 12, 31))
    told = "No score moved by more than chance explains"
    for reader, words in ((executive, f"{told}, and no target is missed."), (manager, f"{told}.")):
        assert words in section(monthly_report(reader, MONTH), "In short").sentences


def test_amounts_are_announced_to_who_is_told_any(executive, manager, fallen):
    assert monthly_report(executive, MONTH).currency == "USD"
    assert monthly_report(manager, MONTH).currency == ""


def test_unwell_and_due_names_the_band_the_notice_and_the_owner_of_today(executive, mine, theirs, feels):
    for account, cancelled_on in ((mine, date(2026, 5, 20)), (theirs, None)):
        f.subscription(account, date(2025, 7, 1), date(2026, 7, 1), 6000, cancelled_on=cancelled_on)
        feels(account, NEXT, 40, "red")
    table = section(monthly_report(executive, MONTH), "Renewals ahead").table
    assert [*table.columns] == ["Unwell and due", "A year", "Ends", "Health", "Owner today"]
    assert {row.cells[2:4] for row in table.rows} == {
        ("1 Jul 2026, notice given", "red 40"),
        ("1 Jul 2026", "red 40"),
    }


def test_a_trend_of_a_score_has_round_edges_and_a_line_of_zero(executive, fallen):
    trend = section(monthly_report(executive, MONTH), "NPS by month").trend
    assert (trend.lowest, trend.highest, trend.zero) == ("−100", "+100", 50)
    page = logged_in(executive).get(PAGE).text
    assert '<line x1="0" x2="100" y1="50.00" y2="50.00" class="zero" />' in page


def test_words_of_a_confidential_survey_stay_nameless(executive, mine):
    survey = f.published_survey([f.NPS, f.WHY], privacy="confidential")
    for number in range(6):
        person = f.contact(mine, name=f"Ada {number}")
        f.respond(survey, {"nps": 1, "why": f"Slow {number}"}, at=MONDAY - timedelta(days=9), contact=person)
    absorb_responses(now=MONDAY, sweep=True)
    quotes = section(monthly_report(executive, MONTH), "Unhappy voices").quotes
    assert {(quote.who, quote.whole) for quote in quotes} == {("Anonymous", "")}


def test_words_lead_to_the_whole_response(executive, manager, mine):
    for _ in range(2):
        at = MONDAY - timedelta(days=3)
        said = f.respond(f.published_survey(), {"nps": 1, "why": "Slow"}, contact=f.contact(mine), at=at)
    absorb_responses(now=MONDAY, sweep=True)
    page = logged_in(executive).get(PAGE).text
    assert page.count("Whole response") == 2
    assert reverse("response", args=[said.public_id]) in page


@pytest.mark.parametrize("month", ["2026-13", "1900-01", "9999-12", "2026-11-01", "x", "2026-1"])
def test_a_month_there_is_none_of_is_no_page(executive, month):
    assert logged_in(executive).get(f"/admin/reports/monthly/{month}/").status_code == 404


def test_a_word_too_long_for_a_line_may_break_on_paper_and_no_other_does():
    assert breakable("w" * 31).split("\u200b") == ["w" * 10, "w" * 10, "w" * 10, "w"]
    usual = "Donaudampfschifffahrts-Verein, so 100% good\nand <b>"
    assert breakable(usual) == usual


def test_it_is_printed_as_a_pdf(executive, fallen):
    pytest.importorskip("typst")
    response = logged_in(executive).get(f"{PAGE}?as=pdf")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response.content.startswith(b"%PDF-")
    assert "no-store" in response["Cache-Control"]


def test_without_the_printer_the_page_says_what_to_install(executive, monkeypatch):
    pytest.importorskip("typst")
    client = logged_in(executive)
    for is_installed in (True, False):
        if not is_installed:
            monkeypatch.setitem(sys.modules, "typst", None)
        page = client.get(PAGE).text
        assert ("?as=pdf" in page) is is_installed
        assert ("config.installer reports" in page) is not is_installed
        assert ("a PDF" in client.get(reverse("reports")).text) is is_installed
    assert "config.installer" not in client.get(reverse("digest")).text


def test_renewals_are_promised_to_who_may_see_them(executive, manager):
    for reader, is_promised in ((executive, True), (manager, False)):
        page = logged_in(reader).get(reverse("reports")).text
        assert ("what comes up for renewal" in page) is is_promised


def test_words_are_data_to_the_printer(executive):
    pytest.importorskip("typst")
    survey = f.published_survey([f.NPS, f.WHY])
    f.respond(
        survey, {"nps": 1, "why": '#panic("x") *b* $ ] #read("/etc/passwd")'}, at=MONDAY - timedelta(days=9)
    )
    absorb_responses(now=MONDAY, sweep=True)
    assert logged_in(executive).get(f"{PAGE}?as=pdf").status_code == 200


def test_strangers_and_who_may_not_see_health_get_nothing(db):
    assert Client().get(PAGE).status_code == 302
    nobody = f.user(is_staff=True)
    assert logged_in(nobody).get(PAGE).status_code == 403
    assert "/admin/reports/" not in logged_in(nobody).get("/admin/").text


@pytest.mark.parametrize("role", [EXECUTIVE, ACCOUNT_MANAGER, BUILDER])
def test_every_role_that_reads_health_opens_every_page_of_an_empty_company(role):
    client = logged_in(member(role))
    for name, of in (("reports", []), ("monthly_report", ["2026-05"]), ("digest", []), ("alerts", [])):
        assert client.get(reverse(name, args=of)).status_code == 200, name


def test_nobody_is_sent_a_mail_without_news(manager, mailoutbox):
    client = logged_in(manager)
    assert "Send it to me" not in client.get(reverse("digest")).text
    assert "nothing was sent" in client.post(reverse("send_digest"), follow=True).text
    assert mailoutbox == []


def test_a_reader_sends_it_to_themselves_only(executive, mine, feels, mailoutbox):
    client = logged_in(executive)
    assert client.get(reverse("send_monthly", args=["2026-05"])).url == reverse(
        "monthly_report", args=["2026-05"]
    )
    assert client.post(reverse("send_monthly", args=["2026-05"])).status_code == 302
    assert client.post(reverse("send_digest")).status_code == 302
    assert {tuple(message.to) for message in mailoutbox} == {(executive.email,)}


def test_only_who_sees_everything_reads_the_digest_of_somebody_else(executive, manager, mine, theirs):
    url = f"{reverse('digest')}?of={manager.pk}"
    assert "Choose above whose digest to see." in logged_in(executive).get(reverse("digest")).text
    assert "Your accounts" in logged_in(executive).get(url).text
    assert logged_in(manager).get(f"{reverse('digest')}?of={executive.pk}").status_code == 404
    assert logged_in(executive).get(f"{reverse('digest')}?of=x").status_code == 404


def test_a_digest_says_when_it_tells_of_accounts_of_colleagues(manager, mine, theirs):
    assert weekly_digest(manager, MONDAY.date()).subtitle.endswith("what comes up.")
    theirs.team = Team.objects.create(name="North")
    theirs.save()
    manager.teams.add(theirs.team)
    assert weekly_digest(manager, MONDAY.date()).subtitle.endswith(
        "at your accounts and those of your teams."
    )


def test_queries_do_not_grow_with_what_there_is(executive, manager, feels, django_assert_max_num_queries):
    client, counts = logged_in(executive), []
    survey = f.published_survey()
    for metric in ("nps", "grr", "nrr", "renewal_rate", "health", "clv"):
        Target.objects.create(metric=metric, value=50, by=date(2026, 12, 31))
    for number in (2, 9):
        for _ in range(number):
            account = f.account(owner=manager)
            first = f.subscription(account, date(2025, 5, 20), date(2026, 5, 20), 1000, currency="EUR")
            f.subscription(account, date(2026, 5, 20), date(2026, 7, 20), 500, currency="EUR", renews=first)
            feels(account, MONTH, 80, "green")
            feels(account, NEXT, 40, "red")
            f.respond(survey, {"nps": 3, "csat": 2, "why": "Slow"}, contact=f.contact(account), at=MONDAY)
        absorb_responses(now=MONDAY, sweep=True)
        client.get(PAGE)
        with django_assert_max_num_queries(20) as queries:
            assert client.get(PAGE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
