"""Every list of the admin takes few queries, and as many for many rows as for few."""

from datetime import date

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import ForeignKey
from django.urls import reverse
from django.utils.html import escape
from model_bakery import baker

from accounts.models import Event, ExchangeRate, Export, ServicesMonth, Subscription
from config.lists import FIRST_WORDS
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
        ("admin:admin_logentry_changelist", "There are no log entries yet"),
    ],
)
def test_an_empty_list_calls_itself_as_the_menu_does(url, words):
    assert words in logged_in(superuser()).get(reverse(url)).text


def test_an_empty_list_says_what_it_is_for_and_counts_nothing():
    browser = logged_in(superuser())
    for label, words in FIRST_WORDS.items():
        model = apps.get_model(label)
        model._default_manager.all().delete()
        page = browser.get(reverse(f"admin:{label.replace('.', '_')}_changelist"), follow=True).text
        assert escape(words) in page
        assert f"0 {model._meta.verbose_name_plural}" not in " ".join(page.split())


def test_a_search_without_a_hit_is_told_so_and_not_how_to_begin():
    page = logged_in(superuser()).get(reverse("admin:accounts_apikey_changelist"), {"q": "nothing"}).text
    assert "No API keys are like that" in page
    assert FIRST_WORDS["accounts.apikey"] not in page


def test_a_list_counts_its_rows_by_the_name_in_the_menu():
    baker.make(Target, metric="nps", by=iter((date(2027, 1, 1), date(2027, 2, 1))), value=40, _quantity=2)
    page = logged_in(superuser()).get(reverse("admin:metrics_target_changelist")).text
    assert "2 goals" in " ".join(page.split())


@pytest.mark.parametrize(
    ("url", "group"),
    [
        ("admin:surveys_campaign_changelist", "Ask"),
        ("admin:surveys_survey_changelist", "Listen"),
        ("admin:accounts_tableimport_changelist", "Data"),
        ("admin:followups_rule_changelist", "Act"),
    ],
)
def test_a_heading_begins_with_the_group_of_the_menu(url, group):
    page = logged_in(superuser()).get(reverse(url)).text
    first = page.split('<span class="crumb">')[1].split("</span></span>")[0]
    assert first.endswith(f">{group}")
