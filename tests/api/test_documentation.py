import json
from functools import cache
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from jsonschema import Draft202012Validator

from config.documentation import document

pytestmark = pytest.mark.django_db
VERBS = {"get", "post", "put", "patch", "delete"}


@cache
def whole():
    """The document; reading it takes longer than writing it."""
    return yaml.safe_load(document())


def operations():
    paths = whole()["paths"]
    return {
        operation["operationId"]: operation
        for item in paths.values()
        for verb, operation in item.items()
        if verb in VERBS
    }


def test_the_committed_document_is_the_codes():
    committed = Path(settings.BASE_DIR, "docs", "openapi.yaml").read_bytes()
    assert committed == document(), "write it with `make fmt`"


def test_the_document_is_public_and_openapi_3_1(client):
    response = client.get("/api/schema/")
    assert response.status_code == 200
    assert response.content == document()
    assert whole()["openapi"].startswith("3.1")


def test_every_operation_has_a_name_words_and_its_refusals():
    found = operations()
    assert len(found) > 50
    for name, operation in found.items():
        assert operation["summary"], name
        assert operation["description"], name
        assert {"400", "401", "403"} <= set(operation["responses"]), name
        assert operation["security"] == [{"key": []}], name
        assert all(
            response.get("description") or response.get("$ref")
            for response in operation["responses"].values()
        )


def test_no_schema_is_called_what_generated_clients_call_their_own():
    names = set(whole()["components"]["schemas"])
    assert not names & {"Response", "Request", "Client", "Error", "File", "Unset", "HTTPStatus"}


def test_the_schemas_are_schemas():
    for schema in whole()["components"]["schemas"].values():
        Draft202012Validator.check_schema(json.loads(json.dumps(schema)))


def test_every_body_has_an_example_that_its_own_schema_takes():
    found = [
        (f"{name} {status}", media)
        for name, operation in operations().items()
        for status, body in [("body", operation.get("requestBody", {})), *operation["responses"].items()]
        for kind, media in body.get("content", {}).items()
        if kind == "application/json"
    ]
    refusals = whole()["components"]["responses"]
    found += [(name, refusal["content"]["application/problem+json"]) for name, refusal in refusals.items()]
    assert len(found) > 120
    for where, media in found:
        schema = {**media["schema"], "components": whole()["components"]}
        faults = Draft202012Validator(schema).iter_errors(json.loads(json.dumps(media["example"])))
        assert [f"{fault.json_path}: {fault.message}" for fault in faults] == [], where


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_the_operations_and_loads_nothing_from_elsewhere(live_server, page):
    complaints, hosts = [], set()
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
    page.goto(f"{live_server.url}/api/docs/")
    page.get_by_text("accounts", exact=True).first.click()
    page.get_by_text("List accounts", exact=True).click()
    page.get_by_text("Try it out").wait_for()
    assert complaints == []
    assert hosts == {live_server.url.split("/")[2]}
