"""Keys for what a person only gives a text. Pure."""

import re
import unicodedata
from collections.abc import Collection

MAX_SUGGESTED = 40
MAX_OF_CODE = 54  # leaves room below the limit of 60 for a number
MINUS = re.compile(r"^\s*-(?=\d)")
WORD = re.compile(r"[a-z0-9]+")


def suggest_key(text: str, taken: Collection[str], *, fallback: str) -> str:
    """Return a key that is not taken, made of the text's first words; of the fallback without Latin letters.

    It begins with a letter and leaves room below the limit of 60 for a number that makes it unique.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = WORD.findall(plain)
    key = ""
    for word in words:
        if len(key) + len(word) >= MAX_SUGGESTED:
            break
        key = f"{key}_{word}" if key else word
    key = key or "".join(words[:1])[:MAX_SUGGESTED] or fallback
    if key[0].isdigit():
        key = f"{fallback}_{key}"
    return _unique(key, taken)


def key_of_code(code: str, taken: Collection[str] = (), *, fallback: str = "q") -> str:
    """Return the key of what another tool calls by a code such as Q1_2: the same code gives the same key.

    Only a code that differs from an earlier one in nothing but letter case or marks gets a number. It
    begins with a letter, as the keys of questions must.
    """
    key = choice_key_of_code(code, fallback=fallback)
    return _unique(f"{fallback}_{key}" if key[0].isdigit() else key, taken)


def choice_key_of_code(code: str, taken: Collection[str] = (), *, fallback: str = "choice") -> str:
    """Return the key of a choice that another tool calls by a code, which may be a number, also below 0."""
    plain = unicodedata.normalize("NFKD", MINUS.sub("minus ", code)).encode("ascii", "ignore").decode()
    return _unique("_".join(WORD.findall(plain.lower()))[:MAX_OF_CODE] or fallback, taken)


def _unique(key: str, taken: Collection[str]) -> str:
    number = 1
    candidate = key
    while candidate in taken:
        number += 1
        candidate = f"{key}_{number}"
    return candidate
