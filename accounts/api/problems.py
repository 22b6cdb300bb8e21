"""Every error of the API as one RFC 9457 problem document, 404s and 500s included."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, JsonResponse
from psycopg.errors import CheckViolation, ForeignKeyViolation, UniqueViolation
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"


class Conflict(exceptions.APIException):
    """What is asked contradicts what is stored."""

    status_code = HTTPStatus.CONFLICT
    default_detail = "This contradicts what is stored."
    default_code = "conflict"


class Gone(exceptions.APIException):
    """What is asked for is over."""

    status_code = HTTPStatus.GONE
    default_detail = "This is no longer open."
    default_code = "gone"


class LengthRequired(exceptions.APIException):
    """The body has no declared length, so it would be read as empty (SECURITY M16)."""

    status_code = HTTPStatus.LENGTH_REQUIRED
    default_detail = "Send a Content-Length: bodies of unknown length are not read."
    default_code = "length_required"


class PreconditionFailed(exceptions.APIException):
    """The row is no longer the one that the writer has seen."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = "This has changed since you read it: read it again."
    default_code = "precondition_failed"


class TooLarge(exceptions.APIException):
    """The body is over the cap."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "The body is too large."
    default_code = "too_large"


def problem(status: int, detail: str, errors: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the document: type, title, status, detail, and what is wrong by field where there are fields."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    return document | ({"errors": errors} if errors else {})


def problem_response(status: int, detail: str) -> JsonResponse:
    """Return a problem where no view of the API is there to raise it."""
    return JsonResponse(problem(status, detail), status=status, content_type=CONTENT_TYPE)


def answer_with_problem(exception: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the problem response to an exception of a view; None lets an unknown one become a 500."""
    if isinstance(exception, Http404):
        exception = exceptions.NotFound()
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    elif isinstance(exception, IntegrityError | DataError):
        exception = _refused_by_database(exception) or exception
    if not isinstance(exception, exceptions.APIException):
        return None
    headers = {}
    if challenge := getattr(exception, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if (wait := getattr(exception, "wait", None)) is not None:
        headers["Retry-After"] = str(int(wait) + 1)
    detail, errors = "Some values are not right.", None
    if not isinstance(exception, exceptions.ValidationError):
        detail = str(exception.detail)
    elif isinstance(exception.detail, dict):
        errors = exception.detail
    else:
        errors = {"": exception.detail}
    return Response(
        problem(exception.status_code, detail, errors),
        status=exception.status_code,
        headers=headers,
        content_type=CONTENT_TYPE,
    )


def _refused_by_database(error: IntegrityError | DataError) -> exceptions.APIException | None:
    """Return what the sender did wrong: a rule about one row is a bad value, one about several a conflict."""
    if isinstance(error, ProtectedError | RestrictedError):
        return Conflict("Other rows refer to this one, so it stays.")
    if isinstance(error, DataError):
        return exceptions.ValidationError({"": ["A value is out of range."]})
    # Our constraints are named for the rule they keep.
    rule = (getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or "").replace("_", " ")
    if isinstance(error.__cause__, CheckViolation):
        return exceptions.ValidationError({"": [f"This breaks the rule “{rule}”."]})
    if isinstance(error.__cause__, UniqueViolation | ForeignKeyViolation):
        return Conflict(f"Another row stands in the way: {rule}.")
    return None
