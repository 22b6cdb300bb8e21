"""Retention, movements and lifetimes: mergers, groups of companies, products, months as known then."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import betaln

from accounts.models import Account, ExchangeRate, Subscription
from metrics.actions.absorb import absorb_responses
from metrics.actions.closing import close_month, close_months
from metrics.actions.scorecards import scorecard_for
from metrics.formulas.days import reporting_day
from metrics.measures.query import ask
from metrics.measures.receipts import receipt
from metrics.measures.revenue import arr_at_end
from metrics.measures.scope import NotClosed, Scope
from metrics.measures.tenure import Tenure
from metrics.models import Close, Health, RevenueMonth
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
START, END = date(2025, 6, 1), date(2026, 6, 1)
NOW = datetime(2026, 6, 2, 3, tzinfo=UTC)
BARS = ("opening", "new", "reactivation", "expansion", "contraction", "churn", "currency")


@pytest.fixture
def scope():
    viewer = f.user(is_superuser=True)

    def make(**rest):
        return Scope(viewer=viewer, today=TODAY, **{"start": START, "end": END, **rest})

    return make


def values(*names, of):
    return [ask(name, of).value for name in names]


def test_a_merger_is_neither_churn_nor_expansion(scope):
    old, heir = f.account(segment="a"), f.account(segment="b")
    bought = f.subscription(old, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(heir, date(2025, 1, 1), None, 2000)
    f.subscription(heir, date(2026, 1, 1), None, 1000, renews=bought)
    assert values("grr", "nrr", "logo_churn", of=scope()) == [100, 100, 0]
    assert ask("grr", scope()).n == 1
    bridge = ask("arr", scope()).beside
    assert [bridge[bar] for bar in BARS] == [3000, 0, 0, 0, 0, 0, 0]
    assert values("renewal_rate", "logo_renewal_rate", of=scope()) == [100, 100]
    of_a = scope(attributes={"segment": "a"})
    assert values("grr", "logo_churn", "renewal_rate", of=of_a) == [100, 0, 100]


def test_what_leaves_without_an_heir_is_lost(scope):
    f.subscription(f.account(), date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(f.account(), date(2026, 1, 1), None, 1000)
    assert values("grr", "nrr", "logo_churn", of=scope()) == [0, 0, 100]


def test_a_group_of_companies_is_one_customer_on_request(scope):
    top = f.account()
    left, grew = f.account(parent=top), f.account(parent=f.account(parent=top))
    f.subscription(left, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(grew, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(grew, date(2026, 1, 1), None, 1500)
    assert values("grr", "logo_churn", of=scope()) == [50, 50]
    assert values("grr", "logo_churn", of=scope(is_by_parent=True)) == [75, 0]
    bridge = ask("arr", scope(is_by_parent=True)).beside
    assert (bridge["churn"], bridge["contraction"], bridge["expansion"]) == (0, -500, 0)


def test_a_product_has_its_own_retention(scope):
    account = f.account()
    f.subscription(account, date(2025, 1, 1), date(2026, 1, 1), 1000, product="old")
    f.subscription(account, date(2026, 1, 1), None, 1000, product="new")
    assert values("grr", of=scope()) == [100]
    measure = ask("grr", scope(product="old"))
    assert measure.value == 0
    assert any("one product" in note for note in measure.notes)


def test_a_renewal_in_another_product_renews_what_it_names(scope):
    account = f.account()
    old = f.subscription(account, date(2025, 1, 1), date(2026, 1, 1), 1000, product="old")
    f.subscription(account, date(2026, 1, 1), date(2026, 5, 1), 800, product="new", renews=old)
    assert values("renewal_rate", of=scope(product="old")) == [80]
    assert values("renewal_rate", of=scope(product="new")) == [0]


def test_the_bridge_names_every_movement_and_what_came_back(scope):
    levels = {
        "new": [(date(2025, 9, 1), None, 700)],
        "expansion": [(date(2025, 1, 1), None, 1000), (date(2026, 2, 1), None, 300)],
        "contraction": [(date(2025, 1, 1), date(2026, 1, 1), 1000), (date(2026, 1, 1), None, 600)],
        "churn": [(date(2025, 1, 1), date(2026, 1, 1), 500)],
        "reactivation": [(date(2024, 1, 1), date(2025, 1, 1), 100), (date(2026, 4, 1), None, 200)],
        "dip": [(date(2025, 1, 1), date(2025, 9, 1), 50), (date(2025, 12, 1), None, 50)],
    }
    for terms in levels.values():
        account = f.account()
        for term in terms:
            f.subscription(account, *term)
    measure = ask("arr", scope())
    bridge = measure.beside
    assert [bridge[bar] for bar in BARS] == [2550, 700, 250, 300, -400, -550, 0]
    assert (measure.value, measure.n, bridge["lost_and_regained"]) == (2850, 5, 50)
    assert ask("nrr", scope()).beside["end"] == 2850 - 700 - 200


amounts = st.integers(1, 10_000).map(lambda cents: Decimal(cents) / 100)
days = st.integers(-200, 400).map(lambda days: START + timedelta(days=days))
contracts = st.lists(
    st.tuples(st.integers(0, 3), days, st.integers(1, 500), amounts, st.sampled_from(["USD", "EUR", "GBP"])),
    max_size=12,
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(contracts, st.decimals("0.5", "2", places=5), st.decimals("0.5", "2", places=5))
def test_the_bridge_closes_at_any_rates_on_what_accounts_pay(scope, rows, before, after):
    Subscription.objects.all().delete()
    ExchangeRate.objects.all().delete()
    accounts = [f.account() for _ in range(4)]
    for currency in ("EUR", "GBP"):
        for month, rate in ((START, before), (END, after)):
            ExchangeRate.objects.create(currency=currency, month=month, rate=rate)
    for place, since, length, amount, currency in rows:
        f.subscription(accounts[place], since, since + timedelta(days=length), 0, currency=currency)
        Subscription.objects.filter(annual_value=0).update(annual_value=amount)
    measure = ask("arr", scope(start=START, end=END))
    if measure.value is None:
        assert not Subscription.objects.filter(starts_on__lte=END).exists()
        return
    assert sum(measure.beside[bar] for bar in BARS) == measure.value
    assert measure.value == arr_at_end(scope(start=START, end=END)).total
    assert all(measure.beside[name] >= 0 for name in ("opening", "new", "expansion", "reactivation"))
    assert all(measure.beside[name] <= 0 for name in ("contraction", "churn"))
    grr, nrr = ask("grr", scope()), ask("nrr", scope())
    if grr.value is not None:
        assert 0 <= grr.value <= 100
        assert grr.value <= nrr.value


def test_survival_knows_of_young_customers_what_they_can_tell(scope):
    for months, has_left in ((6, True), (24, False), (24, False), (3, False)):
        began = END - timedelta(days=round(30.5 * months))
        end = END - timedelta(days=1) if has_left else None
        f.subscription(f.account(), began, end, 100)
    measure = ask("survival", scope())
    assert measure.value == pytest.approx(100 * 2 / 3)
    assert (measure.beside["after_3_months"], measure.n) == (100, 4)
    assert measure.value in measure.interval


def test_who_pays_to_the_end_of_today_has_not_left(scope):
    ends, renews = f.account(), f.account()
    for account in (ends, renews):
        f.subscription(account, TODAY - timedelta(days=400), TODAY + timedelta(days=1), 100)
    f.subscription(renews, TODAY + timedelta(days=1), None, 100)
    asked = scope(start=TODAY - timedelta(days=364), end=TODAY + timedelta(days=1))
    assert [row[2:] for row in receipt("survival", asked).rows] == [(TODAY, False)] * 2
    assert ask("survival", asked).value == 100


def test_customers_of_different_loyalty_are_worth_more_than_one_rate_says(scope):
    left = {1: 26, 2: 10, 3: 6, 4: 4}
    for years, count in left.items():
        for _ in range(count):
            f.subscription(f.account(), date(2021, 1, 1), date(2021 + years, 1, 1), 1000)
    for _ in range(54):
        f.subscription(f.account(), date(2021, 1, 1), None, 1000)
    measure = ask("clv_sbg", scope())
    assert measure.n == 54
    assert measure.beside["oldest_cohort_left"] == pytest.approx(
        measure.beside["oldest_cohort_left_by_model"], abs=3
    )
    assert measure.value > 1000
    assert measure.beside["margin"] == measure.value * Decimal("0.80")


def test_the_second_level_is_worked_out_again_from_its_rows(scope):
    """Fader and Hardie's likelihood over the cohorts that the receipt makes, maximised by hand."""
    for years, count in {1: 26, 2: 10, 3: 6, 4: 4}.items():
        for _ in range(count):
            f.subscription(f.account(), date(2021, 1, 1), date(2021 + years, 1, 1), 1000)
    for _ in range(54):
        f.subscription(f.account(), date(2021, 1, 1), None, 1000)
    found = receipt("clv_sbg", scope())
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    # Who left in 2023 had renewed once and did not a second time.
    lost = Counter(row["watched_until"].year - row["began"].year for row in rows if row["left"])
    kept = sum(not row["left"] for row in rows)

    def survival(t, a, b):
        return np.exp(betaln(a, b + t) - betaln(a, b))

    def misfit(logs):
        a, b = np.exp(logs)
        left = sum(n * np.log(survival(t - 1, a, b) - survival(t, a, b)) for t, n in lost.items())
        return -left - kept * np.log(survival(5, a, b))

    a, b = np.exp(minimize(misfit, (0.0, 0.0), method="Nelder-Mead").x)
    multiple = sum(survival(5 + k, a, b) / survival(5, a, b) / 1.1 ** (k - 1) for k in range(1, 21))
    per_customer = float(sum(row["arr"] for row in rows)) / kept
    assert float(ask("clv_sbg", scope()).value) == pytest.approx(per_customer * multiple, rel=0.001)


