"""What is counted from the answers themselves: the picks of choices, and how many answered each question.

Choices have no scores. They are counted over the newest responses of the window, in one statement.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from metrics.measures.scope import Scope
from surveys.models import Response

MOST_RESPONSES = 50_000

# The first line is written by the QuerySet, with its own parameters: who sees what is decided there alone.
COUNTS = """
WITH response (id, answers) AS ({newest}),
given AS (
    SELECT each.key, each.value FROM response CROSS JOIN LATERAL jsonb_each(response.answers) AS each
),
answer AS (
    SELECT key, value FROM given
    UNION ALL
    SELECT given.key || '.' || row.key, row.value FROM given CROSS JOIN LATERAL
        jsonb_each(CASE jsonb_typeof(given.value) WHEN 'object' THEN given.value ELSE '{{}}' END) AS row
    WHERE given.key = ANY(%s)
)
SELECT NULL, NULL, count(*), NULL::float8 FROM response
UNION ALL
SELECT key, NULL, count(*), NULL FROM answer GROUP BY key
UNION ALL
SELECT key, pick, count(*), avg(place)::float8 FROM (
    SELECT answer.key, pick.place, CASE jsonb_typeof(pick.value)
        WHEN 'object' THEN 'other' WHEN 'boolean' THEN 'yes' ELSE pick.value #>> '{{}}' END AS pick
    FROM answer CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(answer.value) WHEN 'array' THEN answer.value
        ELSE jsonb_build_array(answer.value) END
    ) WITH ORDINALITY AS pick(value, place)
    WHERE answer.key = ANY(%s)
) AS picked
GROUP BY key, pick
"""
SPREADS = """
WITH response (id, answers) AS ({newest})
SELECT each.key,
    percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (
        ORDER BY CASE jsonb_typeof(each.value) WHEN 'number' THEN (each.value #>> '{{}}')::float8 END
    ),
    min(each.value #>> '{{}}') FILTER (WHERE jsonb_typeof(each.value) = 'string'),
    max(each.value #>> '{{}}') FILTER (WHERE jsonb_typeof(each.value) = 'string')
FROM response CROSS JOIN LATERAL jsonb_each(response.answers) AS each
WHERE each.key = ANY(%s)
GROUP BY each.key
"""


@dataclass(frozen=True, slots=True)
class Picks:
    """Over how many responses was counted, how many answered each question, and who picked what.

    Rows of a matrix count under `key.row`. `places` is the mean place (from 1) of each pick among those of an
    answer, which is the mean rank of a ranking.
    """

    responses: int
    answered: Mapping[str, int]
    picked: Mapping[tuple[str, str], int]
    places: Mapping[tuple[str, str], float] = field(default_factory=dict)

    @property
    def is_cut(self) -> bool:
        """Whether there are more responses than were counted."""
        return self.responses >= MOST_RESPONSES


class Spread(NamedTuple):
    """Where numbers lie: their quartiles, () for none; and days: the first and the last one, '' for none."""

    quartiles: tuple[float, ...]
    first: str
    last: str


def read_picks(scope: Scope, choice_keys: Collection[str], matrix_keys: Collection[str] = ()) -> Picks:
    """Return the picks among choices of one survey's responses, an open pick under the key "other"."""
    counts = _rows(scope, COUNTS, matrix_keys, choice_keys)
    return Picks(
        responses=next(total for key, _, total, _ in counts if key is None),
        answered={key: total for key, pick, total, _ in counts if key is not None and pick is None},
        picked={(key, pick): total for key, pick, total, _ in counts if pick is not None},
        places={(key, pick): place for key, pick, _, place in counts if pick is not None},
    )


def read_spreads(scope: Scope, keys: Collection[str]) -> dict[str, Spread]:
    """Return where the numbers and the days lie that these questions were answered with."""
    return {
        key: Spread(tuple(each for each in quartiles or () if each is not None), first or "", last or "")
        for key, quartiles, first, last in _rows(scope, SPREADS, keys)
    }


def _rows(scope: Scope, statement: str, *keys: Collection[str]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement over the newest responses of the window."""
    rows: Any = (
        Response.objects.counted()
        .filter(scope.surveys())
        .filter(scope.instants("submitted_at") | (Q(submitted_at=None) & scope.instants("started_at")))
    )
    if scope.without_flagged:
        rows = rows.unflagged()
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    newest = rows.order_by("-submitted_at").values_list("pk", "answers")[:MOST_RESPONSES]
    sql, parameters = newest.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(statement.format(newest=sql), (*parameters, *map(list, keys)))
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
