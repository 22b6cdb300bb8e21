"""Three programs that call the API: one that may do everything, one limited to a team, and a stranger."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from accounts.actions.keys import create_api_key, parse_scopes
from accounts.models import Team
from tests import factories
from tests.factories import NOON


class Program:
    """Calls the API with one key and returns Django's responses; `body` is sent as JSON."""

    def __init__(self, secret: str | None = None) -> None:
        self.secret = secret
        self.client = Client(raise_request_exception=True)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        sent = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith(("/", "http")) else f"/api/v1/{path}"
        data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        answer = self.client.generic(method, url, data, content_type="application/json", headers=sent)
        if not answer.streaming:
            return answer
        return HttpResponse(b"".join(answer), status=answer.status_code, headers=answer.headers)

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> Any:
        return self.call("DELETE", path, **headers)


def program(*scopes: str, team: Team | None = None, **fields: Any) -> Program:
    """A program whose key has these scopes."""
    own: dict[str, Any] = {"expires_at": None, "by": None, "now": NOON}
    _, secret = create_api_key("test", parse_scopes(scopes), team=team, **(own | fields))
    return Program(secret)


@pytest.fixture
def team() -> Team:
    """The team that the limited program is limited to."""
    return Team.objects.create(name="North")


@pytest.fixture
def root(db: None) -> Program:
    """A program that may do everything."""
    return program("all")


@pytest.fixture
def limited(team: Team) -> Program:
    """A program with every scope, limited to the team's accounts."""
    return program("all", team=team)


@pytest.fixture
def stranger(db: None) -> Program:
    """A program without a key."""
    return Program()


@pytest.fixture
def own(team: Team) -> Any:
    """An account of the team."""
    return factories.account(name="Ours", team=team)


@pytest.fixture
def foreign(db: None) -> Any:
    """An account that is not the team's; its name may appear nowhere."""
    return factories.account(name="CANARYFOREIGN", domain="canary.example", external_id="canary-1")


def results(response: Any) -> Sequence[Any]:
    """The rows of a page."""
    assert response.status_code == 200, response.content
    return response.json()["results"]


def assert_problem(response: Any, status: int, field: str | None = None) -> dict[str, Any]:
    """The response is a problem document of this status, about the field if one is named."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    document = response.json()
    assert {"type", "title", "status", "detail"} <= set(document)
    assert document["status"] == status
    assert field is None or field in document["errors"], document
    return document
