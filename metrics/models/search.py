"""Words found in comments of many languages, each stemmed by its own (PostgreSQL's full-text search)."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import Any, NamedTuple

from django.contrib.postgres.search import SearchVectorField
from django.db import connection
from django.db.models import BooleanField, Case, Func, Q, TextField, Value, When
from django.db.models.lookups import In

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
# its dictionaries knows (Korean). Each of these letters is a word of its own to the index.
LETTER = r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"
UNSPACED = re.compile(LETTER)
APART = rf"'({LETTER})', ' \1 ', 'g'"
# What Unicode sets above and below letters, and letters that it does not take for others with a stroke.
MARKS = r"'[\u0300-\u036f]+', '', 'g'"
STROKED = "'øØłŁđĐ', 'oOlLdD'"
LEFT_OUT = re.compile(r"(?:^|\s)-\S")


def unaccented(text: str) -> str:
    """Return the SQL of a text without accents. It is part of the index as well."""
    apart = f"regexp_replace(translate(normalize({text}, NFD), {STROKED}), {MARKS})"
    return f"normalize({apart}, NFC)"


def findable(dictionary: str, text: str) -> str:
    """Return the SQL of the words of a text, and of those that it has where its accents are left out.

    So `equipe` finds "équipe" and `facturacion` "facturación", of which each dictionary makes another form
    where the accent is missing. A text without accents takes no second reading.
    """
    forms = f"to_tsvector({dictionary}, {text})"
    of_bare = f"to_tsvector({dictionary}, {unaccented(text)})"
    has_none = (
        f"CASE WHEN octet_length({text}) = length({text}) THEN true ELSE {unaccented(text)} = {text} END"
    )
    return f"CASE WHEN {has_none} THEN {forms} ELSE {forms} || {of_bare} END"


# So many of the newest comments tell how common it is that a comment says what is looked for.
LOOKED_AT = 1_000
# How common it is to be found, and how many comments there are as far as the planner knows.
COUNTED = f"""
SELECT form::text, coalesce((
    SELECT avg((searchable @@ form AND NOT EXISTS (
        SELECT FROM unnest(%(pieces)s::text[]) AS piece WHERE position(piece IN text) = 0
    ))::int)::float8
    FROM (SELECT searchable, text FROM metrics_comment ORDER BY day DESC, id DESC LIMIT {LOOKED_AT}) AS newest
), 0), (SELECT reltuples FROM pg_class WHERE oid = 'metrics_comment'::regclass)
"""  # noqa: S608 - the number is ours
OF_WORDS = f"""
WITH own AS (
    SELECT name, coalesce((
        SELECT string_agg(DISTINCT '(' || way::text || ')', ' | ')
        FROM unnest(ARRAY[%(words)s, {unaccented("%(words)s::text")}]) AS written,
            websearch_to_tsquery(name::regconfig, written) AS way
        WHERE way::text <> ''
    ), '') AS form
    FROM unnest(%(names)s::text[]) AS name
), anyhow AS (
    SELECT coalesce(string_agg(DISTINCT '(' || form || ')', ' | '), '')::tsquery AS form
    FROM own WHERE form <> ''
)
{COUNTED}, (SELECT jsonb_object_agg(name, form)::text FROM own) FROM anyhow
"""  # noqa: S608 - the statement inside is ours
OF_LETTERS = f"""
WITH anyhow AS (
    SELECT coalesce(string_agg(quote_literal(letter), ' & '), '')::tsquery AS form
    FROM unnest(tsvector_to_array(to_tsvector('{PLAIN}', regexp_replace(%(words)s, {APART})))) AS letter
)
{COUNTED} FROM anyhow
"""  # noqa: S608 - the statement inside is ours


class Sought(NamedTuple):
    """Words to look for: as typed, and their forms in any language, in each dictionary those of `own`.

    `share` (0..1) of the newest comments say them, of `comments` that there are. Of words without blanks
    between them the forms are their letters.
    """

    words: str
    forms: str = ""
    share: float = 0.0
    comments: float = 0.0
    own: Mapping[str, str] = MappingProxyType({})

    @classmethod
    def of(cls, words: str) -> "Sought":
        """Return what to look for, in one query.

        PostgreSQL takes forms that several languages share for as many different words, and finds words that
        nobody uses likely; so it is told what is common and what is not.
        """
        asked: dict[str, Any] = {"words": words, "names": list(NAMES), "pieces": []}
        statement = OF_WORDS
        if UNSPACED.search(words):
            held = pieces(words)
            asked |= {"words": "".join(UNSPACED.findall(" ".join(held))), "pieces": held}
            statement = OF_LETTERS
        with connection.cursor() as cursor:
            cursor.execute(statement, asked)
            forms, share, comments, *own = cursor.fetchone()
        return cls(words, forms, share, comments, *map(json.loads, own))

    def is_common(self, most: int) -> bool:
        """Return whether going through the newest finds so many comments before the index finds them all."""
        return not self.forms or self.share * self.share * self.comments >= most


class Searchable(Func):
    """The words of a text with their accents, as they were kept until migration 0024."""

    arity = 2
    output_field = SearchVectorField()
    template = f"to_tsvector(CASE split_part(%(expressions)s, {APART}))"
    arg_joiner = f", '-', 1) {CASES}, regexp_replace("


class Findable(Func):
    """The words of a text as PostgreSQL finds them, given its language and itself."""

    arity = 2
    output_field = SearchVectorField()

    def as_sql(self, compiler: Any, *_: Any, **__: Any) -> tuple[str, tuple[str | int, ...]]:
        """Return the SQL of two columns, each of which stands in it more than once."""
        language, text = (compiler.compile(each)[0] for each in self.get_source_expressions())
        dictionary = f"CASE split_part({language}, '-', 1) {CASES}"
        return findable(dictionary, f"regexp_replace({text}, {APART})"), ()


class HasForms(Func):
    """Whether searchable words have one of the forms that are looked for."""

    arity = 2
    output_field = BooleanField()
    template = "%(expressions)s::tsquery"
    arg_joiner = " @@ "


def saying(sought: Sought) -> Q:
    """Return the condition on comments to say these words.

    Quotes hold a phrase together, `or` stands between alternatives, a minus leaves out, as in web searches.
    """
    is_unspaced = UNSPACED.search(sought.words)
    if not sought.forms:
        return _holding(sought.words) if is_unspaced else Q(pk__in=())
    anyhow = Q(HasForms("searchable", Value(sought.forms)))
    if is_unspaced:
        return anyhow & _holding(sought.words)
    # What is left out has to be so in the comment's own language, not in any.
    return anyhow & Q(_in_own_language(sought.own)) if LEFT_OUT.search(sought.words) else anyhow


def _in_own_language(own: Mapping[str, str]) -> Case:
    """Return whether a comment has the forms of its own dictionary: in most those of the plain one."""
    codes: dict[str, list[str]] = defaultdict(list)
    for code, name in DICTIONARIES.items():
        codes[own[name]].append(code)
    others = codes.keys() - {own[PLAIN]}
    written: Any = Func("language", Value("-"), Value(1), function="split_part", output_field=TextField())
    return Case(
        *(
            When(In(written, codes[each]), then=HasForms("searchable", Value(each)))
            for each in sorted(others)
        ),
        default=HasForms("searchable", Value(own[PLAIN])),
        output_field=BooleanField(),
    )


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
