"""What the OpenAPI document says that the serializers do not: names, words, parameters and refusals."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from accounts.api.paging import DEFAULT_LIMIT, MAX_LIMIT
from accounts.api.problems import CONTENT_TYPE
from accounts.api.replies import HEADER, MAX_LENGTH
from accounts.api.serializers import StrictSerializer

# What each action of a resource is called, and what is said of it beside what the view says of the rows.
ACTIONS: Mapping[str, tuple[str, str]] = {
    "list": ("list", "Rows come in pages: follow `next` until it is null."),
    "retrieve": ("read", "The ETag of the answer lets a later write heed what changed in between."),
    "create": ("create", "Unknown names are refused."),
    "update": ("replace", "What is left out goes back to what a new row has."),
    "partial_update": ("change", "What is left out stays as it is."),
    "bulk": ("upsert", ""),
    "destroy": ("delete", "A row that history hangs on stays, and 409 says so."),
}
PROBLEMS: Mapping[int, str] = {
    400: "A value, a name or a parameter is not right; `errors` says which.",
    401: "There is no key, or it is not valid (any more).",
    403: "The key lacks a scope.",
    404: "There is none that this key sees.",
    406: "The answer is JSON, and `Accept` does not take it.",
    409: "It contradicts what is stored.",
    410: "It is closed.",
    411: "The body has no declared length.",
    412: "It has changed since it was read.",
    413: "The body is over 1 MiB.",
    415: "The body is not plain JSON.",
    429: "Too many calls in this minute; `Retry-After` says in how many seconds to go on.",
    500: "Our own fault; it has been logged.",
}

PROBLEM: Mapping[str, Any] = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["about:blank"]},
        "title": {"type": "string", "description": "The status in words.", "examples": ["Bad Request"]},
        "status": {"type": "integer", "examples": [400]},
        "detail": {"type": "string", "examples": ["Some values are not right."]},
        "errors": {
            "type": "object",
            "description": "What was wrong, by field or parameter.",
            "additionalProperties": {},
            "examples": [{"external_id": ["This field is required."]}],
        },
    },
}


def add_problems(result: Any, **kwargs: Any) -> Any:
    """Return the document with every refusal written down once."""
    schema = {"$ref": "#/components/schemas/Problem"}
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["components"]["responses"] = {
        f"Problem{status}": {"description": text, "content": {CONTENT_TYPE: {"schema": schema}}}
        for status, text in PROBLEMS.items()
    }
    return result


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a key is sent."""

    target_class = "accounts.api.authentication.BearerKey"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Return the scheme."""
        text = "A key of `create_api_key` or of the admin."
        return {"type": "http", "scheme": "bearer", "description": text}


class Schema(AutoSchema):
    """One operation, described from what its view declares."""

    view: Any

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        """Return the operation with every refusal that it may answer."""
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        responses = operation["responses"]
        for status, response in responses.items():
            response["description"] = response["description"] or HTTPStatus(int(status)).phrase
        if self._action == "retrieve":
            responses["304"] = {"description": "You have it already."}
        for status in sorted(self._refusals()):
            responses[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
        return operation

    def get_operation_id(self) -> str:
        """Return a name that is fit to be a function's, such as list_accounts."""
        if self._action not in ACTIONS:
            return super().get_operation_id()
        names = self.view.queryset.model._meta
        noun = names.verbose_name_plural if self._action in ("list", "bulk") else names.verbose_name
        return f"{ACTIONS[self._action][0]} {noun}".replace(" ", "_")

    def get_summary(self) -> str:
        """Return the name in words."""
        return self.get_operation_id().replace("_", " ").capitalize()

    def get_description(self) -> str:  # type: ignore[override]
        """Return what is true of the rows and of the action, or what the view itself says of the action."""
        if self._action in ACTIONS and ACTIONS[self._action][1] and self._action not in vars(type(self.view)):
            return f"{self.view.__doc__ or ''}\n\n{ACTIONS[self._action][1]}"
        return super().get_description()

    def get_request_serializer(self) -> Any:
        """Return the body; the view itself knows that of `bulk`."""
        if self._action == "bulk":
            return {"application/json": self.view.bulk_schema()}
        return super().get_request_serializer()

    def get_tags(self) -> list[str]:
        """Return the resource."""
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def get_override_parameters(self) -> list[Any]:
        """Return the parameters and headers that the view takes."""
        row = OpenApiParameter("id", {"type": "integer", "minimum": 1}, OpenApiParameter.PATH)
        return [*([row] if "{id}" in self.path else []), *self._query(), *self._headers()]

    @property
    def _action(self) -> str:
        return getattr(self.view, "action", None) or ""

    def _query(self) -> Iterator[OpenApiParameter]:
        view = self.view
        if self._action == "list":
            size = {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
            yield OpenApiParameter("limit", size)
            yield OpenApiParameter("cursor", str, description="Where the page begins; take it from `next`.")
            orders = [sign + name for name in ("id", *view.orderings) for sign in ("", "-")]
            yield OpenApiParameter("ordering", str, enum=orders, default="id")
        if self._action in ("list", "retrieve"):
            names = list(self.view.get_serializer().fields)
            schema = {"type": "array", "items": {"type": "string", "enum": names}}
            yield OpenApiParameter(
                "fields", schema, style="form", explode=False, description="Only these fields."
            )
            if view.expansions:
                schema = {"type": "array", "items": {"type": "string", "enum": [*view.expansions]}}
                text = "Show the row itself in the place of its id; takes the scope to read such rows."
                yield OpenApiParameter("expand", schema, style="form", explode=False, description=text)

    def _headers(self) -> Iterator[OpenApiParameter]:
        if self.method == "POST":
            schema = {"type": "string", "minLength": 1, "maxLength": MAX_LENGTH, "pattern": "^[ -~]+$"}
            text = "Of your making: the same POST under the same key is answered once, for 24 hours."
            yield OpenApiParameter(HEADER, schema, OpenApiParameter.HEADER, description=text)
        elif self._action in ("update", "partial_update", "destroy"):
            text = "The ETag of the row as you have seen it."
            yield OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=text)
        elif self._action == "retrieve":
            text = "An ETag that you have already."
            yield OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description=text)

    def _refusals(self) -> set[int]:
        statuses = {400, 401, 403, 406, 429, 500, *getattr(self.view, "refusals", ())}
        if "{" in self.path:
            statuses.add(404)
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {409, 411, 413, 415}
        if self.method in ("PUT", "PATCH", "DELETE"):
            statuses |= {409, 412}
        return statuses

    def _map_basic_serializer(self, serializer: Any, direction: Literal["request", "response"]) -> Any:
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request":
            schema["additionalProperties"] = False
        elif isinstance(serializer, StrictSerializer):
            # `fields` and the scopes of the key leave out any of them.
            schema.pop("required", None)
            for name, view in getattr(self.view, "expansions", {}).items():
                if isinstance(serializer, self.view.serializer_class):
                    shown = self.resolve_serializer(view.serializer_class, direction).ref
                    either = [schema["properties"][name], shown]
                    schema["properties"][name] = {"oneOf": either}
        return schema
