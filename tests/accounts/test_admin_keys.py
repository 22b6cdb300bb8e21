import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.urls import reverse

from accounts.models import ApiKey, Team
from accounts.models.keys import SCOPES
from tests.accounts.staff import almighty_but, holder_of, logged_in, member, superuser
from tests.api.conftest import Program, assert_problem

pytestmark = pytest.mark.django_db

ADD = "/admin/accounts/apikey/add/"
LIST = "/admin/accounts/apikey/"
BUTTON = "accounts_apikey_revoke"


def make(user, *scopes, **fields):
    response = logged_in(user).post(ADD, {"name": "CRM", "scopes": scopes, **fields})
    found = re.search(r"esk_[\w-]+", response.content.decode())
    return response, found and found.group()


def test_a_new_key_is_shown_once_and_works():
    root = superuser()
    response, secret = make(root, "accounts:read")
    assert "no-store" in response["Cache-Control"]
    assert Program(secret).get("accounts").status_code == 200
    key = ApiKey.objects.get()
    assert (key.created_by, key.scopes, key.prefix) == (root, ["accounts:read"], secret[:12])
    client = logged_in(root)
    for page in (LIST, reverse("admin:accounts_apikey_change", args=[key.pk]), "/admin/"):
        text = client.get(page).content.decode()
        assert secret[12:] not in text
    assert secret[:12] in client.get(LIST).content.decode()
    kept = [*Session.objects.values_list("session_data", flat=True), *map(str, LogEntry.objects.values())]
    assert not any(secret[13:] in text for text in kept)


def test_a_key_may_be_limited_to_a_team_and_an_end():
    team = Team.objects.create(name="North")
    make(superuser(), "accounts:read", team=team.pk, expires_at_0="2030-01-31", expires_at_1="12:00:00")
    key = ApiKey.objects.get()
    assert (key.team, key.expires_at.isoformat()) == (team, "2030-01-31T12:00:00+00:00")


def test_a_revoked_key_is_refused_and_stays_in_the_list():
    root = superuser()
    _, secret = make(root, "accounts:read")
    client, url = logged_in(root), reverse("admin:accounts_apikey_change", args=[ApiKey.objects.get().pk])
    assert client.post(url, {"name": "CRM", "_save": "1"}).status_code == 302
    assert Program(secret).get("accounts").status_code == 200
    assert BUTTON in client.get(url).content.decode()
    assert client.post(url, {"name": "CRM", BUTTON: "1"}).status_code == 302
    assert_problem(Program(secret).get("accounts"), 401)
    assert BUTTON not in client.get(url).content.decode()
    assert client.post(url.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert ApiKey.objects.exists()


def test_what_a_key_may_do_never_changes():
    root = superuser()
    make(root, "accounts:read")
    key = ApiKey.objects.get()
    wish = {"name": "Renamed", "scopes": SCOPES, "prefix": "esk_00000000", "expires_at_0": "2040-01-01"}
    logged_in(root).post(reverse("admin:accounts_apikey_change", args=[key.pk]), wish)
    key.refresh_from_db()
    assert (key.name, key.scopes, key.expires_at) == ("Renamed", ["accounts:read"], None)
    assert key.prefix != "esk_00000000"


def test_nobody_gives_a_key_what_they_may_not_do_themselves():
    poor = almighty_but("view_revenue", "delete_contact")
    assert make(poor, "accounts:write")[1]
    for scope in ("revenue", "contacts:write"):
        response, secret = make(poor, scope)
        assert secret is None
        assert "is not one of the available choices" in response.content.decode()
        assert make(superuser(), scope)[1]


def test_an_administrator_may_give_every_scope():
    assert make(member("administrator"), *SCOPES)[1]
    assert set(ApiKey.objects.get().scopes) == set(SCOPES)


def test_keys_are_for_who_sees_every_account():
    rights = (
        "accounts.add_apikey",
        "accounts.change_apikey",
        "accounts.view_apikey",
        "accounts.view_account",
    )
    limited = holder_of(*rights)
    assert make(limited, "accounts:read")[0].status_code == 403
    assert make(holder_of(*rights, "accounts.view_all_accounts"), "accounts:read")[1]
    for role in ("builder", "analyst", "executive", "account manager"):
        client = logged_in(member(role))
        assert client.get(LIST).status_code == 403
        assert client.get(ADD).status_code == 403
