"""Reads the conditions that LimeSurvey, XLSForm and SurveyJS write as expressions into one small tree. Pure.

A node is a tuple: ("or", [nodes]), ("and", [nodes]), ("not", node), ("compare", operator, left, right),
("call", name, [nodes]), ("name", name), ("value", text or number) and ("list", [values]). Nothing is
evaluated here.
"""

import re
from typing import Any

Node = tuple[Any, ...]

MAX_EXPRESSION = 20_000
MAX_NESTING = 40
TOKEN = re.compile(
    r"""\s*(?:
    (?P<braced>\$?\{[^{}]{1,200}\})
  | (?P<string>"[^"]*"|'[^']*')
  | (?P<field>\d+X\d+X[\w.]+)
  | (?P<number>\d{1,15}(?:\.\d{1,15})?)
  | (?P<mark><=|>=|<>|!=|===?|&&|\|\||[=<>!()\[\],+*/%-])
  | (?P<name>\.(?![\w])|[^\W\d][\w.:-]*(?<![.:-]))
  )""",
    re.VERBOSE,
)
JOINTS = {"and": "and", "&&": "and", "or": "or", "||": "or"}
COMPARISONS = {
    **dict.fromkeys(("=", "==", "===", "eq"), "equals"),
    **dict.fromkeys(("!=", "<>", "ne"), "differs"),
    "<": "less",
    "lt": "less",
    "<=": "at_most",
    "le": "at_most",
    ">": "greater",
    "gt": "greater",
    ">=": "at_least",
    "ge": "at_least",
    **{word: word for word in ("contains", "notcontains", "anyof", "allof", "noneof", "in")},
    "contain": "contains",
    "notcontain": "notcontains",
    "less": "less",
    "greater": "greater",
    "equal": "equals",
    "notequal": "differs",
    "lessorequal": "at_most",
    "greaterorequal": "at_least",
}
AFTERWARDS = {"empty", "notempty"}
ARITHMETIC = {"+", "-", "*", "/", "%", "div", "mod"}


class ExpressionRefused(Exception):
    """An expression that cannot be read; the message goes on with "it ..."."""


def parse(expression: str) -> Node:
    """Return the tree of an expression, or raise ExpressionRefused."""
    if len(expression) > MAX_EXPRESSION:
        raise ExpressionRefused("is too long")
    reader = _Reader(_tokens(expression))
    node = reader.alternatives(0)
    if reader.peek() is not None:
        raise ExpressionRefused(f"cannot be read from {reader.peek()[1][:40]!r} on")  # type: ignore[index]
    return node


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    end = len(expression.rstrip())
    while place < end:
        match = TOKEN.match(expression, place)
        if match is None:
            raise ExpressionRefused(f"cannot be read from {expression[place : place + 40].strip()!r} on")
        kind = match.lastgroup or ""
        tokens.append((kind, match[kind]))
        place = match.end()
    return tokens


class _Reader:
    """Reads tokens from left to right, the loosest operator first."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.place = 0

    def peek(self) -> tuple[str, str] | None:
        return self.tokens[self.place] if self.place < len(self.tokens) else None

    def word(self) -> str:
        """Return the coming mark or name in lower case, '' before anything else."""
        token = self.peek()
        return token[1].lower() if token and token[0] in ("mark", "name") else ""

    def expect(self, mark: str) -> None:
        if self.word() != mark:
            raise ExpressionRefused(f"lacks a {mark!r}")
        self.place += 1

    def alternatives(self, depth: int) -> Node:
        return self.joined("or", depth)

    def joined(self, joint: str, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise ExpressionRefused("is nested too deeply")

        def part() -> Node:
            return self.joined("and", depth) if joint == "or" else self.negation(depth)

        parts = [part()]
        while JOINTS.get(self.word()) == joint:
            self.place += 1
            parts.append(part())
        return parts[0] if len(parts) == 1 else (joint, parts)

    def negation(self, depth: int) -> Node:
        if depth > MAX_NESTING:
            raise ExpressionRefused("is nested too deeply")
        if self.word() == "!":
            self.place += 1
            return "not", self.negation(depth + 1)
        return self.comparison(depth)

    def comparison(self, depth: int) -> Node:
        left = self.operand(depth)
        word = self.word()
        if word in AFTERWARDS:
            self.place += 1
            return "call", word, [left]
        if word in ARITHMETIC:
            raise ExpressionRefused("calculates")
        if word not in COMPARISONS:
            return left
        self.place += 1
        right = self.operand(depth)
        if self.word() in ARITHMETIC:
            raise ExpressionRefused("calculates")
        return "compare", COMPARISONS[word], left, right

    def operand(self, depth: int) -> Node:  # noqa: PLR0911 - one return a kind of token
        token = self.peek()
        if token is None:
            raise ExpressionRefused("breaks off")
        self.place += 1
        kind, text = token
        if kind == "string":
            return "value", text[1:-1]
        if kind == "number":
            return "value", float(text) if "." in text else int(text)
        if kind == "field":
            return "name", text
        if kind == "braced":
            return "name", text.lstrip("$")[1:-1].strip()
        if text == "(":
            inner = self.alternatives(depth + 1)
            self.expect(")")
            return inner
        if text == "[":
            return "list", [value[1] for value in self.items("]", depth) if value[0] == "value"]
        if text == "-":
            value = self.operand(depth)
            if value[0] == "value" and not isinstance(value[1], str):
                return "value", -value[1]
        if kind == "name" and self.word() == "(":
            self.place += 1
            arguments = self.items(")", depth)
            return ("not", arguments[0]) if text == "not" and arguments else ("call", text.lower(), arguments)
        if kind == "name" and text.lower() in ("true", "false"):
            return "value", text.lower()
        if kind == "name":
            return "name", text
        raise ExpressionRefused(f"cannot be read from {text!r} on")

    def items(self, end: str, depth: int) -> list[Node]:
        """Return what stands between commas up to the closing mark."""
        found: list[Node] = []
        while self.word() != end:
            if found:
                self.expect(",")
            found.append(self.alternatives(depth + 1))
        self.place += 1
        return found
