"""Words found in comments of many languages, each stemmed by its own (PostgreSQL's full-text search)."""

import re
from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import NamedTuple

from django.contrib.postgres.search import SearchQueryField, SearchVectorField
from django.db import connection
from django.db.models import BooleanField, Func, Q, Value

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
# Written without blanks between words, which PostgreSQL therefore takes for one, or with endings that none of
# its dictionaries knows (Korean).
UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LEFT_OUT = re.compile(r"(?:^|\s)-\S")


# What so many of a hundred comments say is found by looking through the newest, what is rarer by the index.
COMMON = 30
# So many of the newest comments tell how common words are.
LOOKED_AT = 200
FORMS = f"""
WITH form AS (
    SELECT DISTINCT websearch_to_tsquery(name, %(words)s) AS form FROM unnest(%(names)s::regconfig[]) AS name
), newest AS (
    SELECT language, text FROM metrics_comment ORDER BY day DESC, id DESC LIMIT {LOOKED_AT}
)
SELECT (SELECT coalesce(string_agg('(' || form::text || ')', ' | '), '') FROM form WHERE numnode(form) > 0),
    (SELECT coalesce(100 * avg((to_tsvector({DICTIONARY}, text) @@ ANY (SELECT form FROM form))::int), 0)
     FROM newest)
"""  # noqa: S608 - the dictionaries are ours


class Sought(NamedTuple):
    """Words to look for: as typed, each of their forms in all languages once, and whether many say them."""

    words: str
    forms: str = ""
    is_common: bool = True

    @classmethod
    def of(cls, words: str) -> "Sought":
        """Return what to look for, in one query.

        PostgreSQL takes forms that several languages share for as many different words, and finds words that
        nobody uses likely; so it is told what is common and what is not.
        """
        if UNSPACED.search(words):
            return cls(words)
        with connection.cursor() as cursor:
            cursor.execute(FORMS, {"words": words, "names": list(NAMES)})
            forms, share = cursor.fetchone()
        return cls(words, forms, share >= COMMON)


class Searchable(Func):
    """The words of a text as PostgreSQL finds them, given its language and itself."""

    arity = 2
    output_field = SearchVectorField()
    template = "to_tsvector(CASE split_part(%(expressions)s)"
    arg_joiner = f", '-', 1) {CASES}, "


class OwnForms(Func):
    """The forms of what is looked for in one language, given that and the words as typed."""

    arity = 2
    output_field = SearchQueryField()
    template = "websearch_to_tsquery(CASE split_part(%(expressions)s)"
    arg_joiner = f", '-', 1) {CASES}, "


class HasForms(Func):
    """Whether searchable words have one of the forms that are looked for."""

    arity = 2
    output_field = BooleanField()
    template = "%(expressions)s::tsquery"
    arg_joiner = " @@ "


def saying(sought: Sought) -> Q:
    """Return the condition on comments to say these words, annotated as `searchable`.

    Quotes hold a phrase together, `or` stands between alternatives, a minus leaves out, as in web searches.
    """
    words = sought.words
    if UNSPACED.search(words):
        return _holding(words)
    anyhow = Q(HasForms("searchable", Value(sought.forms)))
    if not LEFT_OUT.search(words):
        return anyhow
    # What is left out has to be so in the comment's own language, not in any.
    return anyhow & Q(HasForms("searchable", OwnForms("language", Value(words))))


def pieces(words: str) -> list[str]:
    """Return what is looked for letter by letter: the pieces between blanks but those behind a minus."""
    return [each for each in words.replace('"', " ").split() if each[0] != "-"]


def _holding(words: str) -> Q:
    wanted = pieces(words)
    unwanted = [each[1:] for each in words.replace('"', " ").split() if each[0] == "-" and len(each) > 1]
    return Q(*map(_holds, wanted)) & ~reduce(or_, map(_holds, unwanted), Q(pk__in=()))


def _holds(piece: str) -> Q:
    # Four times as quick where no letter has another case.
    has_cases = piece.lower() != piece.upper()
    return Q(text__icontains=piece) if has_cases else Q(text__contains=piece)
