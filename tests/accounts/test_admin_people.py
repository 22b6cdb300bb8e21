"""Nobody raises their own rights, nor makes someone stronger than themselves (SECURITY T28)."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import User
from tests import factories
from tests.accounts.staff import PASSWORD, almighty_but, holder_of, logged_in, member, role, superuser

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/user/add/"


def change_url(user):
    return reverse("admin:accounts_user_change", args=[user.pk])


def fields_of(user, **fields):
    return {
        "email": user.email,
        "is_active": "on",
        "is_staff": "on",
        "groups": [group.pk for group in user.groups.all()],
        **fields,
    }


def test_an_administrator_adds_a_user_in_a_role():
    given = role("analyst")
    fields = {
        "email": "New@Example.com",
        "usable_password": "true",
        "password1": "a long enough one",
        "password2": "a long enough one",
        "is_staff": "on",
        "groups": [given.pk],
    }
    assert logged_in(member("administrator")).post(ADD, fields).status_code == 302
    made = User.objects.get(email__iexact="new@example.com")
    assert list(made.groups.all()) == [given]
    assert made.check_password("a long enough one")
    again = logged_in(member("administrator")).post(ADD, {**fields, "email": "NEW@example.com"})
    assert "Another user has this address." in again.content.decode()


def test_an_administrator_cannot_make_a_superuser():
    administrator, other = member("administrator"), member("analyst")
    for user in (administrator, other):
        fields = fields_of(user, is_superuser="on", user_permissions=[Permission.objects.first().pk])
        assert logged_in(administrator).post(change_url(user), fields).status_code == 302
        user.refresh_from_db()
        assert not user.is_superuser
        assert not user.user_permissions.exists()
    root = logged_in(superuser())
    assert root.post(change_url(other), fields_of(other, is_superuser="on")).status_code == 302
    other.refresh_from_db()
    assert other.is_superuser


def test_an_administrator_cannot_touch_a_superuser():
    root = superuser()
    client = logged_in(member("administrator"))
    password = reverse("admin:auth_user_password_change", args=[root.pk])
    assert client.post(change_url(root), fields_of(root, email="mine@example.com")).status_code == 403
    assert client.post(password, {"password1": "x" * 12, "password2": "x" * 12}).status_code == 403
    assert (
        client.post(reverse("admin:accounts_user_delete", args=[root.pk]), {"post": "y"}).status_code == 403
    )
    root.refresh_from_db()
    assert root.check_password(PASSWORD)


def test_someone_switched_off_is_as_strong_as_before():
    weak = holder_of("accounts.change_user", "accounts.view_user", "accounts.view_all_accounts")
    strong = member("administrator", is_active=False)
    client = logged_in(weak)
    assert client.post(change_url(strong), fields_of(strong)).status_code == 403
    equal = factories.user()
    assert client.post(change_url(equal), fields_of(equal, first_name="Known")).status_code == 302


def test_only_roles_within_ones_own_rights_are_handed_out():
    weak = holder_of("accounts.change_user", "accounts.view_user", "accounts.view_all_accounts")
    given = role("administrator")
    refused = logged_in(weak).post(change_url(weak), fields_of(weak, groups=[given.pk]))
    assert "Select a valid choice" in refused.content.decode()
    assert not weak.groups.exists()
    administrator = member("administrator")
    other = factories.user(is_staff=True)
    assert (
        logged_in(administrator).post(change_url(other), fields_of(other, groups=[given.pk])).status_code
        == 302
    )
    assert other.groups.get() == given


def test_someone_limited_to_some_accounts_manages_no_users():
    limited = almighty_but("view_all_accounts")
    other = factories.user()
    client = logged_in(limited)
    assert client.get(ADD).status_code == 403
    assert client.post(change_url(other), fields_of(other)).status_code == 403
    assert client.post(change_url(limited), fields_of(limited, is_superuser="on")).status_code == 403


@pytest.mark.parametrize("name", ["builder", "analyst", "executive", "account manager"])
def test_other_roles_see_no_users(name):
    client = logged_in(member(name))
    for model in ("accounts_user", "auth_group", "accounts_team"):
        assert client.get(reverse(f"admin:{model}_changelist")).status_code == 403
        assert client.get(reverse(f"admin:{model}_add")).status_code == 403


def test_what_a_role_may_do_is_for_superusers_to_say():
    given = role("analyst")
    url = reverse("admin:auth_group_change", args=[given.pk])
    fields = {"name": "analyst", "permissions": []}
    assert logged_in(almighty_but()).post(url, fields).status_code == 403
    assert logged_in(superuser()).post(url, fields).status_code == 302
    assert not given.permissions.exists()


def test_password_hashes_cannot_be_guessed_by_a_filter():
    url = reverse("admin:accounts_user_changelist")
    assert logged_in(superuser()).get(f"{url}?password__startswith=md5").status_code == 400


def test_who_logs_in_types_an_address(client):
    superuser()
    root = superuser()
    page = client.get("/admin/login/").content.decode()
    assert 'type="email"' in page
    entered = client.post("/admin/login/", {"username": root.email.upper(), "password": PASSWORD})
    assert entered.status_code == 302
    assert entered["Location"] == "/admin/"


def test_the_list_of_teams_counts_its_members_and_accounts():
    team = factories.Team.objects.create(name="North")
    factories.user().teams.add(team)
    factories.user().teams.add(team)
    factories.account(team=team)
    page = logged_in(superuser()).get("/admin/accounts/team/")
    counts = re.findall(r'class="[^"]*field-(people|accounts)[^"]*"[^>]*>\s*(?:<[^>]+>\s*)*(\d+)', page.text)
    assert counts == [("people", "2"), ("accounts", "1")]


def test_a_team_says_who_is_in_it_to_who_may_see_users():
    team = factories.Team.objects.create(name="North")
    factories.user(first_name="Ada", last_name="North").teams.add(team)
    page = f"/admin/accounts/team/{team.pk}/change/"
    assert "Ada North" in logged_in(superuser()).get(page).text
    limited = logged_in(almighty_but("view_user")).get(page)
    assert limited.status_code == 200
    assert "Ada North" not in limited.text


def test_an_empty_list_says_whether_there_is_nothing_or_nothing_like_that():
    administrator = logged_in(superuser())
    assert "There are no teams yet" in administrator.get("/admin/accounts/team/").text
    factories.Team.objects.create(name="North")
    assert "No teams are like that" in administrator.get("/admin/accounts/team/?q=South").text


def test_a_role_is_offered_what_the_admin_lists_and_keeps_what_it_had():
    given = role("analyst")
    address = reverse("admin:auth_group_change", args=[given.pk])
    form = logged_in(superuser()).get(address).context["adminform"].form
    offered = form.fields["permissions"].queryset
    assert not given.permissions.exclude(pk__in=offered).exists()
    assert not offered.filter(content_type__model="heartbeat").exists()
    labels = [label for _, label in form.fields["permissions"].choices]
    assert {"account: change", "account: view revenue"} <= {*labels}
