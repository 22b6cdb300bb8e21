"""Words found in comments of many languages, each stemmed by its own (PostgreSQL's full-text search)."""

import re
from collections.abc import Mapping
from functools import reduce
from operator import or_

from django.contrib.postgres.search import SearchQuery, SearchVectorField
from django.db.models import Func, Q

# The dictionaries that every PostgreSQL brings along. They are part of the index: a change takes a new one.
DICTIONARIES: Mapping[str, str] = {
    "ar": "arabic",
    "da": "danish",
    "de": "german",
    "el": "greek",
    "en": "english",
    "es": "spanish",
    "fi": "finnish",
    "fr": "french",
    "ga": "irish",
    "hu": "hungarian",
    "id": "indonesian",
    "it": "italian",
    "lt": "lithuanian",
    "nb": "norwegian",
    "ne": "nepali",
    "nl": "dutch",
    "nn": "norwegian",
    "no": "norwegian",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "ta": "tamil",
    "tr": "turkish",
}
PLAIN = "simple"
NAMES = (*sorted({*DICTIONARIES.values()}), PLAIN)
CASES = " ".join(f"WHEN '{code}' THEN '{name}'::regconfig" for code, name in DICTIONARIES.items())
CASES = f"{CASES} ELSE '{PLAIN}'::regconfig END"
# The dictionary of a comment, in SQL.
DICTIONARY = f"CASE split_part(language, '-', 1) {CASES}"
# Written without blanks between words, which PostgreSQL therefore takes for one.
UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
LEFT_OUT = re.compile(r"(?:^|\s)-\S")


class Searchable(Func):
    """The words of a text as PostgreSQL finds them, given its language and itself."""

    arity = 2
    output_field = SearchVectorField()
    template = "to_tsvector(CASE split_part(%(expressions)s)"
    arg_joiner = f", '-', 1) {CASES}, "


def saying(words: str) -> Q:
    """Return the condition on comments to say these words, annotated as `searchable`.

    Quotes hold a phrase together, `or` stands between alternatives, a minus leaves out, as in web searches.
    """
    if UNSPACED.search(words):
        return Q(text__icontains=words)
    queries = {name: SearchQuery(words, config=name, search_type="websearch") for name in NAMES}
    # One look into the index for all languages together.
    anyhow = Q(searchable=reduce(or_, queries.values()))
    if not LEFT_OUT.search(words):
        return anyhow
    # What is left out has to be so in the comment's own language, not in any.
    own = ~reduce(or_, map(_is_in, DICTIONARIES)) & Q(searchable=queries[PLAIN])
    for code, name in DICTIONARIES.items():
        own |= _is_in(code) & Q(searchable=queries[name])
    return anyhow & own


def _is_in(language: str) -> Q:
    return Q(language=language) | Q(language__startswith=f"{language}-")
