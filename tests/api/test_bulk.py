from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact, Signal, Subscription, Team
from tests import factories
from tests.api.conftest import assert_problem, program, results

pytestmark = pytest.mark.django_db


def outcome(response):
    assert response.status_code == 200, response.content
    return [row["status"] for row in response.json()["results"]]


def test_rows_are_created_updated_or_left_as_they_are(root, own):
    rows = [
        {"external_id": own.external_id, "name": "Renamed"},
        {"external_id": "n1", "name": "New", "attributes": {"seats": 12, "beta": True}},
    ]
    first = root.post("accounts/bulk", {"rows": rows})
    assert outcome(first) == ["updated", "created"]
    assert first.json() | {"results": []} == {
        "results": [],
        "created": 1,
        "updated": 1,
        "unchanged": 0,
        "rejected": 0,
        "dry_run": False,
    }
    made = Account.objects.get(external_id="n1")
    assert [row["id"] for row in first.json()["results"]] == [own.pk, made.pk]
    assert made.attributes == {"seats": 12, "beta": True}
    assert outcome(root.post("accounts/bulk", {"rows": rows})) == ["unchanged", "unchanged"]


def test_what_is_left_out_stays_and_null_clears(root, own):
    Account.objects.filter(pk=own.pk).update(segment="smb", country="DE", attributes={"a": 1, "b": 2})
    row = {"external_id": own.external_id, "segment": None, "attributes": {"a": None, "c": 3}}
    assert outcome(root.post("accounts/bulk", {"rows": [row]})) == ["updated"]
    own.refresh_from_db()
    assert (own.segment, own.country, own.attributes) == ("", "DE", {"b": 2, "c": 3})


def test_a_refused_row_says_why_and_holds_up_no_other(root, own):
    rows = [
        {"external_id": "c1", "account": own.external_id, "email": "a@example.com", "role": "decision_maker"},
        {"external_id": "c2", "account": "nowhere"},
        {"external_id": "c3", "account": own.external_id, "email": "nobody"},
        {"external_id": "c4", "account": own.external_id, "mood": "good"},
        {"external_id": "c1", "account": own.external_id},
        {"account": own.external_id},
        {"external_id": "c5", "account": own.external_id, "name": "Bob\r\nBcc: e@x"},
        {"external_id": "c6", "account": own.external_id, "name": 5},
        {"external_id": "c7", "account": own.external_id, "title": ["x"]},
        {"external_id": None, "account": own.external_id},
        {},
        {"external_id": "c8", "account": own.external_id},
    ]
    answer = root.post("contacts/bulk", {"rows": rows})
    assert outcome(answer) == ["created", *["rejected"] * 10, "created"]
    said = [" ".join(row["errors"]) for row in answer.json()["results"]]
    assert [text.partition(":")[0] for text in said[1:11]] == [
        *("account", "email", "mood", "external_id", "external_id", "name", "name", "title"),
        *("external_id", "external_id"),
    ]
    assert [row["id"] is None for row in answer.json()["results"][1:4]] == [True] * 3
    assert {contact.external_id for contact in Contact.objects.all()} == {"c1", "c8"}


def test_a_dry_run_says_the_same_and_stores_nothing(root, own):
    rows = [{"external_id": own.external_id, "name": "Renamed"}, {"external_id": "n1", "name": "N"}, {}]
    rehearsed = root.post("accounts/bulk", {"rows": rows, "dry_run": True})
    assert outcome(rehearsed) == ["updated", "created", "rejected"]
    assert rehearsed.json()["dry_run"] is True
    assert [row["id"] for row in rehearsed.json()["results"]] == [own.pk, None, None]
    own.refresh_from_db()
    assert (own.name, Account.objects.count()) == ("Ours", 1)


def test_rows_may_refer_to_rows_further_down(root, own):
    rows = [{"external_id": "child", "name": "C", "parent": "mother"}, {"external_id": "mother", "name": "M"}]
    assert outcome(root.post("accounts/bulk", {"rows": rows})) == ["created", "created"]
    assert Account.objects.get(external_id="child").parent.external_id == "mother"


def test_numbers_come_as_numbers_or_as_text(root, own):
    term = {"account": own.external_id, "starts_on": "2026-01-01", "currency": "EUR"}
    rows = [
        term | {"external_id": "s1", "annual_value": 1200.5, "auto_renew": True},
        term | {"external_id": "s2", "annual_value": "1200.50", "auto_renew": "no"},
        term | {"external_id": "s3", "annual_value": -1},
        term | {"external_id": "s4", "annual_value": 1e300},
        term | {"external_id": "s5", "annual_value": True},
        term | {"external_id": "s6", "annual_value": 1, "auto_renew": 1},
        term | {"external_id": "s7", "annual_value": 1, "starts_on": 20260101},
        term | {"external_id": "s8", "annual_value": 1, "starts_on": "2026-02-30"},
    ]
    assert outcome(root.post("subscriptions/bulk", {"rows": rows})) == ["created"] * 2 + ["rejected"] * 6
    values = Subscription.objects.values_list("annual_value", "auto_renew").order_by("external_id")
    assert list(values) == [(Decimal("1200.50"), True), (Decimal("1200.50"), False)]


