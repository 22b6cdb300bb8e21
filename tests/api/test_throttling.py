import pytest

from accounts.models import CallCount
from tests.api.conftest import assert_problem, program

pytestmark = pytest.mark.django_db


def test_an_answer_says_how_many_calls_are_left(root, settings):
    settings.API_CALLS_PER_MINUTE = 5
    left = [int(root.get("accounts")["RateLimit-Remaining"]) for _ in range(3)]
    assert left in ([4, 3, 2], [4, 3, 4], [4, 4, 3])  # a minute may end in between
    answer = root.get("accounts")
    assert answer["RateLimit-Limit"] == "5"
    assert 0 < int(answer["RateLimit-Reset"]) <= 60


def test_calls_beyond_the_limit_wait_for_the_next_minute(root, settings):
    settings.API_CALLS_PER_MINUTE = 3
    for _ in range(4):
        root.get("accounts")
    refusals = [root.get("accounts"), root.post("accounts", {"external_id": "x", "name": "X"})]
    if refusals[0].status_code == 200:  # the minute has just ended
        pytest.skip("the minute ended while the test ran")
    for refusal in refusals:
        assert_problem(refusal, 429)
        assert 0 < int(refusal["Retry-After"]) <= 61
        assert refusal["RateLimit-Remaining"] == "0"
    assert root.get("accounts").status_code == 429
    CallCount.objects.update(minute="2026-01-01T00:00:00Z")
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
