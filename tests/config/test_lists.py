"""Every list of the admin takes few queries, and as many for many rows as for few."""

from datetime import date

import pytest
from django.contrib import admin
from django.db.models import ForeignKey
from django.urls import reverse
from model_bakery import baker

from accounts.models import Event, ExchangeRate, Export, ServicesMonth, Subscription
from followups.models import Mailing
from metrics.models import Close, Target
from surveys.models import ContactPolicy
from tests.accounts.staff import logged_in, superuser

pytestmark = pytest.mark.django_db
# Of these there are always as many: the lists of the others grow.
FIXED = {ContactPolicy, Mailing}
# What only some values are taken for; `month` is another one for every row.
TAKEN = {
    Subscription: {"currency": "USD", "starts_on": date(2026, 1, 1), "ends_on": None, "renews": None},
    ServicesMonth: {"month": ...},
    ExchangeRate: {"currency": "EUR", "month": ...},
    Event: {"name": "renewed"},
    Export: {"api_key": None},
    Close: {"month": ...},
    Target: {"account_owner": None, "programme": None, "start": None, "starts_on": None},
}


def more_of(model, rows, begin):
    """Rows that name others wherever they may, for each of which a list might ask again."""
    names = [each.name for each in model._meta.fields if isinstance(each, ForeignKey) and each.null]
    taken = TAKEN.get(model, {})
    for number in range(begin, begin + rows):
        month = date(2020 + number // 12, 1 + number % 12, 1)
        own = {name: month if value is ... else value for name, value in taken.items()}
        optional = [name for name in names if name not in own and name != "parent"]
        baker.make(model, _fill_optional=optional, **own)


@pytest.mark.parametrize("model", admin.site._registry, ids=lambda model: model._meta.label_lower)
def test_it_takes_few_queries_whatever_its_length(model, django_assert_max_num_queries):
    browser, counts = logged_in(superuser()), []
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    browser.get(address, follow=True)
    for begin, rows in ((0, 2), (2, 6)):
        if model not in FIXED:
            more_of(model, rows, begin)
        with django_assert_max_num_queries(20) as queries:
            page = browser.get(address, follow=True)
        assert page.status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("admin:metrics_taxonomy_changelist", "There are no themes of comments yet"),
        ("admin:accounts_apikey_changelist", "There are no API keys yet"),
        ("admin:followups_delivery_changelist", "There are no reports sent yet"),
        ("admin:accounts_team_changelist", "There are no teams yet"),
    ],
)
def test_an_empty_list_calls_itself_as_the_menu_does(url, words):
    assert words in logged_in(superuser()).get(reverse(url)).text
