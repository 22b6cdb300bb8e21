from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.models import Account, Reply
from tests import factories
from tests.api.conftest import assert_problem, program

pytestmark = pytest.mark.django_db
NEW = {"external_id": "n1", "name": "New"}


def test_the_same_post_again_gets_the_same_answer_and_writes_nothing(root):
    first = root.post("accounts", NEW, Idempotency_Key="k1")
    root.patch(f"accounts/{first.json()['id']}", {"name": "Changed since"})
    again = root.post("accounts", dict(reversed(NEW.items())), Idempotency_Key="k1")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first
    assert Account.objects.count() == 1


def test_another_post_under_the_same_key_is_a_conflict(root):
    root.post("accounts", NEW, Idempotency_Key="k1")
    assert_problem(root.post("accounts", NEW | {"name": "Other"}, Idempotency_Key="k1"), 409)
    assert_problem(root.post("contacts", NEW, Idempotency_Key="k1"), 409)
    assert root.post("accounts", NEW | {"external_id": "n2"}, Idempotency_Key="k2").status_code == 201


def test_without_a_key_the_same_post_is_another_post(root):
    root.post("accounts", NEW)
    assert_problem(root.post("accounts", NEW), 400, "external_id")
    assert not Reply.objects.exists()


def test_what_is_refused_leaves_no_reply(root):
    assert_problem(root.post("accounts", {"name": "No id"}, Idempotency_Key="k1"), 400, "external_id")
    assert not Reply.objects.exists()
    assert root.post("accounts", NEW, Idempotency_Key="k1").status_code == 201


def test_the_replies_of_one_program_are_not_anothers(root):
    other = program("all")
    root.post("accounts", NEW, Idempotency_Key="k1")
    assert_problem(other.post("accounts", NEW, Idempotency_Key="k1"), 400, "external_id")
    assert other.post("accounts", NEW | {"external_id": "n2"}, Idempotency_Key="k1").status_code == 201


def test_a_reply_is_forgotten_after_a_day(root):
    root.post("accounts", NEW, Idempotency_Key="k1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE accounts_reply SET created_at = created_at - interval '24 hours'")
    assert root.post("accounts", {"external_id": "n2", "name": "N"}, Idempotency_Key="k1").status_code == 201
    assert Account.objects.count() == 2


@pytest.mark.parametrize("name", ["", "x" * 201, "\u00e9", "a\tb"])
def test_a_key_is_short_and_printable(root, name):
    assert_problem(root.post("accounts", NEW, Idempotency_Key=name), 400, "Idempotency-Key")
    assert not Account.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_writes_and_all_get_its_answer(root):
    def post(_):
        try:
            return root.post("accounts", NEW, Idempotency_Key="k1").json()
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(12)))
    assert all(answer == answers[0] for answer in answers)
    assert Account.objects.count() == Reply.objects.count() == 1


@pytest.fixture
def posts(own):
    """A body for every route that takes a POST, by its path; what is done there once is not done twice."""
    live, draft = factories.published_survey(), factories.published_survey()
    contact = factories.contact(own)
    campaign = factories.campaign(factories.published_survey())
    row = {"external_id": own.external_id, "name": "Renamed"}
    return {
        "accounts/bulk": {"rows": [row]},
        "surveys": {"title": "T", "questions": [factories.NPS]},
        f"surveys/{draft.pk}/publish": {},
        f"surveys/{live.pk}/close": {},
        "invitations": {"survey": factories.published_survey().pk, "contact": contact.pk},
        "responses": {
            "survey": factories.published_survey().slug,
            "submission_key": "s",
            "answers": {"nps": 9},
        },
        "events": {"event_id": "e", "name": "a.b", "account": own.pk},
        "exports": {"dataset": "accounts", "format": "csv"},
        f"campaigns/{campaign.pk}/stop": {},
    }


def test_every_post_takes_a_key(root, posts):
    for path, body in posts.items():
        first = root.post(path, body, Idempotency_Key=path)
        assert first.status_code in (200, 201, 202), (path, first.content)
        again = root.post(path, body, Idempotency_Key=path)
        assert (again.status_code, again.json()) == (first.status_code, first.json()), path
        assert again["Idempotent-Replayed"] == "true", path
        assert_problem(root.post(path, body | {"another": 1}, Idempotency_Key=path), 409)
    assert Reply.objects.count() == len(posts)


def test_a_link_that_is_repeated_stands_in_no_stored_reply(root, posts):
    link = root.post("invitations", posts["invitations"], Idempotency_Key="k1").json()["link"]
    assert link not in Reply.objects.get().body
    assert root.post("invitations", posts["invitations"], Idempotency_Key="k1").json()["link"] == link
