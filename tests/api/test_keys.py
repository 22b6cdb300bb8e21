from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.actions.keys import revoke_api_key
from accounts.models import ApiKey
from accounts.models.keys import READ, SCOPES
from tests import factories
from tests.api.conftest import Program, assert_problem, program, results

pytestmark = pytest.mark.django_db


def make(*arguments):
    out = StringIO()
    call_command("create_api_key", "--name", "crm", *arguments, stdout=out)
    return out.getvalue().splitlines()[-1]


def test_the_command_prints_a_key_that_works_as_its_last_line():
    secret = make("--scopes", "accounts:read")
    assert results(Program(secret).get("accounts")) == []


def test_the_database_does_not_hold_the_key():
    secret = make("--scopes", "all")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(k)::text FROM accounts_apikey k")
        row = cursor.fetchone()[0]
    assert secret[:12] in row
    assert secret[13:] not in row


@pytest.mark.parametrize(
    ("wish", "scopes"),
    [
        ("all", SCOPES),
        ("read", READ),
        ("read,revenue", (*READ, "revenue")),
        ("accounts:read, accounts:write", ("accounts:read", "accounts:write")),
    ],
)
def test_scopes_are_named_one_by_one_or_by_a_shorthand(wish, scopes):
    make("--scopes", wish)
    assert set(ApiKey.objects.get().scopes) == set(scopes)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--scopes", "everything"),
        ("--scopes", ""),
        ("--scopes", "all", "--team", "Nobody"),
        ("--scopes", "all", "--expires", "0"),
        ("--scopes", "all", "--expires", "99999999"),
    ],
)
def test_the_command_makes_no_key_when_used_wrongly(arguments):
    with pytest.raises(CommandError) as refusal:
        make(*arguments)
    assert refusal.value.returncode == 2
    assert not ApiKey.objects.exists()


def test_a_key_limited_to_a_team_sees_its_accounts_only(team, own, foreign):
    limited = Program(make("--scopes", "read", "--team", team.name))
    assert [row["name"] for row in results(limited.get("accounts"))] == ["Ours"]
    assert len(results(program("read").get("accounts"))) == 2


def test_a_key_ends_when_it_expires(time_machine):
    time_machine.move_to(datetime(2026, 6, 1, tzinfo=UTC), tick=False)
    caller = Program(make("--scopes", "all", "--expires", "2"))
    assert caller.get("accounts").status_code == 200
    time_machine.move_to(datetime(2026, 6, 3, tzinfo=UTC), tick=False)
    assert_problem(caller.get("accounts"), 401)


def test_a_revoked_key_is_refused_at_its_next_request(root):
    assert root.get("accounts").status_code == 200
    revoke_api_key(ApiKey.objects.get(), now=timezone.now())
    assert_problem(root.get("accounts"), 401)


def test_the_keys_of_someone_who_may_no_longer_log_in_are_refused():
    maker = factories.user()
    caller = program("all", by=maker)
    assert caller.get("accounts").status_code == 200
    maker.is_active = False
    maker.save()
    assert_problem(caller.get("accounts"), 401)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "Bearer esk_00000000_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.",
        "Bearer \u00e9\u00ff",
        "Basic cm9vdDpyb290",
        "Token {secret}",
        "{secret}",
    ],
)
def test_whatever_is_not_a_key_is_refused(root, header):
    refusal = Program().get("accounts", Authorization=header.format(secret=root.secret))
    assert_problem(refusal, 401)
    assert refusal["WWW-Authenticate"] == "Bearer"
    assert root.get("accounts").status_code == 200


def test_a_key_in_the_query_is_not_looked_at(root, stranger):
    for name in ("api_key", "key", "token", "access_token"):
        assert_problem(stranger.get(f"accounts?{name}={root.secret}"), 401)


def test_reading_and_writing_are_separate_scopes():
    reader, writer = program("accounts:read"), program("accounts:write")
    new = {"external_id": "x", "name": "X"}
    assert writer.post("accounts", new).status_code == 201
    assert reader.get("accounts").status_code == 200
    assert "accounts:write" in assert_problem(reader.post("accounts", new), 403)["detail"]
    assert "accounts:read" in assert_problem(writer.get("accounts"), 403)["detail"]
    assert_problem(reader.get("contacts"), 403)


def test_the_last_use_is_noted_once_a_minute(root, time_machine):
    time_machine.move_to(datetime(2026, 6, 1, 12, tzinfo=UTC), tick=False)
    root.get("accounts")
    time_machine.shift(timedelta(seconds=30))
    root.get("accounts")
    assert ApiKey.objects.get().last_used_at == datetime(2026, 6, 1, 12, tzinfo=UTC)
    time_machine.shift(timedelta(seconds=31))
    root.get("accounts")
    assert ApiKey.objects.get().last_used_at == datetime(2026, 6, 1, 12, 1, 1, tzinfo=UTC)
