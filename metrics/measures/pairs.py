"""Two answers of the same responses together, and which responses they are; counted one by one."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, NamedTuple

from django.conf import settings

from metrics.measures.samples import PICK, PICKED, Sample, rows_of, sampled

DAY = "(coalesce(submitted_at, started_at) AT TIME ZONE %s)::date"
PAIRS = """
{responses},
pair AS MATERIALIZED (
    SELECT answers #> %s AS one, {other} AS two, count(*)::int AS times, {behind} AS behind
    FROM response GROUP BY 1, 2
)
SELECT {first}, {second}, sum(times), string_agg(behind, ' ') FROM pair CROSS JOIN LATERAL {picked_first}
CROSS JOIN LATERAL {picked_second} WHERE one <> 'null' AND two <> 'null' GROUP BY 1, 2
UNION ALL
SELECT NULL, NULL, coalesce(sum(times), 0), string_agg(behind, ' ') FROM pair
WHERE one <> 'null' AND two <> 'null'
"""
# The responses of each pair: to look for those of one cell would be to read all of them again.
BEHIND = f"string_agg(to_char({DAY}, 'YYYY-MM-DD/') || id, ' ')"
MATCHES = """
{responses}
SELECT {day} AS day, response.id FROM response WHERE {condition} ORDER BY 1 DESC, 2 DESC
"""
ANY_ANSWER = "answers #> %s <> 'null'"
SOME_ANSWER = """EXISTS (SELECT FROM (SELECT answers #> %s AS value OFFSET 0) AS said
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


# The day and number of responses, the newest first.
Matches = list[tuple[date, int]]


class Pairs(NamedTuple):
    """How many gave two answers together, by the pick of each, and how many answered both questions.

    `is_tallied` where every response was counted, not only the newest. `behind` are the responses of each
    pair and, under None, of all, as the statement writes them.
    """

    counts: Mapping[tuple[str, str], int]
    responses: int
    is_tallied: bool = False
    behind: Mapping[tuple[str, str] | None, str] = MappingProxyType({})

    def matches(self, cells: Iterable[tuple[str, str] | None]) -> Matches:
        """Return the responses that gave any of some pairs."""
        written = {each for cell in cells for each in self.behind.get(cell, "").split()}
        found = (each.split("/") for each in written)
        return sorted(((date.fromisoformat(day), int(pk)) for day, pk in found), reverse=True)


class Gave(NamedTuple):
    """That a question, a row `key.row` of one, or what a response is, has one of some picks, or any at all.

    In a ranking at one place (from 1), 0 for any. With `are_words` the picks are words of their own that
    people wrote beside the choices.
    """

    key: str
    picks: tuple[str, ...] = ()
    place: int = 0
    are_words: bool = False


def read_pairs(sample: Sample, first: str, second: str, *, with_responses: bool = False) -> Pairs:
    """Return how often picks of two questions, or of one and what a response is, were given together.

    Also by which responses, where these are asked for.
    """
    responses, parameters = sampled(sample)
    other, own = _value(second)
    own += [str(settings.REPORTING_ZONE)] if with_responses else []
    statement = PAIRS.format(
        responses=responses,
        other=other,
        behind=BEHIND if with_responses else "NULL",
        first=PICK.format(name="a"),
        second=PICK.format(name="b"),
        picked_first=PICKED.format(answer="pair.one", name="a"),
        picked_second=PICKED.format(answer="pair.two", name="b"),
    )
    counts: dict[tuple[str, str], int] = {}
    total = 0
    behind: dict[tuple[str, str] | None, str] = {}
    for row, column, count, found in rows_of(statement, [*parameters, first.split("."), *own]):
        if row is None:
            total = count
        else:
            counts[row, column] = count
        behind[None if row is None else (row, column)] = found or ""
    return Pairs(counts, total, behind=behind)


def read_matches(sample: Sample, gave: Gave | None = None) -> Matches:
    """Return the responses counted, or those of them that gave an answer."""
    responses, parameters = sampled(sample)
    parameters.append(str(settings.REPORTING_ZONE))
    condition = "true"
    if gave:
        parameters.append(gave.key.split("."))
        condition = ANY_ANSWER
    if gave and gave.picks:
        condition = SOME_ANSWER.format(
            picked=PICKED.format(answer="said.value", name="pick"),
            pick="pick.value ->> 'other'" if gave.are_words else PICK.format(name="pick"),
            more=" AND pick.place = %s" if gave.place else "",
        )
        parameters += [list(gave.picks), *([gave.place] if gave.place else [])]
    return rows_of(MATCHES.format(day=DAY, responses=responses, condition=condition), parameters)


def _value(key: str) -> tuple[str, list[Any]]:
    """Return where a response says something: SQL of a JSON value, and its parameters."""
    if key in OF_SLICES:
        return OF_SLICE.format(name=key), []
    of_response = OF_RESPONSES.get(key)
    return (of_response, []) if of_response else ("answers #> %s", [key.split(".")])
