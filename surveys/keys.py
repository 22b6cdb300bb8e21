"""Keys for what a person only gives a text. Pure."""

import re
import unicodedata
from collections.abc import Collection

MAX_SUGGESTED = 40
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


def _unique(key: str, taken: Collection[str]) -> str:
    number = 1
    candidate = key
    while candidate in taken:
        number += 1
        candidate = f"{key}_{number}"
    return candidate
