"""What is counted from the answers themselves: choices, numbers, days and words.

Choices have no scores. They are counted over the newest responses of the window, in one statement.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from metrics.measures.scope import Scope
from surveys.models import Response

MOST_COMPLETE, MOST_PARTIAL = 5_000, 1_000
OTHER_WORDS, DISTINCT = 200, 5_000

# The first lines are written by the QuerySet: who sees what is decided there alone.
# A pick is a choice's key, "other" for words of one's own, "yes" for a consent, else what was given.
PICKED = """jsonb_array_elements(CASE jsonb_typeof({answer}) WHEN 'array' THEN {answer}
    ELSE jsonb_build_array({answer}) END) WITH ORDINALITY AS {name}(value, place)"""
PICK = """CASE jsonb_typeof({name}.value) WHEN 'object' THEN 'other' WHEN 'boolean' THEN 'yes'
    ELSE {name}.value #>> '{{}}' END"""
ANSWERED = """CROSS JOIN LATERAL (SELECT answers #> %s AS value) AS given
    WHERE CASE jsonb_typeof(given.value)
        WHEN 'array' THEN given.value ?| %s OR 'other' = ANY(%s) AND given.value @? '$[*].other'
        WHEN 'object' THEN 'other' = ANY(%s) WHEN 'boolean' THEN 'yes' = ANY(%s)
        ELSE given.value #>> '{}' = ANY(%s) END"""
RESPONSES = """
WITH newest (id, answers, submitted_at, flags, language, channel, version, started_at) AS MATERIALIZED (
    ({complete}) UNION ALL ({partial})
),
response AS (SELECT newest.* FROM newest {answered})"""
# Equal answers are taken apart once, with how often they came: there are few but for words and numbers.
COUNTS = """
{responses},
given AS MATERIALIZED (
    SELECT key, CASE WHEN key = ANY(%s) THEN 'true' ELSE answers -> key END AS value, count(*)::int AS times
    FROM response CROSS JOIN unnest(%s::text[]) AS key WHERE answers -> key <> 'null' GROUP BY 1, 2
),
answer AS (
    SELECT key, value, times FROM given
    UNION ALL
    SELECT given.key || '.' || row.key, row.value, times FROM given CROSS JOIN LATERAL
        jsonb_each(CASE jsonb_typeof(given.value) WHEN 'object' THEN given.value ELSE '{{}}' END) AS row
    WHERE given.key = ANY(%s)
)
SELECT 'responses', '', '', 0::bigint, count(*) FROM response
UNION ALL SELECT 'complete', '', '', 0, count(*) FROM response WHERE submitted_at IS NOT NULL
UNION ALL SELECT 'flagged', '', '', 0, count(*) FROM response
    WHERE submitted_at IS NOT NULL AND flags <> '{{}}'
UNION ALL SELECT 'answered', key, '', 0, sum(times) FROM answer GROUP BY key
UNION ALL (
    SELECT 'picked', key, {pick}, place, sum(times) FROM answer CROSS JOIN LATERAL {picked}
    WHERE answer.key = ANY(%s) GROUP BY 2, 3, 4
) UNION ALL (
    SELECT 'value', key, value #>> '{{}}', 0, sum(times) FROM given WHERE key = ANY(%s)
    GROUP BY 2, 3 ORDER BY 5 DESC LIMIT {distinct}
) UNION ALL (
    SELECT 'other', key, pick.value ->> 'other', 0, sum(times) FROM given CROSS JOIN LATERAL {picked_given}
    WHERE given.key = ANY(%s) AND jsonb_typeof(pick.value) = 'object' AND pick.value ->> 'other' <> ''
    GROUP BY 2, 3 ORDER BY 5 DESC LIMIT {words}
)
"""
WORDS = """
{responses}
SELECT 'responses', '', '', count(*) FROM response
UNION ALL SELECT 'complete', '', '', count(*) FROM response WHERE submitted_at IS NOT NULL
UNION ALL (
    SELECT 'value', key, answers ->> key, count(*) FROM response CROSS JOIN unnest(%s::text[]) AS key
    WHERE answers -> key <> 'null' GROUP BY 2, 3 ORDER BY 4 DESC LIMIT {distinct}
) UNION ALL (
    SELECT 'other', key, pick.value ->> 'other', count(*) FROM response
    CROSS JOIN unnest(%s::text[]) AS key CROSS JOIN LATERAL (SELECT answers -> key AS value) AS given
    CROSS JOIN LATERAL {picked_given}
    WHERE jsonb_typeof(pick.value) = 'object' AND pick.value ->> 'other' <> ''
    GROUP BY 2, 3 ORDER BY 4 DESC LIMIT {words}
)
"""


