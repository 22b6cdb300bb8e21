import pytest
from django.db import connection

from accounts.models import CallCount
from tests.api.conftest import assert_problem, program

pytestmark = pytest.mark.django_db


@pytest.fixture
def set_clock(db):
    """Let PostgreSQL's clock stand still at a time of the day, for this transaction."""
    clock = "CREATE OR REPLACE FUNCTION stopped.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA stopped")
        cursor.execute("SET LOCAL search_path = stopped, public, pg_catalog")

    def stop(time):
        with connection.cursor() as cursor:
            cursor.execute(f"{clock} $$ SELECT timestamptz '2026-06-15 {time}Z' $$")

    stop("12:00:15")
    return stop


def test_an_answer_says_how_many_calls_are_left(root, settings, set_clock):
    settings.API_CALLS_PER_MINUTE = 5
    assert [root.get("accounts")["RateLimit-Remaining"] for _ in range(3)] == ["4", "3", "2"]
    answer = root.get("accounts")
    assert answer["RateLimit-Limit"] == "5"
    assert answer["RateLimit-Reset"] == "45"


def test_calls_beyond_the_limit_wait_for_the_next_minute(root, settings, set_clock):
    settings.API_CALLS_PER_MINUTE = 3
    assert [root.get("accounts").status_code for _ in range(4)] == [200, 200, 200, 429]
    for refusal in (root.get("accounts"), root.post("accounts", {"external_id": "x", "name": "X"})):
        assert_problem(refusal, 429)
        assert refusal["Retry-After"] == "46"  # and one more, to be safe
        assert refusal["RateLimit-Remaining"] == "0"
    set_clock("12:00:59.9")
    assert root.get("accounts")["Retry-After"] == "2"
    set_clock("12:01:00")
    assert root.get("accounts").status_code == 200


def test_each_key_has_its_own_minute(root, settings):
    settings.API_CALLS_PER_MINUTE = 1
    other = program("all")
    root.get("accounts")
    assert other.get("accounts").status_code == 200


def test_without_a_limit_nothing_is_counted(root, settings):
    settings.API_CALLS_PER_MINUTE = 0
    assert "RateLimit-Limit" not in root.get("accounts")
    assert not CallCount.objects.exists()
