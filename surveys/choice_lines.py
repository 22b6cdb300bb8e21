r"""Choices as text, one a line: `text` or `key | text`, with `| open` or `| exclusive` behind.

A bar within a text is written `\|`, a text that reads like a mark `\open`. Pure: the builder's text field
reads and writes it.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from surveys.interchange.native import CHOICE_KEY, MAX_CHOICES
from surveys.keys import suggest_key

MAX_CHOICE_TEXT = 500
BAR = re.compile(r"(?<!\\)\|")
FLAGS = ("open", "exclusive")


class LinesRefused(Exception):
    """Lines that are no choices; says which line and why, for the person who wrote it."""


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """One choice as it was written; `key` is '' until it has one."""

    key: str
    text: str
    is_other: bool = False
    is_exclusive: bool = False


def write_lines(choices: Iterable[ChoiceLine]) -> str:
    """Return the choices as text, each with its key; `read_lines` of it gives them back."""
    return "\n".join(" | ".join(_parts(choice)) for choice in choices)


def _parts(choice: ChoiceLine) -> list[str]:
    text = " ".join(choice.text.split()).replace("|", r"\|")
    if _reads_like_a_flag(text):
        text = "\\" + text
    flags = [
        flag for flag, is_set in zip(FLAGS, (choice.is_other, choice.is_exclusive), strict=True) if is_set
    ]
    return [choice.key, text, *flags]


def read_lines(text: str, texts_by_key: Mapping[str, str]) -> list[ChoiceLine]:
    """Return the choices that the text lists, each with a key, or raise LinesRefused.

    A line without a key keeps the key of the choice that has this very text; any other gets a new one.
    """
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if len(numbered) > MAX_CHOICES:
        raise LinesRefused(f"At most {MAX_CHOICES} choices.")
    lines = [_read_line(number, line) for number, line in numbered]
    given = [line.key for line in lines if line.key]
    for key in given:
        if given.count(key) > 1:
            raise LinesRefused(f"Two choices have the key “{key}”.")
    key_by_text = {text: key for key, text in texts_by_key.items() if key not in given}
    taken = {*given, *texts_by_key}
    keyed = []
    for line in lines:
        key = line.key or key_by_text.pop(line.text, "")
        if not key:
            key = suggest_key("other" if line.is_other else line.text, taken, fallback="choice")
        taken.add(key)
        keyed.append(replace(line, key=key))
    return keyed


def _read_line(number: int, line: str) -> ChoiceLine:
    parts = [part.strip().replace(r"\|", "|") for part in BAR.split(line)]
    flags = set()
    while len(parts) > 1 and parts[-1].lower() in FLAGS:
        flags.add(parts.pop().lower())
    if len(parts) > 2:
        raise LinesRefused(f"Line {number}: write a bar within a text as \\|.")
    key, text = parts if len(parts) == 2 else ("", parts[0])
    if text.startswith("\\") and _reads_like_a_flag(text):
        text = text[1:]
    if key and not CHOICE_KEY.fullmatch(key):
        raise LinesRefused(f"Line {number}: the key “{key[:60]}” may hold lower-case letters, digits and _.")
    if not text:
        raise LinesRefused(f"Line {number}: the choice has no text.")
    if len(text) > MAX_CHOICE_TEXT:
        raise LinesRefused(f"Line {number}: a choice has at most {MAX_CHOICE_TEXT} characters.")
    return ChoiceLine(key, text, is_other="open" in flags, is_exclusive="exclusive" in flags)


def _reads_like_a_flag(text: str) -> bool:
    return text.lstrip("\\").lower() in FLAGS
