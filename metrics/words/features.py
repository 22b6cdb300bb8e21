"""A text as the terms that models weigh: words and pairs of words, or letters without spaces. Pure."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator

from metrics.words.redaction import redacted

WORD = re.compile(r"\w+", re.UNICODE)
UNSPACED = frozenset({"zh", "ja", "th"})


def terms(text: str, language: str) -> Iterator[str]:
    """Yield the terms of a text in lower case, personal data replaced."""
    words = WORD.findall(redacted(text).lower())
    if language in UNSPACED:
        letters = "".join(words)
        for length in (1, 2, 3):
            yield from (letters[at : at + length] for at in range(len(letters) - length + 1))
        return
    yield from words
    yield from (" ".join(pair) for pair in itertools.pairwise(words))


def counted(text: str, language: str) -> Counter[str]:
    """Return how often each term stands in a text."""
    return Counter(terms(text, language))
