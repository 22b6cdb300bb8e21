"""What is counted from the answers themselves: the picks of choices, and how many answered each question.

Choices have no scores. They are counted over the newest responses of the window, in one statement.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q

from metrics.measures.scope import Scope
from surveys.models import Response

MOST_RESPONSES = 50_000

# The first line is written by the QuerySet, with its own parameters: who sees what is decided there alone.
COUNTS = """
WITH response (id, answers) AS ({newest}),
answer AS (
    SELECT each.key, each.value FROM response CROSS JOIN LATERAL jsonb_each(response.answers) AS each
)
SELECT NULL, NULL, count(*) FROM response
UNION ALL
SELECT key, NULL, count(*) FROM answer GROUP BY key
UNION ALL
SELECT key, pick, count(*) FROM (
    SELECT answer.key, CASE jsonb_typeof(pick) WHEN 'string' THEN pick #>> '{{}}' ELSE 'other' END AS pick
    FROM answer CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(answer.value) WHEN 'array' THEN answer.value
        ELSE jsonb_build_array(answer.value) END
    ) AS pick
    WHERE answer.key = ANY(%s)
) AS picked
GROUP BY key, pick
"""


@dataclass(frozen=True, slots=True)
class Picks:
    """Over how many responses was counted, how many answered each question, and who picked what."""

    responses: int
    answered: Mapping[str, int]
    picked: Mapping[tuple[str, str], int]

    @property
    def is_cut(self) -> bool:
        """Whether there are more responses than were counted."""
        return self.responses >= MOST_RESPONSES


def read_picks(scope: Scope, choice_keys: Collection[str]) -> Picks:
    """Return the picks among choices of one survey's responses, an open pick under the key "other"."""
    rows: Any = (
        Response.objects.counted()
        .filter(scope.surveys())
        .filter(scope.instants("submitted_at") | (Q(submitted_at=None) & scope.instants("started_at")))
    )
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    newest = rows.order_by("-submitted_at").values_list("pk", "answers")[:MOST_RESPONSES]
    sql, parameters = newest.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(newest=sql), (*parameters, list(choice_keys)))
        counts = cursor.fetchall()
    return Picks(
        responses=next(total for key, pick, total in counts if key is None),
        answered={key: total for key, pick, total in counts if key is not None and pick is None},
        picked={(key, pick): total for key, pick, total in counts if pick is not None},
    )