def test_anniversaries_are_those_of_the_calendar_leap_years_too():
    for years in range(1, 9):
        began, then = date(2021, 1, 1), date(2021 + years, 1, 1)
        assert Tenure(began, then, has_left=False).years == years
        assert Tenure(began, then, has_left=True).years == years - 1
        assert Tenure(began, then + timedelta(days=9), has_left=True).years == years


def test_too_few_customers_have_no_second_level(scope):
    f.subscription(f.account(), date(2021, 1, 1), None, 1000)
    measure = ask("clv_sbg", scope())
    assert measure.value is None
    assert "100 customers" in measure.notes[-1]


def test_revenue_and_health_are_told_as_they_were_known(scope):
    account = f.account()
    sold = f.subscription(account, date(2025, 1, 1), None, 1000)
    with pytest.raises(NotClosed, match="not kept yet"):
        ask("arr", scope(known_on=date(2026, 6, 2)))
    close_months(now=NOW)
    day = scope().end - timedelta(days=1)
    card = scorecard_for(day=day, now=NOW)
    for revision, band, at in ((1, "green", NOW), (2, "red", NOW + timedelta(days=3))):
        Health.objects.create(
            account=account,
            scorecard=card,
            day=day,
            revision=revision,
            score=5000,
            base=5000,
            confidence=9000,
            band=band,
            parts=[],
            computed_at=at,
        )
    sold.annual_value = 400
    sold.save()
    close_months(now=NOW + timedelta(days=2))
    then, later = (scope(known_on=reporting_day(NOW, UTC) + timedelta(days=days)) for days in (0, 4))
    assert [ask("arr", each).value for each in (then, later, scope())] == [1000, 400, 400]
    assert [ask("health", each).value for each in (then, later, scope())] == [100, 0, 0]


