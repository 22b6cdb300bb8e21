"""JSON within limits: what Python's parser accepts beyond the standard ends as a 500 or a broken row."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, NoReturn

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from accounts.api.problems import TooLarge

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_DIGITS = 19
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """JSON within limits: no NaN, no repeated names, nothing deep, no text that PostgreSQL cannot hold."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the document, or raise ParseError, TooLarge or UnsupportedMediaType."""
        encoding = stream.META.get("HTTP_CONTENT_ENCODING", "identity")
        if encoding.lower() != "identity":
            raise UnsupportedMediaType(f"{media_type} with Content-Encoding {encoding[:40]}")
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLarge
        return parse_json(body)


def parse_json(body: bytes) -> Any:
    """Return the JSON document in the bytes, or raise ParseError."""
    try:
        text = body.decode()
        document = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_int=_small_int,
            parse_float=_finite_float,
            object_pairs_hook=_unique_names,
        )
        # What cannot be stored comes as an escape only, and nothing is deeper than there are brackets.
        if "\\u" in text or text.count("{") + text.count("[") > MAX_DEPTH:
            _check(document)
    except RecursionError:
        raise ParseError("The document is nested too deeply.") from None
    except UnicodeDecodeError:
        raise ParseError("The body is not UTF-8.") from None
    except ValueError as error:
        raise ParseError(f"The body is not JSON: {error}"[:200]) from None
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _small_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ValueError("a number has too many digits")
    return int(digits)


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name is repeated")
    return names


def _check(document: Any) -> None:
    """Raise ParseError for a text that cannot be stored, or deeper nesting than the limit."""
    level = [document]
    for _ in range(MAX_DEPTH + 1):
        if any(isinstance(value, str) and UNSTORABLE.search(value) for value in level):
            raise ParseError("A text holds a character that cannot be stored.")
        level = [item for value in level for item in _parts(value)]
        if not level:
            return
    raise ParseError("The document is nested too deeply.")


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
        yield from value.values()
    elif isinstance(value, list):
        yield from value
