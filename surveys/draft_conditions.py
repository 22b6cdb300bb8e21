"""The conditions in a draft, and what they say once a question has another key. Pure."""

from typing import Any


def renamed(document: dict[str, Any], key: str, new: str) -> dict[str, Any]:
    """Return the document with every condition on a question speaking of its new key."""
    parts: dict[str, Any] = {
        name: [{**part, "show_if": with_key(part.get("show_if"), key, new)} for part in document[name]]
        for name in ("questions", "pages", "endings")
        if name in document
    }
    return {**document, **parts}


def with_key(condition: Any, key: str, new: str) -> Any:
    """Return a condition with the new key for the old."""
    if not condition:
        return condition
    ((operator, operand),) = condition.items()
    if operator in ("all", "any"):
        return {operator: [with_key(part, key, new) for part in operand]}
    if operator == "not":
        return {operator: with_key(operand, key, new)}
    if operator == "answered":
        return {operator: _named(operand, key, new)}
    return {operator: [_named(operand[0], key, new), operand[1]]}


def _named(reference: str, key: str, new: str) -> str:
    """Return the reference to a question, or to a row of a matrix, with the new key for the old."""
    name, dot, row = reference.partition(".")
    return f"{new if name == key else name}{dot}{row}"