def test_a_closed_month_is_kept_and_a_restatement_told_apart(scope):
    account = f.account(segment="a")
    sold = f.subscription(account, date(2025, 1, 1), None, 1000)
    assert {closing.is_restated for closing in close_months(now=NOW)} == {False}
    assert close_months(now=NOW + timedelta(hours=1)) == []
    assert RevenueMonth.objects.filter(month=date(2026, 5, 1), until=None).get().annual_value == 1000
    sold.ends_on = date(2026, 5, 20)
    sold.save()
    (restated,) = close_months(now=NOW + timedelta(days=3))
    assert (restated.month, restated.is_restated, restated.removed) == (date(2026, 5, 1), True, 1)
    known = {day: ask("grr", scope(known_on=day)).value for day in (date(2026, 6, 3), date(2026, 6, 5))}
    assert known == {date(2026, 6, 3): 100, date(2026, 6, 5): 0}
    assert ask("grr", scope()).value == 0
    with pytest.raises(NotClosed):
        ask("grr", scope(known_on=date(2026, 6, 1)))
    assert ask("grr", scope(start=date(2025, 6, 2), known_on=date(2026, 6, 5))).value == 0
    account.segment = "b"
    account.save()
    assert ask("grr", scope(known_on=date(2026, 6, 3), attributes={"segment": "a"})).n == 1


