"""The responses of one survey that gave an answer: the rows behind a count on its pages."""

from collections.abc import Iterator, Sequence
from typing import Any

from metrics.measures.drivers import rated
from metrics.measures.pairs import Gave, Matches
from metrics.measures.receipts.rows import FIRST_CHUNK, Key, Receipt, Row, Value, stored
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED
from metrics.models import Absorbed, Pick, PickTally, Score
from metrics.models.picks import CAME
from surveys.models import Response

# An answer given on more days than these is found among the newest responses soon enough.
MOST_DAYS = 250
ORDER = ("-day", "-response_id")
READ = ("response__public_id", "day", "account", "slice__language", "slice__channel")
COLUMNS = ("response", "day", "account", "language", "channel")
# Of these kinds an answer is one value, which says more than that it lies in a group or between two numbers.
ONE_VALUE = frozenset({*MEASURED, "number", "date", "short_text"})


def given(scope: Scope, kind: str, gave: Gave, *beside: Gave) -> Receipt:
    """Return the responses that gave an answer, as tallies count them: all of the days in question.

    `beside` is what they also are, of what tallies know by slice.
    """
    sliced = {f"slice__{each.key}__in": each.picks for each in beside if each.picks} | scope.sliced
    if kind in MEASURED:
        scores: Any = Score.objects.filter(question_key=gave.key)
        scores = scores.filter(value__in=[int(pick) for pick in gave.picks]) if gave.picks else scores
        return _receipt(scope, scores, sliced, "value")
    # That there is an answer at all is a pick without a key.
    known = Pick.objects.filter(survey=scope.survey, question_key=gave.key, key__in=gave.picks or [""])
    known = known.filter(place=gave.place) if gave.place else known
    numbers = list(known.values_list("pk", flat=True))
    rows: Any = Absorbed.objects.filter(picks__overlap=numbers).exclude(response=None)
    tallies = PickTally.objects.filter(scope.surveys(), scope.days("begins"), **sliced)
    tallies = tallies.filter(is_month=False, picks__overlap=numbers)
    days = set(tallies.order_by().values_list("begins", flat=True).distinct()[: MOST_DAYS + 1])
    return _receipt(scope, rows.filter(day__in=days) if len(days) <= MOST_DAYS else rows, sliced)


def came(scope: Scope) -> Receipt:
    """Return all visits, as tallies count them: all of the days in question, finished or not."""
    rows: Any = Absorbed.objects.filter(picks__contains=[CAME]).exclude(response=None)
    return _receipt(scope, rows, scope.sliced)


def chosen(matches: Matches, kind: str, *gave: Gave) -> Receipt:
    """Return the responses that gave some answers, which were counted one by one."""
    one = [gave[0].key] if gave and kind in ONE_VALUE else []

    def read(after: Key | None) -> Iterator[tuple[Key, Row]]:
        rest = [(day, pk) for day, pk in matches if after is None or (day.isoformat(), pk) < after]
        for start in range(0, len(rest), FIRST_CHUNK):
            some = rest[start : start + FIRST_CHUNK]
            found = Response.objects.in_bulk([pk for _, pk in some])
            there = ((day, pk) for day, pk in some if pk in found)
            yield from (((day.isoformat(), pk), _of(found[pk], day, one)) for day, pk in there)

    return Receipt("responses", (*COLUMNS, *(["value"] if one else [])), read)


def rated_together(scope: Scope, outcome: str, driver: str = "") -> Receipt:
    """Return the responses that rated an outcome, and a driver too where one is named, as drivers count."""
    return _listed(rated(scope, outcome, driver), "value", is_by_survey=True)


def _of(response: Response, day: Value, keys: Sequence[str]) -> Row:
    values = (response.answers.get(key) for key in keys)
    return str(response.public_id), day, response.account_id, response.language, response.channel, *values


def _receipt(scope: Scope, rows: Any, sliced: Any, *more: str) -> Receipt:
    rows = rows.filter(scope.surveys(), scope.days(), scope.answered, **sliced)
    return _listed(rows.filter(response__flags=[]) if scope.without_flagged else rows, *more)


def _listed(rows: Any, *more: str, is_by_survey: bool = False) -> Receipt:
    read = stored(rows, ORDER, (*READ, *more), _shape, is_by_survey=is_by_survey)
    return Receipt("responses", (*COLUMNS, *more), read)


def _shape(public_id: object, *rest: Any) -> Row:
    return str(public_id), *rest
