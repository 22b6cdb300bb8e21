"""What was picked how often, from tallies: choices, rankings, rows of a matrix, and how many answered."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import F, IntegerField, Value

from metrics.measures.cells import needs_scores
from metrics.measures.pairs import Pairs
from metrics.measures.samples import Counts
from metrics.measures.scope import Scope
from metrics.measures.spans import months_and_days
from metrics.models import Absorbed, PickTally
from metrics.models.picks import CAME, COMPLETE, FLAGGED
from surveys.models import Response

# The first line is written by QuerySets. What is to be left out has no counts: each of its picks is one less.
COUNTS = """
WITH cell (value, picks, counts) AS ({cells})
SELECT counted.*, pick.question_key, pick.key, pick.place FROM (
    SELECT value, number, sum(coalesce(count, -1)) AS count
    FROM cell CROSS JOIN LATERAL unnest(picks, counts) AS given (number, count)
    WHERE {only} GROUP BY value, number
) AS counted LEFT JOIN metrics_pick AS pick ON pick.id = counted.number
"""
NO_COUNTS = Value(None, output_field=ArrayField(IntegerField()))
ONE = "number = ANY(ARRAY(SELECT id FROM metrics_pick WHERE (survey_id, question_key) = (%s, %s)))"


class Given(NamedTuple):
    """One pick as it was given: of which question (or row `key.row`), which choice, and at which place."""

    key: str
    pick: str
    place: int


def knows_picks(scope: Scope) -> bool:
    """Whether tallies can say what was picked: of one survey, by everybody."""
    everything = replace(scope, without_flagged=False)
    return scope.survey is not None and not scope.known_on and not needs_scores(everything, ())


def read_picks(scope: Scope) -> Counts:
    """Return what was picked in the window, every response counted, in one query.

    Without values and words, which no tally holds.
    """
    totals: dict[int, int] = {}
    answered: dict[str, int] = {}
    places: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for _, given, count in _rows(scope):
        if isinstance(given, int):
            totals[given] = count
        elif given.pick:
            places[given.key, given.pick][given.place] = count
        else:
            answered[given.key] = count
    return Counts(
        totals.get(CAME, 0),
        totals.get(COMPLETE, 0),
        totals.get(FLAGGED, 0),
        answered,
        {pick: sum(counts.values()) for pick, counts in places.items()},
        dict(places),
        is_tallied=True,
    )


def read_picks_by(scope: Scope, key: str, dimension: str) -> Pairs:
    """Return how often the picks of a question, or of a row `key.row`, came with each value of a slice."""
    counts: dict[tuple[str, str], int] = {}
    responses = 0
    for value, given, count in _rows(scope, key, dimension):
        if isinstance(given, Given) and given.pick:
            counts[given.pick, value] = count
        else:
            responses += count
    return Pairs(counts, responses, is_tallied=True)


def _rows(scope: Scope, key: str = "", dimension: str = "") -> Iterator[tuple[str, Given | int, int]]:
    """Yield each value of a dimension of slices, what was given or else counted for, and how often."""
    value = F(f"slice__{dimension}") if dimension else Value("")
    tallies: Any = PickTally.objects.filter(scope.surveys(), months_and_days(scope), **scope.sliced)
    parts = [tallies.values_list(value, "picks", "counts")]
    if scope.without_flagged:
        flagged = Response.objects.filter(scope.surveys()).exclude(flags=[])
        less: Any = Absorbed.objects.filter(scope.surveys(), scope.days(), **scope.sliced)
        parts.append(less.filter(response__in=flagged).values_list(value, "picks", NO_COUNTS))
    written = [each.order_by().query.sql_with_params() for each in parts]
    cells = " UNION ALL ".join(sql for sql, _ in written)
    parameters = [each for _, own in written for each in own]
    asked = (scope.survey and scope.survey.pk, key) if key else ()
    with connection.cursor() as cursor:
        cursor.execute(COUNTS.format(cells=cells, only=ONE if key else "true"), (*parameters, *asked))
        for found, number, count, question, pick, place in cursor.fetchall():
            if count:
                yield found, number if question is None else Given(question, pick, place), count
