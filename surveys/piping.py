"""Values put into texts: `{{contact.first_name}}`, or with words instead: `{{contact.first_name|there}}`.

Names come from a flat mapping of texts and nothing else: no attribute, call or format specification is ever
followed (SECURITY T8). Pure.
"""

import re
from collections.abc import Iterator, Mapping

PLACEHOLDER = re.compile(r"\{\{ *([a-z][a-z0-9_.]*) *(?:\|([^{}|]*))?\}\}")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with its placeholders filled: by their value, or their fallback, or nothing.

    What is no name of the mapping stays as it was written.
    """

    def value_of(match: re.Match[str]) -> str:
        name, fallback = match.groups()
        if name not in values:
            return match.group()
        return values[name] or (fallback or "").strip()

    return PLACEHOLDER.sub(value_of, text)


def placeholder(name: str) -> str:
    """Return what stands in a text for a name."""
    return f"{{{{{name}}}}}"


def names_in(text: str) -> Iterator[str]:
    """Return the names of the placeholders in a text, in their order."""
    return (match.group(1) for match in PLACEHOLDER.finditer(text))
