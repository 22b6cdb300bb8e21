"""What the admin says where something cannot be deleted, and where nothing has changed."""

import pytest
from django.urls import reverse
from model_bakery import baker

from accounts.models import Event, Team
from accounts.roles import ADMINISTRATOR
from tests import factories
from tests.accounts.staff import logged_in, member, superuser

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(db):
    account = factories.account(name="Alpha")
    baker.make(Event, account=account, name="renewed")
    return account


def test_who_may_not_delete_what_belongs_to_an_account_is_told_what_to_do_instead(account):
    address = reverse("admin:accounts_account_delete", args=[account.pk])
    page = logged_in(member(ADMINISTRATOR)).get(address).text
    assert "Alpha cannot be deleted" in page
    assert "that you may not delete here: event" in page
    assert "Churned on" in page
    assert f'href="{reverse("admin:accounts_account_change", args=[account.pk])}"' in page
    other = factories.account(name="Beta")
    address = reverse("admin:accounts_account_delete", args=[other.pk])
    page = logged_in(member(ADMINISTRATOR)).get(address).text
    assert "cannot be deleted" not in page
    assert "Are you sure" in page


def test_so_is_who_chose_several(account):
    chosen = {"action": "delete_selected", "_selected_action": [account.pk]}
    page = logged_in(member(ADMINISTRATOR)).post(reverse("admin:accounts_account_changelist"), chosen).text
    assert "Accounts cannot be deleted" in page
    assert "What belongs to them would be lost" in page
    assert "that you may not delete here: event" in page


def test_what_is_still_in_use_is_named():
    campaign = factories.campaign(factories.published_survey())
    address = reverse("admin:surveys_audience_delete", args=[campaign.audience.pk])
    page = logged_in(superuser()).get(address).text
    assert f"{campaign.audience} cannot be deleted" in page
    assert f">{campaign}</a>" in page.split("It is still in use:")[1]


def test_rows_without_a_name_are_counted_only():
    team = Team.objects.create(name="North")
    team.members.add(superuser(), member(ADMINISTRATOR))
    page = logged_in(superuser()).get(reverse("admin:accounts_team_delete", args=[team.pk])).text
    assert "Places of people in teams: 2" in page
    assert "North" in page
    assert "User_teams object" not in page
    assert "relationship" not in page


def test_an_empty_history_says_what_it_would_hold(account):
    address = reverse("admin:accounts_account_history", args=[account.pk])
    assert "Nobody has changed this here yet." in logged_in(superuser()).get(address).text