def test_services_and_signals_are_found_by_account_and_day(root, own):
    signal = {"account": own.external_id, "key": "logins", "observed_on": "2026-01-01"}
    assert outcome(root.post("signals/bulk", {"rows": [signal | {"value": 1}]})) == ["created"]
    assert outcome(root.post("signals/bulk", {"rows": [signal | {"value": 2}]})) == ["updated"]
    assert Signal.objects.get().value == 2
    month = {"account": own.external_id, "month": "2026-01", "revenue": 5, "cost": 4}
    answer = root.post("services/bulk", {"rows": [month]})
    assert outcome(answer) == ["created"]
    assert results(root.get("services"))[0]["month"] == "2026-01-01"


def test_foreign_rows_are_neither_found_nor_changed(limited, own, foreign):
    theirs = factories.contact(foreign, external_id="theirs", name="CANARY")
    answer = limited.post(
        "contacts/bulk",
        {
            "rows": [
                {"external_id": "ours", "account": own.external_id},
                {"external_id": "stray", "account": foreign.external_id},
                {"external_id": "theirs", "account": own.external_id, "name": "Stolen"},
                {"external_id": "theirs", "name": "Stolen"},
            ]
        },
    )
    assert outcome(answer) == ["created", "rejected", "rejected", "rejected"]
    assert [row["id"] is None for row in answer.json()["results"]] == [False, True, True, True]
    assert b"CANARY" not in answer.content
    theirs.refresh_from_db()
    assert (theirs.name, theirs.account) == ("CANARY", foreign)
    taken = limited.post("accounts/bulk", {"rows": [{"external_id": foreign.external_id, "name": "Stolen"}]})
    assert outcome(taken) == ["rejected"]
    foreign.refresh_from_db()
    assert foreign.name.startswith("CANARY")


def test_what_a_limited_key_writes_is_its_teams(limited, team, own, foreign):
    Team.objects.create(name="South")
    factories.user(email="out@example.com")
    rows = [
        {"external_id": "n1", "name": "N"},
        {"external_id": "n2", "name": "N", "team": "North"},
        {"external_id": "n3", "name": "N", "team": "South"},
        {"external_id": "n4", "name": "N", "owner": "out@example.com"},
        {"external_id": "n5", "name": "N", "parent": foreign.external_id},
        {"external_id": own.external_id, "team": None},
    ]
    assert outcome(limited.post("accounts/bulk", {"rows": rows})) == ["created"] * 2 + ["rejected"] * 4
    assert {account.team for account in Account.objects.exclude(pk=foreign.pk)} == {team}


def test_the_scopes_hold_for_many_rows_too(own):
    contact = factories.contact(own, name="CANARY")
    blind = program("contacts:write")
    row = {"external_id": contact.external_id, "role": "influencer"}
    assert outcome(blind.post("contacts/bulk", {"rows": [row, {"external_id": "x", "name": "N"}]})) == [
        "updated",
        "rejected",
    ]
    contact.refresh_from_db()
    assert (contact.role, contact.name) == ("influencer", "CANARY")
    attributes = {"external_id": own.external_id, "attributes": {"arr": 5}}
    assert outcome(program("accounts:write").post("accounts/bulk", {"rows": [attributes]})) == ["rejected"]
    poor, rich = program("accounts:write"), program("accounts:write", "revenue")
    assert outcome(rich.post("accounts/bulk", {"rows": [attributes]})) == ["updated"]
    plain = {"external_id": own.external_id, "name": "Renamed"}
    assert outcome(poor.post("accounts/bulk", {"rows": [plain]})) == ["updated"]
    own.refresh_from_db()
    assert own.attributes == {"arr": 5}
    assert_problem(program("contacts:read").post("contacts/bulk", {"rows": [row]}), 403)
    assert_problem(program("subscriptions:write").post("subscriptions/bulk", {"rows": [{}]}), 403)


@pytest.mark.parametrize(
    "body", [{}, [], {"rows": []}, {"rows": {}}, {"rows": [1]}, {"rows": [{}], "dry": 1}, None]
)
def test_a_body_of_another_shape_is_refused(root, body):
    assert_problem(root.post("accounts/bulk", body), 400)


def test_a_thousand_rows_are_the_most_and_take_a_handful_of_statements(root):
    rows = [{"external_id": f"n{number}", "name": "N"} for number in range(1001)]
    assert_problem(root.post("accounts/bulk", {"rows": rows}), 400, "rows")
    with CaptureQueriesContext(connection) as captured:
        assert root.post("accounts/bulk", {"rows": rows[:1000]}).json()["created"] == 1000
    assert len(captured) < 20


def test_the_same_bulk_again_is_answered_once(root):
    rows = [{"external_id": "n1", "name": "N"}]
    first, again = (root.post("accounts/bulk", {"rows": rows}, Idempotency_Key="k") for _ in range(2))
    assert outcome(first) == ["created"]
    assert again.json() == first.json()
    assert_problem(root.post("accounts/bulk", {"rows": rows, "dry_run": True}, Idempotency_Key="k"), 409)
