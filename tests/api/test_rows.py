"""Accounts, contacts, subscriptions, services and signals: what they have in common."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact, ServicesMonth, Team
from tests import factories
from tests.api.conftest import assert_problem, program, results

pytestmark = pytest.mark.django_db


def new_row(resource, account):
    """The least that makes a row of the resource; a second one needs another account."""
    return {
        "accounts": {"external_id": f"n{account.pk}", "name": "New"},
        "contacts": {"external_id": f"n{account.pk}", "account": account.pk, "email": "n@example.com"},
        "subscriptions": {
            "external_id": f"n{account.pk}",
            "account": account.pk,
            "starts_on": "2026-01-01",
            "annual_value": "1200.00",
            "currency": "EUR",
        },
        "services": {"account": account.pk, "month": "2026-01-01", "revenue": "10.00", "cost": "4.00"},
        "signals": {"account": account.pk, "key": "logins", "observed_on": "2026-01-01", "value": "3.0000"},
    }[resource]


RESOURCES = ("accounts", "contacts", "subscriptions", "services", "signals")
CHANGES = {
    "accounts": {"name": "Renamed"},
    "contacts": {"role": "influencer"},
    "subscriptions": {"annual_value": "2400.00"},
    "services": {"cost": "5.00"},
    "signals": {"value": "4.5000"},
}


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_row_is_made_read_changed_replaced_and_deleted(root, own, resource):
    new = new_row(resource, own)
    made = root.post(resource, new)
    assert made.status_code == 201
    row = made.json()
    assert new.items() <= row.items()
    path = f"{resource}/{row['id']}"
    assert root.get(path).json() == row
    assert row in results(root.get(resource))
    changed = root.patch(path, CHANGES[resource])
    assert changed.json() == row | CHANGES[resource]
    assert root.put(path, new).json() == row, "what a PUT leaves out goes back"
    assert root.delete(path).status_code == 204
    assert_problem(root.get(path), 404)


@pytest.mark.parametrize("resource", RESOURCES)
def test_unknown_names_and_read_only_ones_are_refused(root, own, resource):
    new = new_row(resource, own)
    for extra in ("id", "score", "is_staff", "created_at", "health"):
        assert_problem(root.post(resource, new | {extra: 1}), 400, extra)
    path = f"{resource}/{root.post(resource, new).json()['id']}"
    before = root.get(path).json()
    for extra in ("id", "score", "nps_bucket", "account__name"):
        assert_problem(root.patch(path, {extra: 1}), 400, extra)
    assert root.get(path).json() == before


@pytest.mark.parametrize("resource", RESOURCES)
def test_parameters_that_mean_nothing_are_refused(root, own, resource):
    path = f"{resource}/{root.post(resource, new_row(resource, own)).json()['id']}"
    assert root.get(f"{resource}?limit=1").status_code == 200
    for query in (
        "page_size=1000",
        "search=a",
        "name__startswith=a",
        "account__owner__password=a",
        "api_key=a",
    ):
        assert_problem(root.get(f"{resource}?{query}"), 400, query.partition("=")[0])
    assert_problem(root.get(f"{path}?limit=1"), 400, "limit")
    assert_problem(root.patch(f"{path}?fields=id", {}), 400, "fields")


@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("ordering", ["password", "-account__owner", "?", "id;--", "", "--id", "pk"])
def test_the_order_is_chosen_from_a_list(root, resource, ordering):
    assert root.get(f"{resource}?ordering=-id").status_code == 200
    assert_problem(root.get(f"{resource}?ordering={ordering}"), 400, "ordering")


@pytest.mark.parametrize("resource", RESOURCES)
def test_only_the_fields_asked_for_are_sent(root, own, resource):
    row = root.post(resource, new_row(resource, own)).json()
    name = [*row][1]
    assert root.get(f"{resource}/{row['id']}?fields=id,{name}").json() == {"id": row["id"], name: row[name]}
    assert {"id": row["id"]} in results(root.get(f"{resource}?fields=id"))
    for wish in ("", "id,password", "owner.password", "id,,"):
        assert_problem(root.get(f"{resource}?fields={wish}"), 400, "fields")


@pytest.mark.parametrize("resource", RESOURCES)
def test_what_hangs_on_a_foreign_account_is_not_there(root, limited, own, foreign, resource):
    theirs = root.post(resource, new_row(resource, foreign)).json()
    path = f"{resource}/{theirs['id']}"
    ours = limited.post(resource, new_row(resource, own)).json()
    listed = [row["id"] for row in results(limited.get(resource))]
    assert ours["id"] in listed
    assert theirs["id"] not in listed
    assert limited.get(f"{resource}/{ours['id']}").status_code == 200
    for refusal in (
        limited.get(path),
        limited.patch(path, CHANGES[resource]),
        limited.put(path, new_row(resource, own)),
        limited.delete(path),
    ):
        assert_problem(refusal, 404)
        assert b"CANARY" not in refusal.content
    assert root.get(path).json() == theirs


@pytest.mark.parametrize("resource", RESOURCES[1:])
def test_a_row_is_not_hung_on_a_foreign_account(limited, own, foreign, resource):
    new = new_row(resource, own)
    refusal = limited.post(resource, new | {"account": foreign.pk})
    assert_problem(refusal, 400, "account")
    missing = limited.post(resource, new | {"account": 10**9})
    said, said_of_nothing = (answer.json()["errors"]["account"][0] for answer in (refusal, missing))
    assert said.replace(str(foreign.pk), "*") == said_of_nothing.replace("1000000000", "*")
    path = f"{resource}/{limited.post(resource, new).json()['id']}"
    assert_problem(limited.patch(path, {"account": foreign.pk}), 400, "account")
    assert limited.get(path).json()["account"] == own.pk


def test_a_limited_key_keeps_its_accounts_in_its_team(limited, team, own, foreign):
    Team.objects.create(name="South")
    made = limited.post("accounts", {"external_id": "n", "name": "New"}).json()
    assert made["team"] == "North"
    path = f"accounts/{made['id']}"
    for team_name in ("South", None, "Nowhere"):
        assert_problem(limited.patch(path, {"team": team_name}), 400, "team")
    assert_problem(limited.patch(path, {"parent": foreign.pk}), 400, "parent")
    assert limited.patch(path, {"parent": own.pk, "team": "North"}).status_code == 200


def test_owners_are_named_by_address_and_limited_keys_know_their_team_only(root, limited, team, own):
    factories.user(email="in@example.com", teams=[team])
    factories.user(email="out@example.com")
    path = f"accounts/{own.pk}"
    assert limited.patch(path, {"owner": "in@example.com"}).json()["owner"] == "in@example.com"
    assert_problem(limited.patch(path, {"owner": "out@example.com"}), 400, "owner")
    assert root.patch(path, {"owner": "out@example.com"}).json()["owner"] == "out@example.com"
    assert root.patch(path, {"owner": None}).json()["owner"] is None


def test_amounts_of_money_need_the_scope_revenue(own):
    factories.subscription(own, date(2026, 1, 1), None, 987654)
    ServicesMonth.objects.create(account=own, month=date(2026, 1, 1), revenue=Decimal("987654.32"), cost=0)
    reads = ("accounts:read", "contacts:read", "signals:read", "subscriptions:read", "services:read")
    poor, rich = program(*reads), program(*reads, "revenue")
    for path in ("subscriptions", "services"):
        assert b"987654" in rich.get(path).content
        assert "revenue" in assert_problem(poor.get(path), 403)["detail"]
    for path in ("accounts", "contacts", "signals", f"accounts/{own.pk}"):
        assert b"987654" not in poor.get(path).content


def test_who_a_contact_is_needs_the_scope_personal(own):
    person = factories.contact(own, name="CANARYNAME", email="canary@example.com", title="CANARYTITLE")
    blind, seeing = program("contacts:read", "contacts:write"), program("contacts:read", "personal")
    row = blind.get(f"contacts/{person.pk}").json()
    assert not {"name", "email", "title"} & set(row)
    assert row["role"] == "user"
    assert "CANARY" not in blind.get("contacts").content.decode().upper()
    assert seeing.get(f"contacts/{person.pk}").json()["email"] == "canary@example.com"
    assert_problem(blind.patch(f"contacts/{person.pk}", {"name": "X"}), 400, "name")
    assert_problem(blind.get("contacts?fields=email"), 400, "fields")
    assert_problem(blind.get("contacts?ordering=email"), 400, "ordering")
    assert blind.put(f"contacts/{person.pk}", {"external_id": "e", "account": own.pk}).status_code == 200
    person.refresh_from_db()
    assert person.name == "CANARYNAME"


def test_rules_of_the_database_are_the_senders_mistake(root, own):
    new = {"external_id": "s", "account": own.pk, "starts_on": "2026-02-01", "currency": "EUR"}
    assert_problem(root.post("subscriptions", new | {"annual_value": -1}), 400)
    assert_problem(root.post("subscriptions", new | {"annual_value": 1, "currency": "eur"}), 400)
    assert_problem(root.post("subscriptions", new | {"annual_value": 1, "ends_on": "2026-01-01"}), 400)
    assert root.post("subscriptions", new | {"annual_value": 1, "ends_on": "2026-02-01"}).status_code == 201
    assert_problem(root.post("subscriptions", new | {"annual_value": 1}), 400, "external_id")
    signal = {"account": own.pk, "key": "k", "observed_on": "2026-01-01", "value": 1}
    assert root.post("signals", signal).status_code == 201
    assert_problem(root.post("signals", signal), 400)


def test_a_row_that_history_hangs_on_stays(root, own):
    factories.contact(own)
    assert_problem(root.delete(f"accounts/{own.pk}"), 409)
    assert Account.objects.filter(pk=own.pk).exists()
    Contact.objects.all().delete()
    assert root.delete(f"accounts/{own.pk}").status_code == 204


def test_attributes_are_a_flat_object(root, own):
    path = f"accounts/{own.pk}"
    flat = {"seats": 12, "plan": "gold", "beta": True, "note": None, "share": 0.5}
    assert root.patch(path, {"attributes": flat}).json()["attributes"] == flat
    for bad in ([], "x", 1, {"a": {}}, {"a": []}, {"a": "x" * 10_001}, {str(n): n for n in range(201)}):
        assert_problem(root.patch(path, {"attributes": bad}), 400, "attributes")


def test_a_line_of_text_is_one_line(root, own):
    path = f"contacts/{factories.contact(own).pk}"
    assert root.patch(path, {"name": "Zoë ‘Ó’ 李"}).status_code == 200
    for bad in ("Bob\r\nBcc: e@x", "a\tb", "a\u2028b", "a\u202eb", "a\x1bb", 5, True, ["a"]):
        assert_problem(root.patch(path, {"name": bad}), 400, "name")


def test_filters_are_exact(root, own, foreign):
    factories.contact(own, external_id="c-1", role="influencer")
    factories.contact(foreign, external_id="c-2")
    found = lambda query: [row["external_id"] for row in results(root.get(f"contacts?{query}"))]  # noqa: E731
    assert found(f"account={own.pk}") == ["c-1"]
    assert found("external_id=c-2") == ["c-2"]
    assert found("external_id=c-") == []
    assert found(f"account={own.pk}&role=user") == []
    for query in ("account=x", "account=-1", f"account={2**63}", f"account={'9' * 5000}", "role=boss"):
        assert_problem(root.get(f"contacts?{query}"), 400, query.partition("=")[0])
    assert_problem(root.get("signals?observed_on=2026-02-30"), 400, "observed_on")


@pytest.mark.parametrize("path", RESOURCES)
def test_a_list_costs_the_same_however_long_it_is(root, path, team):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert results(root.get(path))
        return len(captured)

    def add(count):
        for _ in range(count):
            owner = factories.user(teams=[team])
            account = factories.account(team=team, owner=owner, parent=Account.objects.first())
            root.post(path, new_row(path, account))

    add(1)
    root.get(path)
    few = queries()
    add(12)
    assert queries() == few <= 3


def test_a_replaced_account_stays_in_the_team_of_a_limited_key(limited, own):
    replaced = limited.put(f"accounts/{own.pk}", {"external_id": "e", "name": "N"})
    assert replaced.json()["team"] == "North"
