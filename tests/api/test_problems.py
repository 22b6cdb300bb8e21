"""Every refusal of the API is a problem document, whoever makes it: a view, the router, a middleware."""

import pytest
from django.test import Client

from tests.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


def test_a_path_that_is_not_there(root, stranger):
    for path in ("nothing", "accounts/1/nothing", "accounts/"):
        assert_problem(root.get(path), 404)
        assert_problem(stranger.get(path), 404)


def test_a_method_that_is_not_there(root, own):
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE", "PROPFIND"):
        refusal = root.call(method, "accounts", {})
        assert_problem(refusal, 405)
        assert set(refusal["Allow"].split(", ")) == {"GET", "POST", "HEAD"}


def test_an_answer_that_would_not_be_taken(root):
    assert_problem(root.get("accounts", Accept="text/html"), 406)
    for accepted in ("*/*", "application/*", "application/json", "text/html, application/json;q=0.1"):
        assert root.get("accounts", Accept=accepted).status_code == 200


def test_a_body_that_is_no_json(root):
    refusal = root.client.generic(
        "POST",
        "/api/v1/accounts",
        b"a=b",
        content_type="text/plain",
        headers={"Authorization": f"Bearer {root.secret}"},
    )
    assert_problem(refusal, 415)


def test_our_own_fault_is_not_explained(root, monkeypatch):
    from accounts.api.resources import AccountViewSet

    def fail(self):
        raise RuntimeError("secret words")

    monkeypatch.setattr(AccountViewSet, "get_queryset", fail)
    root.client = Client(raise_request_exception=False)
    answer = root.get("accounts")
    assert_problem(answer, 500)
    assert "secret" not in answer.content.decode()
