"""What of a comment is what was looked for."""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db import connection

from metrics.models import Comment
from metrics.models.search import DICTIONARY, UNSPACED, findable, pieces

# What PostgreSQL's parser calls the space between words.
BLANK = 12
# Which written words of a comment are what was looked for, whatever their ending. An operator of the search
# is none: what was left out does not stand in what was found.
HITS = f"""
SELECT comment.id, array_agg(DISTINCT word.token) FROM metrics_comment AS comment
CROSS JOIN LATERAL (SELECT {DICTIONARY} AS name OFFSET 0) AS dictionary
CROSS JOIN LATERAL (
    SELECT tsvector_to_array({findable("dictionary.name", "%(words)s::text")}) AS forms OFFSET 0
) AS sought
CROSS JOIN LATERAL ts_parse('default', comment.text) AS word
WHERE comment.id = ANY(%(comments)s) AND word.tokid <> {BLANK}
    AND tsvector_to_array({findable("dictionary.name", "word.token")}) && sought.forms
GROUP BY comment.id
"""  # noqa: S608 - the dictionaries are ours


class Part(NamedTuple):
    """A piece of a comment, and whether it is what was looked for."""

    text: str
    is_hit: bool


def parts_of(text: str, hits: Collection[str]) -> tuple[Part, ...]:
    """Return a text cut at the words that were looked for, nothing of it lost."""
    if not hits:
        return (Part(text, is_hit=False),)
    longest_first = sorted(hits, key=len, reverse=True)
    pattern = re.compile("|".join(rf"(?<!\w){re.escape(hit)}(?!\w)" for hit in longest_first))
    if any(UNSPACED.search(hit) for hit in hits):
        pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
    parts, end = [], 0
    for found in pattern.finditer(text):
        parts += [Part(text[end : found.start()], is_hit=False), Part(found.group(), is_hit=True)]
        end = found.end()
    return tuple(part for part in (*parts, Part(text[end:], is_hit=False)) if part.text)


def hits_in(comments: Sequence[Comment], words: str) -> dict[int, Sequence[str]]:
    """Return the written words of each comment that are what was looked for, by its number."""
    if not words or not comments:
        return {}
    if UNSPACED.search(words):
        return {each.pk: pieces(words) for each in comments}
    with connection.cursor() as cursor:
        cursor.execute(HITS, {"words": words, "comments": [each.pk for each in comments]})
        return dict(cursor.fetchall())
