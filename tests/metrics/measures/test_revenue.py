"""Revenue measures against amounts that can be added up in one's head."""

from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from accounts.models import Account, ExchangeRate, Subscription
from accounts.roles import ACCOUNT_MANAGER, BUILDER, EXECUTIVE
from metrics.measures.exchange import rates_on
from metrics.measures.lifetime import clv
from metrics.measures.movements import arr
from metrics.measures.renewals import coming_renewals, renewal_rate, renewal_rates
from metrics.measures.retention import grr, logo_churn, nrr, revenue_retention
from metrics.measures.revenue import arr_on
from metrics.measures.scope import Scope
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)
YEAR_AGO = date(2025, 6, 15)
IN_FORCE = (date(2025, 1, 1), None)


def someone(role=EXECUTIVE):
    user = f.user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def revenue(viewer=None, **rest):
    return Scope.of_revenue(viewer or someone(), TODAY, **rest)


def rate(currency, month, value):
    ExchangeRate.objects.create(currency=currency, month=month, rate=Decimal(value))


def test_arr_is_what_is_in_force_on_the_day_and_terms_are_half_open():
    account = f.account()
    f.subscription(account, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(account, date(2026, 1, 1), None, 300)
    f.subscription(account, date(2026, 1, 1), None, 50, cancelled_on=date(2026, 2, 1))

    def arr(day):
        return arr_on(day, Account.objects.all(), rates_on(day)).total

    assert [arr(date(2024, 12, 31)), arr(date(2025, 1, 1)), arr(date(2025, 12, 31))] == [0, 1000, 1000]
    assert [arr(date(2026, 1, 1)), arr(date(2026, 1, 31)), arr(date(2026, 2, 1))] == [350, 350, 300]


def test_grr_counts_every_loss_and_no_growth_and_nrr_counts_both():
    shrank, grew, left, came = (f.account() for _ in range(4))
    f.subscription(shrank, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(shrank, date(2026, 1, 1), None, 700)
    f.subscription(grew, date(2025, 1, 1), date(2026, 1, 1), 2000)
    f.subscription(grew, date(2026, 1, 1), None, 2600)
    f.subscription(left, date(2025, 1, 1), date(2026, 1, 1), 1000)
    f.subscription(came, date(2026, 1, 1), None, 5000)

    retention = revenue_retention(revenue())

    assert retention.grr.value == pytest.approx(100 * (700 + 2000 + 0) / 4000)
    assert retention.nrr.value == pytest.approx(100 * (700 + 2600 + 0) / 4000)
    assert retention.logo_churn.value == pytest.approx(100 / 3)
    assert (retention.grr.n, retention.grr.window) == (3, (YEAR_AGO, TODAY))
    assert retention.grr.beside["start"] == 4000
    assert retention.grr.beside["kept"] == 2700
    assert retention.grr.interval is None


def test_each_is_also_asked_alone():
    f.subscription(f.account(), *IN_FORCE, 100)
    assert [measure(revenue()).value for measure in (grr, nrr, logo_churn)] == [100, 100, 0]


def test_nothing_is_known_without_customers():
    scope = revenue()
    assert [measure(scope).value for measure in (grr, nrr, logo_churn, renewal_rate, clv)] == [None] * 5


def test_exchange_rates_neither_keep_nor_lose_a_customer():
    account = f.account()
    f.subscription(account, *IN_FORCE, 1000, currency="EUR")
    rate("EUR", date(2025, 6, 1), "2")
    rate("EUR", date(2026, 6, 1), "1")
    retention = revenue_retention(revenue())
    assert (retention.grr.value, retention.grr.beside["start"], retention.grr.notes) == (100, 2000, ())
    assert clv(revenue()).beside["arr"] == 1000


def test_a_missing_rate_is_named_and_nothing_is_guessed():
    f.subscription(f.account(), *IN_FORCE, 1000)
    f.subscription(f.account(), *IN_FORCE, 1000, currency="CHF")
    rate("EUR", date(2025, 6, 1), "2")
    retention = revenue_retention(revenue())
    assert (retention.grr.value, retention.nrr.value) == (None, None)
    assert retention.grr.notes == ("There is no exchange rate for CHF in June 2025.",)
    assert retention.logo_churn.value == 0
    assert clv(revenue()).value is None


def test_a_currency_of_new_customers_only_does_not_spoil_retention():
    f.subscription(f.account(), *IN_FORCE, 1000)
    f.subscription(f.account(), date(2026, 1, 1), None, 1000, currency="CHF")
    measure = grr(revenue())
    assert (measure.value, measure.notes) == (100, ())


def test_the_level_of_the_end_takes_only_the_rates_of_what_is_paid_then():
    f.subscription(f.account(), date(2026, 1, 1), None, 1000, currency="CHF")
    f.subscription(f.account(), date(2020, 1, 1), date(2021, 1, 1), 9000, currency="BRL")
    assert (arr(revenue()).value, arr(revenue()).n) == (None, 1)
    rate("CHF", date(2026, 6, 1), "2")
    measure = arr(revenue())
    assert (measure.value, measure.n, measure.beside) == (2000, 1, {})
    assert measure.notes == ("There is no exchange rate for CHF in June 2025.",)
    rate("CHF", date(2025, 6, 1), "1")
    assert arr(revenue()).beside["new"] == 1000
    assert arr(revenue()).beside["currency"] == 1000


def test_the_newest_rate_of_three_months_stands_in_and_says_so():
    f.subscription(f.account(), *IN_FORCE, 1000, currency="EUR")
    rate("EUR", date(2025, 2, 1), "9")
    assert grr(revenue()).value is None
    rate("EUR", date(2025, 3, 1), "2")
    measure = grr(revenue())
    assert measure.beside["start"] == 2000
    assert measure.notes == ("EUR is converted at the rate of March 2025, the newest there is.",)


def due(account, value, ends_on=date(2026, 1, 1)):
    return f.subscription(account, date(2025, 1, 1), ends_on, value, product="platform")


def test_renewal_rate_caps_growth_and_counts_by_the_day_due():
    grew, shrank, left, early, late = (f.account() for _ in range(5))
    f.subscription(grew, date(2026, 1, 1), None, 1500, renews=due(grew, 1000))
    f.subscription(shrank, date(2026, 1, 1), None, 600, renews=due(shrank, 1000))
    due(left, 1000)
    f.subscription(early, date(2025, 11, 1), None, 1000, renews=due(early, 1000))
    f.subscription(late, date(2026, 3, 31), None, 1000, renews=due(late, 1000))

    renewals = renewal_rates(revenue())

    assert renewals.gross.value == pytest.approx(100 * (1000 + 600 + 0 + 1000 + 1000) / 5000)
    assert renewals.net.value == pytest.approx(100 * (1500 + 600 + 0 + 1000 + 1000) / 5000)
    assert renewals.logo.value == 80
    assert (renewals.gross.n, renewals.gross.beside["due"], renewals.gross.notes) == (5, 5000, ())


def test_renewals_are_found_by_product_where_no_row_names_one():
    renewed, left = f.account(), f.account()
    due(renewed, 1000)
    f.subscription(renewed, date(2026, 1, 20), None, 1100, product="platform")
    due(left, 1000)
    f.subscription(left, date(2026, 1, 20), None, 1100, product="storage")
    assert renewal_rate(revenue()).value == 50


def test_what_ended_within_the_grace_is_provisional():
    due(f.account(), 1000, date(2026, 5, 1))
    measure = renewal_rate(revenue())
    assert measure.value == 0
    assert measure.notes == ("Provisional: what ended less than 90 days ago may still be renewed.",)


def test_what_falls_due_is_half_open():
    kept = f.account()
    due(kept, 1000, YEAR_AGO)
    due(f.account(), 1000, TODAY)
    assert renewal_rates(revenue()).gross.n == 1


def test_a_renewal_in_an_unknown_currency_makes_the_rate_unknown():
    account = f.account()
    f.subscription(account, date(2026, 1, 1), None, 1000, currency="CHF", renews=due(account, 1000))
    measure = renewal_rate(revenue())
    assert (measure.value, measure.notes) == (None, ("There is no exchange rate for CHF in June 2025.",))


def test_coming_renewals_leave_out_what_is_renewed_and_add_up_one_day():
    soon, done, later, silent = (f.account() for _ in range(4))
    in_a_month, in_a_year = date(2026, 7, 15), date(2027, 6, 15)
    f.subscription(soon, date(2025, 7, 15), in_a_month, 100, product="b")
    f.subscription(soon, date(2025, 7, 15), in_a_month, 50, product="a", cancelled_on=TODAY)
    old = f.subscription(done, date(2025, 7, 1), date(2026, 7, 1), 100)
    f.subscription(done, date(2026, 7, 1), None, 100, renews=old)
    f.subscription(later, date(2025, 6, 15), in_a_year, 100)
    f.subscription(silent, date(2025, 7, 1), date(2026, 7, 1), 100, currency="CHF", cancelled_on=TODAY)

    first, second = coming_renewals(revenue(), 90)

    assert (first.account, first.value, first.is_cancelled) == (silent.pk, None, True)
    assert (second.account, second.ends_on, second.value) == (soon.pk, in_a_month, 150)
    assert (second.products, second.is_cancelled) == (("a", "b"), False)


def test_clv_is_arr_per_customer_times_the_multiple_of_an_existing_one():
    stays, leaves = f.account(), f.account()
    f.subscription(stays, *IN_FORCE, 800)
    f.subscription(leaves, date(2025, 1, 1), date(2026, 1, 1), 200)

    measure = clv(revenue())

    # GRR 80 %, 10 % a year: 0.8 x 1.1 / (1.1 - 0.8) = 2.9333 payments of 800.
    assert measure.value == Decimal("2346.67")
    assert (measure.n, measure.currency) == (1, "USD")
    assert measure.beside["margin"] == pytest.approx(Decimal("1877.336"))


@pytest.mark.parametrize("role", [BUILDER, ACCOUNT_MANAGER])
def test_revenue_is_refused_without_the_permission(role):
    f.subscription(f.account(), *IN_FORCE, 1000)
    scope = revenue(someone(role))
    for ask in (grr, nrr, logo_churn, renewal_rate, clv):
        with pytest.raises(PermissionDenied):
            ask(scope)
    with pytest.raises(PermissionDenied):
        coming_renewals(scope, 90)


def test_revenue_covers_the_accounts_in_question_only():
    owner = someone(ACCOUNT_MANAGER)
    owner.user_permissions.add(*Group.objects.get(name=EXECUTIVE).permissions.filter(codename="view_revenue"))
    mine, foreign = f.account(owner=owner, segment="small"), f.account(segment="large")
    f.subscription(mine, *IN_FORCE, 1000)
    f.subscription(foreign, date(2025, 1, 1), date(2026, 1, 1), 1000)

    own = grr(revenue(owner))
    assert (own.value, own.n, own.notes) == (100, 1, ("Counts only the accounts that you see.",))
    everyone = someone()
    assert grr(revenue(everyone)).value == 50
    assert grr(revenue(everyone, attributes={"segment": "large"})).value == 0
    assert grr(revenue(everyone, owner=owner)).value == 100
    assert grr(revenue(everyone, account=foreign)).value == 0


def test_queries_do_not_grow_with_the_accounts(django_assert_num_queries):
    scope = revenue()
    assert scope.viewer.sees_revenue
    assert scope.viewer.sees_all_accounts
    for accounts in (2, 20):
        for _ in range(accounts):
            account = f.account()
            f.subscription(account, date(2026, 1, 1), None, 100, renews=due(account, 100))
        with django_assert_num_queries(3):
            revenue_retention(scope)
        with django_assert_num_queries(3):
            renewal_rates(scope)
        with django_assert_num_queries(2):
            coming_renewals(scope, 90)
    assert Subscription.objects.count() == 44
