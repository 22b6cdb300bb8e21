"""Amounts of money are absent for who may not see them, not blank (SECURITY T25)."""

import re
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import Event, ExchangeRate, ServicesMonth
from tests import factories
from tests.accounts.staff import almighty_but, logged_in, member, superuser

pytestmark = pytest.mark.django_db

CANARY = "987654.32"
FORMS_OF_IT = ("987654", "987,654", "987.654")


@pytest.fixture
def rows():
    account = factories.account(name="Alpha", attributes={"mrr": CANARY})
    return [
        account,
        factories.contact(account),
        factories.subscription(account, date(2026, 1, 1), None, Decimal(CANARY)),
        ServicesMonth.objects.create(
            account=account, month=date(2026, 1, 1), revenue=Decimal(CANARY), cost=Decimal(CANARY)
        ),
    ]


def shows_the_canary(html):
    return any(form in html for form in FORMS_OF_IT)


def test_every_list_and_page_is_free_of_amounts(rows):
    client = logged_in(almighty_but("view_revenue"))
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]
    pages = [
        reverse(f"admin:accounts_{row._meta.model_name}_{page}", args=[row.pk])
        for row in rows
        for page in ("change", "history", "delete")
    ]
    for page in lists + pages:
        answer = client.get(page)
        assert answer.status_code in {200, 302, 403}, page
        assert not shows_the_canary(answer.content.decode()), page


def test_whoever_may_see_amounts_sees_them(rows):
    client = logged_in(superuser())
    account, _, subscription, month = rows
    for url in (
        reverse("admin:accounts_account_change", args=[account.pk]),
        reverse("admin:accounts_subscription_changelist"),
        reverse("admin:accounts_servicesmonth_change", args=[month.pk]),
        reverse("admin:accounts_subscription_change", args=[subscription.pk]),
    ):
        assert shows_the_canary(client.get(url).content.decode()), url


def test_rows_that_are_amounts_are_refused_and_not_named_in_the_menu(rows):
    client = logged_in(almighty_but("view_revenue"))
    home = client.get(reverse("admin:accounts_account_changelist")).content.decode()
    for model in ("subscription", "servicesmonth"):
        url = reverse(f"admin:accounts_{model}_changelist")
        assert url not in home
        assert client.get(url).status_code == 403
        assert client.get(reverse(f"admin:accounts_{model}_add")).status_code == 403


@pytest.mark.parametrize("query", ["attributes__mrr=1", "subscriptions__annual_value__gte=900000", "o=-99"])
def test_amounts_cannot_be_guessed_by_filters_or_order(rows, query):
    url = reverse("admin:accounts_account_changelist")
    answer = logged_in(almighty_but("view_revenue")).get(f"{url}?{query}")
    assert answer.status_code in {200, 400}
    assert answer.status_code == 400 or query.startswith("o=")


def test_attributes_stay_as_they_are_when_saved_by_someone_who_does_not_see_them(rows):
    account = rows[0]
    url = reverse("admin:accounts_account_change", args=[account.pk])
    fields = {"name": "Renamed", "attributes": "{}"}
    assert logged_in(almighty_but("view_revenue")).post(url, fields).status_code == 302
    account.refresh_from_db()
    assert (account.name, account.attributes) == ("Renamed", {"mrr": CANARY})


@pytest.mark.parametrize(
    ("role", "may"), [("analyst", True), ("executive", True), ("builder", False), ("account manager", False)]
)
def test_roles_see_subscriptions_or_not(role, may):
    answer = logged_in(member(role)).get(reverse("admin:accounts_subscription_changelist"))
    assert answer.status_code == (200 if may else 403)


def test_amounts_and_rates_are_listed_in_their_currency(rows):
    ServicesMonth.objects.update(cost=Decimal(1_000_000))
    ExchangeRate.objects.create(currency="EUR", month=date(2026, 3, 1), rate=Decimal("1.0834990"))
    client = logged_in(superuser())
    months = client.get(reverse("admin:accounts_servicesmonth_changelist")).text
    assert "987,654.32 USD" in months
    assert "−12,345.68 USD" in months
    rates = client.get(reverse("admin:accounts_exchangerate_changelist")).text
    assert "1.083499<" in "".join(rates.split())
    assert "Mar 2026" in rates


def test_what_an_event_brought_along_is_for_who_may_see_amounts(rows):
    told = {"deal": CANARY, "seats": 3}
    now = datetime(2026, 1, 1, tzinfo=UTC)
    event = Event.objects.create(
        account=rows[0], name="deal.won", event_id="7", attributes=told, occurred_at=now, received_at=now
    )
    page = reverse("admin:accounts_event_change", args=[event.pk])
    seen = logged_in(superuser()).get(page).text
    assert f"deal: {CANARY}<br>seats: 3" in seen
    blind = logged_in(almighty_but("view_revenue")).get(page).text
    assert not shows_the_canary(blind)
    assert "seats" not in blind


def test_a_signal_is_listed_with_as_many_decimals_as_it_has(rows):
    for value in (0, 1250, -0.75):
        factories.signal(rows[0], "logins", date(2026, 3, abs(int(value * 4)) % 27 + 1), value)
    page = logged_in(superuser()).get(reverse("admin:accounts_signal_changelist")).text
    shown = {text.strip() for text in re.findall(r"field-measured[^>]*>([^<]*)<", page)}
    assert shown == {"0", "1,250", "−0.75"}


def test_a_list_of_subscriptions_says_no_date_twice_and_calls_no_no_error(rows):
    page = logged_in(superuser()).get(reverse("admin:accounts_subscription_changelist")).text
    assert len(re.findall("1 Jan 2026", page)) == 1
    assert 'aria-label="no"' in page
    assert "bg-red-" not in page.partition('aria-label="no"')[0].rpartition("<tbody")[2]
