"""Filters, expansion and references out of sight."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.api.conftest import assert_problem, program, results

pytestmark = pytest.mark.django_db
RELATED = (
    *(("contacts", "account"), ("subscriptions", "account"), ("signals", "account"), ("events", "contact")),
    *(("accounts", "parent"), ("surveys", "programme"), ("collectors", "survey"), ("invitations", "contact")),
    *(("responses", "account"), ("responses", "survey"), ("responses", "contact")),
)


def populate(team, count):
    """Rows of every kind, each with references of its own."""
    for number in range(count):
        parent = factories.account(team=team)
        account = factories.account(team=team, parent=parent)
        person = factories.contact(account)
        factories.subscription(account, date(2026, 1, 1), None, 100)
        factories.signal(account, f"k{number}", date(2026, 1, 1), 1)
        factories.event(account, contact=person)
        survey = factories.published_survey()
        asked = factories.invitation(survey, person)
        factories.respond(survey, {"nps": 9}, contact=person, invitation=asked)


def test_a_hidden_parent_is_neither_shown_nor_found_nor_lost(root, limited, own, foreign):
    own.parent = foreign
    own.save()
    path = f"accounts/{own.pk}"
    assert root.get(path).json()["parent"] == foreign.pk
    seen = limited.get(path).json()
    assert seen["parent"] is None
    assert results(limited.get("accounts"))[0]["parent"] is None
    assert limited.get(f"{path}?expand=parent").json()["parent"] is None
    refusals = [limited.get(f"accounts?parent={pk}") for pk in (foreign.pk, 10**9)]
    assert [assert_problem(refusal, 400, "parent")["errors"] for refusal in refusals] == [
        refusals[0].json()["errors"]
    ] * 2
    del seen["id"]
    for answer in (
        limited.put(path, seen),
        limited.put(path, {"external_id": own.external_id, "name": "N"}),
        limited.patch(path, {"parent": None}),
        limited.post("accounts/bulk", {"rows": [{"external_id": own.external_id, "parent": None}]}),
    ):
        assert answer.status_code == 200, answer.content
        own.refresh_from_db()
        assert own.parent_id == foreign.pk
    other = factories.account(team=own.team)
    assert_problem(limited.patch(path, {"parent": other.pk}), 400, "parent")
    row = {"external_id": own.external_id, "parent": other.external_id}
    assert limited.post("accounts/bulk", {"rows": [row]}).json()["rejected"] == 1
    assert root.patch(path, {"parent": other.pk}).json()["parent"] == other.pk
    assert limited.get(path).json()["parent"] == other.pk
    assert limited.patch(path, {"parent": None}).json()["parent"] is None


def test_a_contact_that_moved_to_another_team_is_not_named(limited, root, own, foreign):
    person = factories.contact(own)
    said = factories.respond(factories.published_survey(), {"nps": 3}, contact=person)
    person.account = foreign
    person.save()
    path = f"responses/{said.public_id}"
    assert root.get(path).json()["contact"] == person.pk
    assert limited.get(path).json()["contact"] is None
    assert limited.get(f"{path}?expand=contact").json()["contact"] is None


@pytest.mark.parametrize(("resource", "name"), RELATED)
def test_a_reference_is_shown_as_its_row(root, team, resource, name):
    populate(team, 2)
    for plain, whole in zip(
        results(root.get(f"{resource}?ordering=id")),
        results(root.get(f"{resource}?ordering=id&expand={name}")),
        strict=True,
    ):
        assert {**plain, name: None} == {**whole, name: None}
        if plain[name] is not None:
            assert plain[name] in (whole[name]["id"], whole[name].get("slug"))


@pytest.mark.parametrize(("resource", "name"), RELATED)
def test_expansion_costs_the_same_however_long_the_list_is(root, limited, team, resource, name):
    def queries(caller):
        with CaptureQueriesContext(connection) as captured:
            assert results(caller.get(f"{resource}?expand={name}"))
        return len(captured)

    populate(team, 1)
    for caller in (root, limited):
        queries(caller)
    few = [queries(caller) for caller in (root, limited)]
    populate(team, 6)
    assert [queries(caller) for caller in (root, limited)] == few
    assert max(few) <= 4


def test_expansion_is_one_level_from_a_list_and_with_the_keys_scopes(root, own):
    person = factories.contact(own, name="CANARY")
    factories.subscription(own, date(2026, 1, 1), None, 100)
    assert root.get("contacts?expand=account&fields=id,account").json()["results"] == [
        {"id": person.pk, "account": root.get(f"accounts/{own.pk}").json()}
    ]
    for wish in ("", "id", "account.parent", "account,account__owner", "account,"):
        assert_problem(root.get(f"contacts?expand={wish}"), 400, "expand")
    assert_problem(root.get("surveys?expand=account"), 400, "expand")
    poor = program("contacts:read", "subscriptions:read", "revenue")
    assert "accounts:read" in assert_problem(poor.get("contacts?expand=account"), 403)["detail"]
    blind = program("events:read", "contacts:read", "accounts:read", "responses:read")
    factories.event(own, contact=person, attributes={"amount": 987654})
    shown = blind.get("events?expand=contact,account")
    assert shown.status_code == 200
    assert not {"CANARY", "987654"} & set(shown.content.decode().replace('"', " ").split())
    assert_problem(blind.get("responses?expand=contact"), 400, "expand")


def test_ranges_of_days_are_half_open(root, own):
    for day in (1, 2, 3):
        factories.signal(own, "logins", date(2026, 1, day), day)
    found = results(root.get("signals?observed_from=2026-01-02&observed_to=2026-01-03"))
    assert [row["observed_on"] for row in found] == ["2026-01-02"]
    for query in (
        "observed_from=x",
        "observed_from=01/02/2026",
        "observed_to=",
        "observed_on__gte=2026-01-01",
    ):
        assert_problem(root.get(f"signals?{query}"), 400, query.partition("=")[0])


def test_a_parameter_stands_once(root, own):
    assert_problem(root.get("accounts?segment=a&segment=b"), 400, "segment")
