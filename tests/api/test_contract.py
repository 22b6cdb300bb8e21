"""The OpenAPI document, held by schemathesis to whatever it generates, with four kinds of key.

No answer has a status, a media type or a body that its operation does not document, or is our own fault; what
the document calls invalid is never taken. `bench/contract.py` does the same for longer.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, assume, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from config.wsgi import application
from tests.api.conftest import Program, program
from tests.api.test_routes import theirs  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "2"))
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
)
schema = schemathesis.openapi.from_wsgi("/api/schema/", application)


@pytest.fixture
def keys(root: Program, limited: Program, theirs: Any) -> Iterator[list[dict[str, str]]]:  # noqa: F811
    """The headers of a key that may do everything, one that reads, one of a team, and of nobody."""
    # As Django's own test client does: the connection holds the test's transaction.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield [
        *({"Authorization": f"Bearer {key.secret}"} for key in (root, program("read"), limited)),
        {"Authorization": ""},
    ]
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_as_documented(case, keys):
    # What is called invalid for an unknown parameter of no values is sent without it, and valid.
    assume([] not in case.query.values())
    for headers in keys:
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
    # Nobody came last; some paths lead nowhere or cannot be read at all.
    assert answer.status_code in (400, 401, 404)