def test_a_corrected_exchange_rate_is_told_apart_from_the_one_known_then(scope):
    rate = ExchangeRate.objects.create(currency="EUR", month=date(2025, 6, 1), rate=Decimal("1.00"))
    dollars = f.account(segment="a")
    f.subscription(dollars, date(2025, 1, 1), date(2026, 5, 1), 1000, currency="USD")
    f.subscription(f.account(), date(2025, 1, 1), None, 1000, currency="EUR")
    close_months(now=NOW)
    assert ask("grr", scope(known_on=date(2026, 6, 3))).value == 50
    rate.rate = Decimal("3.00")
    rate.save()
    (restated,) = close_months(now=NOW + timedelta(days=3))
    assert (restated.month, restated.added, restated.removed) == (date(2025, 5, 1), 1, 1)
    known = [ask("grr", scope(known_on=day)).value for day in (date(2026, 6, 3), date(2026, 6, 5))]
    assert known == [50, 75]
    assert ask("grr", scope()).value == 75


def test_a_rate_that_nobody_knew_then_leaves_the_figure_open(scope):
    f.subscription(f.account(), date(2025, 1, 1), None, 1000, currency="EUR")
    close_months(now=NOW)
    ExchangeRate.objects.create(currency="EUR", month=date(2025, 4, 1), rate=Decimal("1.10"))
    close_months(now=NOW + timedelta(days=3))
    then, later = (ask("grr", scope(known_on=day)) for day in (date(2026, 6, 3), date(2026, 6, 5)))
    assert (then.value, later.value) == (None, 100)
    assert "no exchange rate for EUR" in then.notes[0]
    assert "April 2025" in later.notes[0]


def test_answers_are_replayed_as_they_were_known_too(scope):
    survey = f.published_survey()
    f.respond(survey, {"nps": 10}, at=datetime(2026, 5, 10, tzinfo=UTC))
    absorb_responses(now=NOW)
    close_months(now=NOW)
    f.respond(survey, {"nps": 0}, at=datetime(2026, 5, 11, tzinfo=UTC))
    absorb_responses(now=NOW + timedelta(days=2), sweep=True)
    close_months(now=NOW + timedelta(days=2))
    assert values("nps", of=scope()) == [0]
    assert values("nps", of=scope(known_on=date(2026, 6, 2))) == [100]
    assert values("nps", of=scope(known_on=date(2026, 6, 4))) == [0]


def test_a_month_that_is_not_over_is_not_closed():
    with pytest.raises(ValueError, match="is over"):
        close_month(date(2026, 6, 1), now=NOW)
    assert not Close.objects.exists()


def test_revenue_of_nobody_is_unknown(scope):
    assert not Account.objects.exists()
    assert values("arr", "grr", "survival", "clv_sbg", of=scope()) == [None] * 4
