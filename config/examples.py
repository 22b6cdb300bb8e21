"""An example of every body in the OpenAPI document, made from its schema and one table of values."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from accounts.api.problems import CONTENT_TYPE, problem
from config.example_values import CHANGES, DAY, INSTANT, VALUES

JSON = "application/json"
OF_A_TYPE: Mapping[str, Any] = {"integer": 1, "number": 1.0, "boolean": False, "string": "text", "null": None}
OF_A_FORMAT: Mapping[str, Any] = {"date-time": INSTANT, "date": DAY}


def add_examples(result: Any, **kwargs: Any) -> Any:
    """Return the document with an example in every body that is JSON, refusals included."""
    components = result["components"]
    examples = Examples(components["schemas"])
    for path in result["paths"].values():
        for operation in path.values():
            bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
            for body in bodies:
                if JSON in body.get("content", {}):
                    media = body["content"][JSON]
                    media["example"] = examples.of(
                        media["schema"], is_request=body is bodies[0], component="Row"
                    )
    for name, response in components["responses"].items():
        status = HTTPStatus(int(name.removeprefix("Problem")))
        errors = {"name": ["This field is required."]} if status == HTTPStatus.BAD_REQUEST else None
        detail = "Some values are not right." if errors else response["description"]
        response["content"][CONTENT_TYPE]["example"] = problem(status, detail, errors)
    return result


class Examples:
    """Makes examples of the schemas of one document."""

    def __init__(self, schemas: Mapping[str, Any]) -> None:
        self.schemas = schemas

    def of(self, schema: Mapping[str, Any], *, is_request: bool, component: str = "", name: str = "") -> Any:
        """Return an example of a schema: the one of the table, else the plainest one that it allows."""
        for known in (f"{component}.{name}", name):
            if name and known in VALUES:
                return VALUES[known]
        for either in ("oneOf", "allOf"):
            if either in schema:
                return self.of(schema[either][0], is_request=is_request, component=component, name=name)
        if "$ref" in schema:
            return self._of_component(schema["$ref"].rpartition("/")[2], is_request=is_request)
        if "properties" in schema:
            return self._of_object(schema, is_request=is_request, component=component)
        if schema.get("type") == "array":
            return [self.of(schema["items"], is_request=is_request, component=component)]
        return _of_type(schema)

    def _of_component(self, title: str, *, is_request: bool) -> Any:
        component = title.removeprefix("Patched").removesuffix("Request")
        example = self.of(self.schemas[title], is_request=is_request, component=component)
        if title.startswith("Patched"):
            return {CHANGES[component]: example[CHANGES[component]]}
        return example

    def _of_object(self, schema: Mapping[str, Any], *, is_request: bool, component: str) -> dict[str, Any]:
        made = {
            name: self.of(property_, is_request=is_request, component=component, name=name)
            for name, property_ in schema["properties"].items()
        }
        required = set(schema.get("required", ()))
        return {
            name: value
            for name, value in made.items()
            if value is not None or name in required or not is_request
        }


def _of_type(schema: Mapping[str, Any]) -> Any:
    for named in ("default", "examples", "enum"):
        if named in schema:
            return schema[named] if named == "default" else schema[named][0]
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    return OF_A_FORMAT.get(schema.get("format", ""), OF_A_TYPE.get(kind, {}))
