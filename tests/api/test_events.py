from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Event, Signal, SignalRule
from tests import factories
from tests.api.conftest import assert_problem, program, results

pytestmark = pytest.mark.django_db


def closed(own, **fields):
    return {
        "event_id": "evt-1",
        "name": "ticket.closed",
        "account": own.external_id,
        "occurred_at": "2026-06-15T10:00:00Z",
        "attributes": {"priority": "high", "hours": 5},
        **fields,
    }


def test_an_event_is_taken_once_however_often_it_comes(root, own):
    first = root.post("events", closed(own))
    assert first.status_code == 201
    again = root.post("events", closed(own))
    assert (again.status_code, again.json()) == (200, first.json())
    assert Event.objects.count() == 1
    assert first.json()["account"] == own.pk
    assert results(root.get("events?name=ticket.closed")) == [first.json()]


def test_an_event_without_a_time_is_of_this_moment_and_may_come_again(root, own):
    body = closed(own)
    del body["occurred_at"]
    first = root.post("events", body)
    at = datetime.fromisoformat(first.json()["occurred_at"])
    assert timedelta() <= timezone.now() - at < timedelta(minutes=1)
    assert root.post("events", body).json() == first.json()


@pytest.mark.parametrize(
    "change", [{"name": "ticket.opened"}, {"attributes": {}}, {"occurred_at": "2026-06-15T11:00:00Z"}]
)
def test_the_same_id_with_another_content_is_a_conflict(root, own, change):
    first = root.post("events", closed(own)).json()
    assert_problem(root.post("events", closed(own, **change)), 409)
    assert results(root.get("events")) == [first]


def test_an_event_names_its_account_or_contact_by_id_or_external_id(root, own):
    person = factories.contact(own)
    for number, whose in enumerate(
        (
            {"account": own.pk},
            {"account": own.external_id},
            {"contact": person.pk},
            {"contact": person.external_id, "account": own.pk},
        )
    ):
        made = root.post("events", {"event_id": f"e{number}", "name": "a.b", **whose})
        assert made.status_code == 201, made.content
        assert made.json()["account"] == own.pk
        assert made.json()["contact"] == (person.pk if "contact" in whose else None)


def test_events_of_other_teams_do_not_exist(root, limited, own, foreign):
    person = factories.contact(foreign)
    theirs = root.post("events", closed(foreign)).json()
    for whose in (
        {"account": foreign.pk},
        {"account": foreign.external_id},
        {"account": own.pk, "contact": person.pk},
    ):
        refusal = limited.post("events", {"event_id": "e", "name": "a.b", **whose})
        assert_problem(refusal, 400)
        assert b"CANARY" not in refusal.content
    assert_problem(limited.post("events", closed(own)), 409)
    assert results(limited.get("events")) == []
    assert_problem(limited.get(f"events/{theirs['id']}"), 404)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("name", name) for name in ("", "Ticket", "a b", "a.", ".a", "a\n", 5, None, "x" * 101)),
        *(("event_id", name) for name in ("", "a\nb", "x" * 201, 5, None)),
        *(("account", whose) for whose in (0, -1, 2**70, True, [], {}, "", "nobody", "\u0000", None)),
        *(
            ("occurred_at", at)
            for at in ("x", 5, "2026-06-15", "2026-02-30T00:00:00Z", "9999-12-31T23:59:59Z")
        ),
        *(("attributes", held) for held in ([], 5, {"a": {}}, {"a": "x" * 10_001})),
        ("flavour", "x"),
    ],
)
def test_an_event_that_is_not_right_is_refused(root, own, field, value):
    assert root.call("POST", "events", closed(own) | {field: value}).status_code == 400
    assert not Event.objects.exists()


def test_an_event_needs_an_account_or_a_contact_of_it(root, own, foreign):
    assert_problem(root.post("events", {"event_id": "e", "name": "a.b"}), 400, "account")
    mixed = {"event_id": "e", "name": "a.b", "account": own.pk, "contact": factories.contact(foreign).pk}
    assert_problem(root.post("events", mixed), 400, "contact")


def test_events_are_written_with_their_scope(own):
    factories.event(own, attributes={"amount": 987654})
    writer, reader, rich = program("events:write"), program("events:read"), program("events:read", "revenue")
    assert writer.post("events", closed(own)).status_code == 201
    assert_problem(reader.post("events", closed(own)), 403)
    assert_problem(writer.get("events"), 403)
    assert "987654" not in reader.get("events").content.decode()
    assert "987654" in rich.get("events").content.decode()


def signals():
    return {(row.key, row.observed_on): row.value for row in Signal.objects.all()}


def test_rules_make_signals_of_events_whatever_their_order(root, own, settings):
    for measure, attribute, key in (
        ("count", "", "closed"),
        ("sum", "hours", "hours"),
        ("latest", "hours", "last"),
    ):
        SignalRule.objects.create(
            event_name="ticket.closed", measure=measure, attribute=attribute, signal_key=key
        )
    for event_id, at, hours in (
        ("c", "2026-06-15T12:00:00Z", 2),
        ("a", "2026-06-15T10:00:00Z", 5),
        ("a", "2026-06-15T10:00:00Z", 5),
        ("d", "2026-06-16T00:00:00Z", 9),
        ("e", "2026-06-15T23:59:59Z", "1.5"),
        ("f", "2026-06-15T23:00:00Z", "soon"),
    ):
        body = closed(own, event_id=event_id, occurred_at=at, attributes={"hours": hours})
        assert root.post("events", body).status_code in (200, 201)
    first, second = date(2026, 6, 15), date(2026, 6, 16)
    assert signals() == {
        ("closed", first): 4,
        ("hours", first): Decimal("8.5"),
        ("last", first): Decimal("1.5"),
        ("closed", second): 1,
        ("hours", second): 9,
        ("last", second): 9,
    }


def test_a_signals_day_is_one_of_the_reporting_zone(root, own, settings):
    from zoneinfo import ZoneInfo

    settings.REPORTING_ZONE = ZoneInfo("Asia/Kathmandu")
    SignalRule.objects.create(event_name="ticket.closed", signal_key="closed")
    root.post("events", closed(own, occurred_at="2026-06-15T18:14:59Z"))
    root.post("events", closed(own, event_id="b", occurred_at="2026-06-15T18:15:00Z"))
    assert signals() == {("closed", date(2026, 6, 15)): 1, ("closed", date(2026, 6, 16)): 1}


def test_an_attribute_that_is_no_number_makes_no_signal(root, own):
    SignalRule.objects.create(event_name="a.b", measure="latest", attribute="days", signal_key="overdue")
    for number, value in enumerate(("NaN", "Infinity", True, None, "x", 1e300, "9" * 400)):
        body = {"event_id": f"e{number}", "name": "a.b", "account": own.pk, "attributes": {"days": value}}
        assert root.post("events", body).status_code == 201
    assert signals() == {}


@pytest.mark.django_db(transaction=True)
def test_events_at_once_are_all_counted_and_each_once(root, own):
    SignalRule.objects.create(event_name="ticket.closed", signal_key="closed")

    def post(number):
        try:
            return root.post("events", closed(own, event_id=f"e{number // 2}")).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(post, range(16)))
    assert statuses == [200] * 8 + [201] * 8
    assert signals() == {("closed", date(2026, 6, 15)): 8}
    assert Event.objects.filter(occurred_at=datetime(2026, 6, 15, 10, tzinfo=UTC)).count() == 8
