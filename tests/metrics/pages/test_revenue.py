"""The pages of revenue and renewals: sums that close, parts as asked alone, and nobody without the right."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Account, ExchangeRate
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from metrics.actions.findings import keep_backtests
from metrics.actions.health import score_accounts
from metrics.formulas.days import month_of, months_later
from metrics.measures.query import ask, ask_by
from metrics.models import Health, Target
from metrics.templatetags.figures import amount, days, money, number
from tests import factories as f
from tests.metrics.pages.conftest import CANARY

pytestmark = pytest.mark.django_db
REVENUE, RENEWALS = "/admin/revenue/", "/admin/renewals/"


@pytest.fixture
def world(manager, today):
    """A customer that grew, one that shrank, one that left, one that is new; two renewals to come."""

    def paid(name, *terms, **fields):
        account, last = f.account(name=name, **fields), None
        for since, until, value in terms:
            begun, ended = (day and today + timedelta(days=day) for day in (since, until))
            last = f.subscription(account, begun, ended, Decimal(value), renews=last, product="Core")
        return account

    return {
        "grew": paid("Grew", (-600, -100, "1000.10"), (-100, 60, "1500.25"), segment="Small", owner=manager),
        "shrank": paid("Shrank", (-600, -200, 3000), (-200, 200, 2000), segment="Large"),
        "left": paid("Left", (-600, -50, 700), segment="Large"),
        "new": paid("New", (-30, None, CANARY), segment="Small"),
    }


def scope_of(response):
    return response.context["filters"].scope


def test_only_who_sees_revenue_opens_them(client, someone, seen_by, manager):
    for page in (REVENUE, RENEWALS):
        assert client.get(page).url.startswith("/admin/login/")
        assert seen_by(manager).get(page).status_code == 403
        assert seen_by(someone(BUILDER)).get(page).status_code == 403
        for role in (ADMINISTRATOR, ANALYST, EXECUTIVE):
            assert seen_by(someone(role)).get(page).status_code == 200


def test_revenue_portfolio_and_account_tell_the_same_arr_of_today(executive, today):
    account = f.account(name="Ends tomorrow")
    f.subscription(account, today - timedelta(days=300), today + timedelta(days=1), Decimal(500))
    f.subscription(f.account(), today + timedelta(days=1), None, Decimal(90))
    assert executive.get(REVENUE).context["arr"].value == Decimal(500)
    assert executive.get("/admin/portfolio/").context["found"].paid.total == Decimal(500)
    assert executive.get(account.get_absolute_url()).context["levels"][-1].value == Decimal(500)


def test_home_goals_metric_and_renewals_tell_the_renewal_rate_of_the_same_days(executive, today):
    """Of contracts that ended today, and on the same day a year ago, which is no more of these months."""
    ends = {today: 500, today - timedelta(days=40): 300, months_later(today, -12): 900}
    for end, value in ends.items():
        f.subscription(f.account(), end - timedelta(days=365), end, Decimal(value))
    Target.objects.create(metric="renewal_rate", value=90, by=today + timedelta(days=90))
    home = executive.get("/admin/").context["headlines"]
    told = [
        executive.get(RENEWALS).context["rates"].gross,
        next(each.measure for each in home if each.measure.metric == "renewal_rate"),
        executive.get("/admin/goals/").context["goals"][0].measure,
        executive.get("/admin/metric/renewal_rate/").context["measure"],
    ]
    assert {(each.window, each.value, each.n) for each in told} == {(told[1].window, 0, 2)}
    assert f"<span>{days(told[1].window)}</span>" in executive.get(RENEWALS).text


def test_the_bridge_closes_to_the_cent(world, executive):
    response = executive.get(REVENUE)
    bars = {bar.name: bar.amount for bar in response.context["bars"]}
    assert bars == {
        "At the start": Decimal("4700.10"),
        "New": CANARY,
        "Came back": 0,
        "Expansion": Decimal("500.15"),
        "Contraction": -1000,
        "Churn": -700,
        "Exchange rates": 0,
        "At the end": Decimal("3500.25") + CANARY,
    }
    assert sum(amount for name, amount in bars.items() if name != "At the end") == bars["At the end"]
    assert bars["At the end"] == ask("arr", scope_of(response)).value
    assert "991,155" in response.text


def test_a_bar_opens_to_the_accounts_that_make_it(world, executive):
    response = executive.get(REVENUE, {"bar": "churn"})
    assert [(account.name, amount) for account, amount in response.context["moved"]] == [("Left", -700)]
    assert response.context["moved_total"] == -700
    assert "moved" not in executive.get(REVENUE, {"bar": "opening"}).context


def test_a_bar_tells_the_amount_that_opens_from_it_though_sums_may_miss_a_unit(executive, today):
    for name, since, value in (("Old", -600, "1000.40"), ("Young", -30, "10.40")):
        f.subscription(f.account(name=name), today + timedelta(days=since), None, Decimal(value))
    response = executive.get(REVENUE, {"bar": "new_business"})
    assert response.context["moved_total"] == Decimal("10.40")
    in_table = re.search(
        r">([\d,]+)</a>", response.text[response.text.index('bar=new_business#behind">New') :]
    )
    assert in_table[1] == "10"
    assert "rounded one by one" in response.text


@pytest.mark.parametrize("by", ["segment", "owner", "product", "cohort", "nonsense"])
def test_parts_are_what_asking_for_each_alone_says(world, executive, by):
    response = executive.get(REVENUE, {"by": by, "last": "24m"})
    asked = ask_by("grr", scope_of(response), response.context["by"])
    shown = {part.group: part.kept.grr for part, _, _, _ in response.context["parts"]}
    assert {each.group: each.measure for each in asked} == {
        group: measure for group, measure in shown.items() if group
    }
    assert sum(part.arr for part, _, _, _ in response.context["parts"]) == response.context["arr"].value


def test_tiles_are_what_the_metrics_say(world, executive):
    response = executive.get(REVENUE, {"segment": "Large"})
    kept = response.context["kept"]
    for name in ("grr", "nrr", "logo_churn"):
        assert getattr(kept, name) == ask(name, scope_of(response))
    assert kept.grr.value == pytest.approx(100 * 2000 / 3700)


def test_a_part_opens_to_its_accounts(world, executive):
    addresses = {part.group: address for part, _, _, address in executive.get(REVENUE).context["parts"]}
    listed = executive.get(addresses["Large"])
    assert [row.account.name for row in listed.context["rows"]] == ["Left", "Shrank"]
    by_owner = executive.get(REVENUE, {"by": "owner"}).context["parts"]
    for part, name, _, address in by_owner:
        accounts = [row.account for row in executive.get(address).context["rows"]]
        assert {account.owner and account.owner.email for account in accounts} == {part.group or None}
        assert {str(account.owner or "nobody") for account in accounts} == {name}


def test_a_part_of_the_accounts_has_its_own_revenue(world, someone, seen_by):
    limited = someone(ACCOUNT_MANAGER)
    limited.user_permissions.add(
        *Group.objects.get(name=EXECUTIVE).permissions.filter(codename="view_revenue")
    )
    Account.objects.filter(name="Grew").update(owner=limited)
    client = seen_by(limited)
    for page, query in ((REVENUE, {}), (REVENUE, {"bar": "churn"}), (RENEWALS, {})):
        text = client.get(page, query).text
        for foreign in ("Shrank", "Left<", "987,654", "Large"):
            assert foreign not in text
    assert client.get(REVENUE).context["arr"].value == Decimal("1500.25")


def test_a_cell_that_reads_100_is_not_dark(executive, today):
    account = f.account()
    sold = f.subscription(account, today - timedelta(days=500), today - timedelta(days=200), Decimal(1000))
    f.subscription(account, today - timedelta(days=200), None, Decimal(997), renews=sold)
    [row] = executive.get(REVENUE).context["cohorts"]
    assert {(cell.percent, cell.depth) for cell in row.cells} == {(100.0, 0), (99.7, 0)}


def test_cohorts_are_shown_each_way(world, executive):
    for query in ({}, {"cohorts": "year", "show": "logos"}, {"cohorts": "x", "show": "gross"}):
        response = executive.get(REVENUE, query)
        rows = response.context["cohorts"]
        assert sum(row.cohort.customers for row in rows) == 4
        assert {len(row.cells) for row in rows} == {len(response.context["cohort_steps"])}
        assert all(row.cells[0].percent == 100 for row in rows)


@pytest.mark.parametrize("page", [REVENUE, RENEWALS])
def test_a_company_on_its_first_day_sees_no_number(executive, page):
    text = executive.get(page).text
    assert "subscriptions" in text
    assert "canvas" not in text
    assert "USD 0" not in text


def test_days_before_the_first_contract_do_not_say_that_nobody_pays(world, executive):
    text = executive.get(f"{REVENUE}?from=2001-01-01&to=2001-12-31").text
    assert "Nobody paid in these days" in text
    assert "Nobody pays yet" not in text


def test_renewals_are_counted_in_the_month_they_fall_due(world, executive, today):
    response = executive.get(RENEWALS)
    by_month = {month.start: month for month in response.context["months"] if month.accounts}
    first, second = (month_of(today + timedelta(days=days)).start for days in (60, 200))
    assert (by_month[first].value, by_month[second].value) == (Decimal("1500.25"), 2000)
    assert sum(month.value for month in response.context["months"]) == response.context["due"]
    assert len(response.context["months"]) in (12, 13)
    chosen = executive.get(RENEWALS, {"month": str(first)[:7]})
    assert [row.account.name for row in chosen.context["rows"]] == ["Grew"]
    assert chosen.context["listed_value"] == Decimal("1500.25")


def test_months_of_which_an_amount_is_unknown_are_not_drawn_too_low_and_the_page_says_why(executive, today):
    start, end = today - timedelta(days=300), today + timedelta(days=40)
    known, unknown = f.account(), f.account()
    f.subscription(known, start, end, 5000)
    why = "Some have no exchange rate today"
    page = executive.get(RENEWALS)
    assert (page.context["due"], why in page.text) == (5000, False)
    assert page.context["chart"]
    f.subscription(unknown, start, end, 700, currency="EUR")
    page = executive.get(RENEWALS)
    assert (page.context["due"], why in page.text) == (None, True)
    assert page.context["chart"] is None
    assert "is still to be renewed" not in page.text
    assert page.text.count('data-label="Accounts"') >= 1
    ExchangeRate.objects.create(currency="EUR", month=month_of(today).start, rate=2)
    page = executive.get(RENEWALS)
    assert (page.context["due"], why in page.text) == (6400, False)
    assert page.context["chart"]


def test_renewals_of_unwell_accounts_and_after_notice_are_at_risk(world, executive, today):
    score_accounts(day=today, now=f.NOON)
    Health.objects.filter(account=world["grew"]).update(band="green")
    Health.objects.filter(account=world["shrank"]).update(band="red")
    response = executive.get(RENEWALS)
    assert [row.account.name for row in response.context["rows"]] == ["Shrank"]
    assert (response.context["risky"], response.context["risky_accounts"]) == (2000, 1)
    world["grew"].subscriptions.filter(ends_on__gt=today).update(cancelled_on=today)
    assert executive.get(RENEWALS).context["risky_accounts"] == 2
    assert executive.get(RENEWALS, {"ahead": "3"}).context["due"] == Decimal("1500.25")
    bands = [month.by_band for month in response.context["months"]]
    together = response.context["together"]
    assert [sum(values) for values in zip(*bands, strict=True)] == [*together.by_band]
    assert together.by_band == (2000, 0, 0, Decimal("1500.25"))
    assert executive.get(RENEWALS, {"band": "red"}).context["listed_value"] == 2000


def test_the_forecast_stands_beside_its_test(world, executive):
    response = executive.get(RENEWALS)
    forecast, tested = response.context["forecast"], response.context["tested"]
    assert (tested.due, tested.lost) == (2, 0)
    assert sum(each.value for each in forecast.bands) == response.context["due"]
    assert sum(each.at_stake for each in forecast.bands) == forecast.at_stake == 0
    # In the tile of the forecast, and beside its test.
    assert response.text.count("Insufficient evidence") == 2


def test_days_scored_later_are_seen_where_they_are_let_in(world, executive, today):
    before = executive.get(RENEWALS, {"replays": "1"}).context["tested"]
    score_accounts(day=today - timedelta(days=190), now=f.NOON)
    after = executive.get(RENEWALS, {"replays": "1"}).context["tested"]
    assert (before.without, after.without) == (2, 1)


def test_the_test_beside_it_is_the_kept_one_of_the_same_contracts(world, executive, today):
    worked_out = executive.get(RENEWALS)
    keep_backtests(today=today, now=f.NOON)
    kept = executive.get(RENEWALS)
    assert "worked out" not in worked_out.text
    assert f"worked out {timezone.localtime(f.NOON):%-d %b %Y, %H:%M}" in kept.text
    assert kept.context["tested"] == worked_out.context["tested"]
    # Of a part of the company, and of other contracts, nothing is kept.
    assert executive.get(RENEWALS, {"segment": "Large"}).context["tested"].due == 1
    world["left"].subscriptions.update(annual_value=0)
    assert executive.get(RENEWALS).context["found"] is None


@pytest.mark.parametrize("page", [REVENUE, f"{REVENUE}?bar=expansion&by=owner", RENEWALS])
def test_queries_do_not_grow_with_what_there_is(executive, django_assert_max_num_queries, today, page):
    counts = []
    for size in (2, 10):
        for place in range(size):
            account = f.account(segment=f"S{place}", owner=f.user())
            f.subscription(account, months_later(today, -20), months_later(today, -2), 100)
            f.subscription(account, months_later(today, -2), months_later(today, 4), 150)
        score_accounts(day=today, now=f.NOON)
        with django_assert_max_num_queries(20) as queries:
            executive.get(page)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_days_are_said_in_words(world, executive):
    response = executive.get(REVENUE, {"from": "2020-01-01", "to": "not a day"})
    assert "A date is written as year-month-day" in response.text
    assert isinstance(response.context["filters"].scope.start, date)


@pytest.mark.parametrize("page", [RENEWALS, f"{RENEWALS}?lead=60&months=36", "/admin/backtest/?lead=60"])
def test_what_is_likely_lost_opens_the_renewals_that_add_up_to_it(world, executive, today, page):
    """Of some renewals as of all: their sum, and at which chance each is lost; after notice for certain."""
    leaving = f.account(name="Leaving")
    ends = today + timedelta(days=20)
    f.subscription(leaving, today - timedelta(days=300), ends, Decimal(7000), cancelled_on=today)
    gone = f.account(name="Gone")
    f.subscription(gone, today - timedelta(days=600), today - timedelta(days=150), Decimal(900))
    shown = executive.get(page)
    forecast = shown.context["forecast"]
    *others, noticed = forecast.bands
    assert (noticed.band, noticed.accounts, noticed.lost, noticed.at_stake) == (None, 1, 1, 7000)
    assert forecast.lost == pytest.approx(sum(each.accounts for each in others) / 3 + 1)
    cells = re.findall(r'data-label="(?:Likely lost|USD lost)"[^>]*><a href="([^"]*)">([^<]*)', shown.text)
    assert len(cells) >= 2
    if page.startswith(RENEWALS):
        assert unescape(cells[-1][0]).endswith("list=all#rows")
    for href, text in cells:
        listed = executive.get(unescape(href))
        loss = listed.context["listed_loss"]
        assert text in {number(loss.lost, 1), amount(loss.at_stake), money(loss.at_stake)}
        rows = listed.context["rows"]
        assert sum(row.at_stake for row in rows) == pytest.approx(loss.at_stake)
        for row in rows:
            assert row.chance == pytest.approx(100 if row.account == leaving else 100 / 3)
            assert float(row.at_stake) == pytest.approx(float(row.due.value) * row.chance / 100)
        assert f"<b>{money(loss.at_stake)}</b> likely lost" in listed.text
        assert listed.context["tested"].lead_days == (60 if "lead=60" in page else 90)


def test_every_month_of_the_arr_opens_its_contracts_at_the_rates_it_is_told_at(executive, today):
    """All months are told at the rates of today, which may be others than those of then."""
    for months, rate in ((0, "0.0937"), (1, "0.1043"), (12, "0.2")):
        ExchangeRate.objects.create(
            currency="SEK", month=months_later(month_of(today).start, -months), rate=Decimal(rate)
        )
    abroad, at_home = f.account(name="Abroad", segment="Large"), f.account(name="At home")
    for value in ("100.03", "1000.07", "77.77"):  # no rate makes whole cents of them
        f.subscription(abroad, today - timedelta(days=90), None, Decimal(value), currency="SEK")
    f.subscription(at_home, today - timedelta(days=40), today + timedelta(days=9), Decimal("50.5"))
    for page in (REVENUE, f"{REVENUE}?segment=Large", abroad.get_absolute_url()):
        shown = executive.get(page)
        cells = re.findall(r'<td class="num"><a href="([^"]*metric/arr/rows[^"]*)">([^<]*)</a>', shown.text)
        paid = [level for level in shown.context["levels"] if level.value]
        assert len(paid) >= 3
        links = [unescape(href) for href, _ in cells]
        assert sum("rates=" in href for href in links) >= 2
        for level in paid:
            href = next(each for each in links if f"to={level.day - timedelta(days=1)}" in each)
            rows = executive.get(href)
            assert rows.context["measure"].value == level.value, (page, level)
            assert sum(row[-1] for row in rows.context["receipt"].rows) == level.value
            assert f"<b>{money(level.value)}</b>" in rows.text
        assert "At the exchange rates of" in executive.get(links[0]).text


def test_what_exchange_rates_did_opens_to_the_accounts_that_pay_abroad(world, executive, today):
    for months, rate in ((0, 3), (12, 2)):
        month = months_later(month_of(today).start, -months)
        ExchangeRate.objects.create(currency="SEK", month=month, rate=Decimal(rate))
    abroad = f.account(name="Abroad")
    f.subscription(abroad, today - timedelta(days=500), None, Decimal(100), currency="SEK")
    shown = executive.get(REVENUE)
    href = re.search(r'<a href="([^"]*bar=currency[^"]*)"', shown.text).group(1)
    opened = executive.get(f"{REVENUE}{unescape(href)}")
    assert opened.context["moved"] == [(abroad, Decimal(100))]
    amounts = {bar.key: bar.amount for bar in opened.context["bars"]}
    assert opened.context["moved_total"] == amounts["currency"] == 100
    assert "Exchange rates: 1 account" in opened.text


@pytest.mark.parametrize("query", ["rates=never", "rates=9999-12-31", "rates=1500-01-01"])
def test_there_are_no_rates_of_such_a_day(world, executive, query):
    assert "There are no exchange rates of" in executive.get(f"/admin/metric/arr/rows/?{query}").text
    for other in ("nrr/rows/?", "nps/rows/?part=promoters&"):
        refused = executive.get(f"/admin/metric/{other}rates=2026-01-01")
        assert "its own exchange rates alone" in refused.text
        assert "measure" not in refused.context


@pytest.mark.parametrize("query", ["months=7", "lead=5", "replays=yes"])
def test_what_a_forecast_cannot_be_learnt_from_is_said(world, executive, query):
    for page in (RENEWALS, "/admin/backtest/"):
        assert f"There is no {query.split('=')[0]}" in executive.get(f"{page}?{query}").text


def test_a_form_and_a_link_keep_what_the_forecast_is_learnt_from(world, executive):
    text = executive.get(f"{RENEWALS}?months=36&lead=60&segment=Large").text
    for name, value in (("months", 36), ("lead", 60), ("replays", 0)):
        assert f'<input type="hidden" name="{name}" value="{value}">' in text
    # The page of the back-test is narrowed by nothing, and so are its links.
    assert "segment=" not in executive.get("/admin/backtest/?lead=60&segment=Large").text
