"""Reads the parts of which a native JSON document is made, and remembers every fault with its place. Pure."""

import re
from collections.abc import Collection, Mapping
from typing import Any

from surveys.branching import ConditionRefused, check_condition
from surveys.definition import Question, Text

KEY = re.compile(r"[a-z][a-z0-9_]{0,59}")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})?")
MAX_TEXT = 10_000


class NativeReader:
    """What all parts of a document are read with: its faults so far, and its own language."""

    def __init__(self) -> None:
        self.faults: list[tuple[str, str]] = []
        self.language = "en"

    def fault(self, place: str, what: str) -> None:
        """Remember a fault."""
        self.faults.append((place, what))

    def names(self, place: str, value: Mapping[str, Any], allowed: Collection[str]) -> None:
        """Name every name that does not belong there."""
        for name in sorted(set(map(str, value)).difference(allowed)):
            self.fault(place, f"unknown name {name[:60]!r}")

    def key(self, place: str, item: object) -> str | None:
        """Return the key of a JSON object, None for what is none or has none."""
        if not isinstance(item, Mapping):
            self.fault(place, "must be a JSON object")
            return None
        key = item.get("key")
        if not isinstance(key, str) or not KEY.fullmatch(key):
            self.fault(place, "key must be lower-case letters, digits and _, beginning with a letter")
            return None
        return key

    def text(self, place: str, value: object, limit: int = MAX_TEXT) -> Text:
        """Return a text, given as a string in the survey's language or as texts by language."""
        by_language = {self.language: value} if isinstance(value, str) else value or {}
        if not isinstance(by_language, Mapping) or not all(
            isinstance(code, str) and LANGUAGE.fullmatch(code) and isinstance(words, str)
            for code, words in by_language.items()
        ):
            self.fault(place, "must be a text or texts by language")
            return Text({}, self.language)
        for words in by_language.values():
            if (
                len(words) > limit
                or "\x00" in words
                or any("\ud800" <= letter <= "\udfff" for letter in words)
            ):
                self.fault(place, f"must be at most {limit} printable characters")
                return Text({}, self.language)
        return Text(
            {code: words.strip() for code, words in by_language.items() if words.strip()}, self.language
        )

    def flag(self, place: str, name: str, value: object) -> bool:
        """Return a flag that is true or false."""
        if not isinstance(value, bool):
            self.fault(place, f"{name} must be true or false")
        return value is True

    def word(self, place: str, value: object, allowed: tuple[str, ...]) -> str:
        """Return one of the allowed words; the first of them for any other value."""
        if isinstance(value, str) and value in allowed:
            return value
        self.fault(place, f"must be one of {', '.join(filter(None, allowed))}")
        return allowed[0]

    def whole_number(self, place: str, name: str, value: object, low: int, high: int) -> int:
        """Return a whole number within the range; the lowest for any other value."""
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.fault(place, f"{name} must be a whole number from {low} to {high}")
            return low
        return value

    def show_if(self, place: str, value: object, earlier: Mapping[str, Question]) -> Mapping[str, Any] | None:
        """Return a condition on earlier questions, None when there is none."""
        if value is None or value == {}:
            return None
        try:
            check_condition(value, earlier)
        except ConditionRefused as refused:
            self.fault(place, f"show_if: {refused}")
            return None
        assert isinstance(value, Mapping)
        return value