class Answered(NamedTuple):
    """That a question, or the row `key.row` of one, was answered with any of some picks."""

    key: str
    picks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Which responses are counted: those of a scope, of one version or all, that gave an answer or any."""

    scope: Scope
    version: int | None = None
    answered: Answered | None = None
    is_promised: bool = False  # so that those count that were revealed

    @property
    def is_raw(self) -> bool:
        """Whether it asks for what no tally knows, so that everything is counted from the answers."""
        return bool(self.version or self.answered)

    @property
    def is_of_some(self) -> bool:
        """Whether it leaves out responses that the rows of a metric hold."""
        return self.is_raw or self.scope.without_flagged


@dataclass(frozen=True, slots=True)
class Counts:
    """How many responses were counted, how many answered each question, and what was given how often.

    Rows of a matrix count under `key.row`. `places` says how often a pick stood at which place (from 1).
    There may be more responses than were counted where it `is_cut`; where it `is_tallied` all were, but for
    values and words.
    """

    responses: int
    complete: int
    flagged: int
    answered: Mapping[str, int] = field(default_factory=dict)
    picked: Mapping[tuple[str, str], int] = field(default_factory=dict)
    places: Mapping[tuple[str, str], Mapping[int, int]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    others: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    is_tallied: bool = False
    is_cut: bool = False

    def place(self, key: str, pick: str) -> float | None:
        """Return the mean place (from 1) of a pick, which is the mean rank in a ranking, None for none."""
        places = self.places.get((key, pick), {})
        total = sum(places.values())
        return sum(place * count for place, count in places.items()) / total if total else None


NOTHING = Counts(0, 0, 0)


def read_counts(
    sample: Sample,
    choices: Collection[str],
    matrices: Collection[str] = (),
    values: Collection[str] = (),
    others: Collection[str] = (),
) -> Counts:
    """Return what was given: the picks of choices and matrix rows, values; of others how many answered."""
    responses, parameters = sampled(sample)
    statement = COUNTS.format(
        responses=responses,
        pick=PICK.format(name="pick"),
        picked=PICKED.format(answer="answer.value", name="pick"),
        picked_given=PICKED.format(answer="given.value", name="pick"),
        distinct=DISTINCT,
        words=OTHER_WORDS,
    )
    keys = {each.partition(".")[0] for each in (*choices, *matrices, *values, *others)}
    given = [list(each) for each in (others, keys, matrices, choices, values, choices)]
    totals: Counter[str] = Counter()
    answered: dict[str, int] = {}
    places: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    texts: dict[str, dict[str, dict[str, int]]] = {"value": defaultdict(dict), "other": defaultdict(dict)}
    for what, key, text, place, count in rows_of(statement, [*parameters, *given]):
        if what == "answered":
            answered[key] = count
        elif what == "picked":
            places[key, text][place] = count
        elif what in texts:
            texts[what][key][text] = count
        else:
            totals[what] = count
    return Counts(
        totals["responses"],
        totals["complete"],
        totals["flagged"],
        answered,
        {pick: sum(counts.values()) for pick, counts in places.items()},
        dict(places),
        dict(texts["value"]),
        dict(texts["other"]),
        is_cut=_is_cut(totals),
    )


def with_words(tallied: Counts, sample: Sample, values: Collection[str], open_: Collection[str]) -> Counts:
    """Return what tallies say, with the values and the words of their own that the newest responses gave.

    Without questions that take any there is nothing to read.
    """
    if not values and not open_:
        return tallied
    responses, parameters = sampled(sample)
    picked = PICKED.format(answer="given.value", name="pick")
    statement = WORDS.format(responses=responses, picked_given=picked, distinct=DISTINCT, words=OTHER_WORDS)
    totals: Counter[str] = Counter()
    texts: dict[str, dict[str, dict[str, int]]] = {"value": defaultdict(dict), "other": defaultdict(dict)}
    for what, key, text, count in rows_of(statement, [*parameters, list(values), list(open_)]):
        if what in texts:
            texts[what][key][text] = count
        else:
            totals[what] = count
    return replace(tallied, values=dict(texts["value"]), others=dict(texts["other"]), is_cut=_is_cut(totals))


def _is_cut(totals: Mapping[str, int]) -> bool:
    complete = totals["complete"]
    return complete >= MOST_COMPLETE or totals["responses"] - complete >= MOST_PARTIAL


def sampled(sample: Sample) -> tuple[str, list[Any]]:
    """Return the statement's beginning, that names the responses counted, and its parameters."""
    scope = sample.scope
    rows: Any = Response.objects.counted().filter(scope.surveys())
    rows = rows.exclude(revealed_at=None) if sample.is_promised else rows
    if scope.without_flagged:
        rows = rows.unflagged()
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    if sample.version:
        rows = rows.filter(version=sample.version)
    rows = rows.filter(
        **{name: getattr(scope, name) for name in ("language", "channel") if getattr(scope, name)}
    )
    columns = ("pk", "answers", "submitted_at", "flags", "language", "channel", "version", "started_at")
    complete = rows.filter(scope.instants("submitted_at")).order_by("-submitted_at")
    partial = rows.filter(Q(submitted_at=None) & scope.instants("started_at")).order_by("-started_at")
    parts = [
        each.values_list(*columns)[:most].query.sql_with_params()
        for each, most in ((complete, MOST_COMPLETE), (partial, MOST_PARTIAL))
    ]
    parameters = [each for _, own in parts for each in own]
    condition = ""
    if sample.answered:
        condition = ANSWERED
        parameters += [sample.answered.key.split("."), *5 * [list(sample.answered.picks)]]
    sql = RESPONSES.format(complete=parts[0][0], partial=parts[1][0], answered=condition)
    return sql, parameters


def rows_of(statement: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that begins as `sampled` says."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
