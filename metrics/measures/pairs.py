"""Two answers of the same responses together, and which responses they are; counted one by one."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django.conf import settings

from metrics.measures.samples import PICK, PICKED, Sample, rows_of, sampled

PAIRS = """
{responses},
pair AS MATERIALIZED (
    SELECT answers #> %s AS one, {other} AS two, count(*)::int AS times FROM response GROUP BY 1, 2
)
SELECT {first}, {second}, sum(times) FROM pair CROSS JOIN LATERAL {picked_first}
CROSS JOIN LATERAL {picked_second} WHERE one IS NOT NULL AND two IS NOT NULL GROUP BY 1, 2
UNION ALL
SELECT NULL, NULL, coalesce(sum(times), 0) FROM pair WHERE one IS NOT NULL AND two IS NOT NULL
"""
MATCHES = """
{responses}
SELECT (coalesce(submitted_at, started_at) AT TIME ZONE %s)::date AS day, response.id
FROM response WHERE {conditions} ORDER BY 1 DESC, 2 DESC
"""
ANY_ANSWER = "{value} <> 'null'"
SOME_ANSWER = """EXISTS (SELECT FROM (SELECT {value} AS value OFFSET 0) AS said
    CROSS JOIN LATERAL {picked} WHERE said.value <> 'null' AND {pick} = ANY(%s){more})"""
# What a response is may stand in the place of a second answer.
OF_RESPONSES = {
    "language": "to_jsonb(response.language)",
    "channel": "to_jsonb(response.channel)",
    "version": "to_jsonb(response.version)",
}
OF_SLICES = ("segment", "tier", "region")
OF_SLICE = """(SELECT to_jsonb(slice.{name}) FROM metrics_absorbed AS known
    JOIN metrics_slice AS slice ON slice.id = known.slice_id WHERE known.response_id = response.id)"""


class Pairs(NamedTuple):
    """How many gave two answers together, by the pick of each, and how many answered both questions.

    `is_tallied` where every response was counted, not only the newest.
    """

    counts: Mapping[tuple[str, str], int]
    responses: int
    is_tallied: bool = False


class Gave(NamedTuple):
    """That a question, a row `key.row` of one, or what a response is, has one of some picks, or any at all.

    In a ranking at one place (from 1), 0 for any. With `are_words` the picks are words of their own that
    people wrote beside the choices; with `is_of_response` the key is in OF_RESPONSES or OF_SLICES.
    """

    key: str
    picks: tuple[str, ...] = ()
    place: int = 0
    are_words: bool = False
    is_of_response: bool = False


def read_pairs(sample: Sample, first: str, second: str) -> Pairs:
    """Return how often picks of two questions, or of one and what a response is, were given together."""
    responses, parameters = sampled(sample)
    other, own = _value(second, is_of_response=second in (*OF_SLICES, *OF_RESPONSES))
    statement = PAIRS.format(
        responses=responses,
        other=other,
        first=PICK.format(name="a"),
        second=PICK.format(name="b"),
        picked_first=PICKED.format(answer="pair.one", name="a"),
        picked_second=PICKED.format(answer="pair.two", name="b"),
    )
    counts: dict[tuple[str, str], int] = {}
    total = 0
    for row, column, count in rows_of(statement, [*parameters, first.split("."), *own]):
        if row is None:
            total = count
        else:
            counts[row, column] = count
    return Pairs(counts, total)


def read_matches(sample: Sample, *gave: Gave) -> list[tuple[date, int]]:
    """Return the day and number of the responses counted that gave all of some answers, the newest first."""
    responses, parameters = sampled(sample)
    parameters.append(str(settings.REPORTING_ZONE))
    conditions = []
    for each in gave:
        value, own = _value(each.key, is_of_response=each.is_of_response)
        parameters += own
        if not each.picks:
            conditions.append(ANY_ANSWER.format(value=value))
            continue
        pick = "pick.value ->> 'other'" if each.are_words else PICK.format(name="pick")
        more = " AND pick.place = %s" if each.place else ""
        picked = PICKED.format(answer="said.value", name="pick")
        conditions.append(SOME_ANSWER.format(value=value, picked=picked, pick=pick, more=more))
        parameters += [list(each.picks), *([each.place] if each.place else [])]
    statement = MATCHES.format(responses=responses, conditions=" AND ".join(conditions) or "true")
    return [(day, pk) for day, pk in rows_of(statement, parameters)]


def _value(key: str, *, is_of_response: bool) -> tuple[str, list[Any]]:
    """Return where a response says something: SQL of a JSON value, and its parameters."""
    if is_of_response:
        return OF_RESPONSES.get(key) or OF_SLICE.format(name=key), []
    return "answers #> %s", [key.split(".")]
