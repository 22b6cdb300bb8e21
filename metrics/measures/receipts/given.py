"""The responses of one survey that gave an answer: the rows behind a count on its page of results."""

from collections.abc import Collection
from typing import Any

from metrics.measures.receipts.rows import Receipt, Row, stored
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED
from metrics.models import Absorbed, Pick, PickTally, Score

# An answer given on more days than these is found among the newest responses soon enough.
MOST_DAYS = 250
KEY = ("-day", "-response_id")
READ = ("response__public_id", "day", "account", "slice__language", "slice__channel")
COLUMNS = ("response", "day", "account", "language", "channel")


def given(scope: Scope, kind: str, key: str, picks: Collection[str]) -> Receipt:
    """Return the responses that answered a question, or a row `key.row` of one, with any of the picks.

    Without picks those that answered it at all.
    """
    if kind in MEASURED:
        scores: Any = Score.objects.filter(question_key=key)
        scores = scores.filter(value__in=[int(pick) for pick in picks]) if picks else scores
        return _receipt(scope, scores, "value")
    # That there is an answer at all is a pick without a key.
    known = Pick.objects.filter(survey=scope.survey, question_key=key, key__in=picks or [""])
    numbers = list(known.values_list("pk", flat=True))
    rows: Any = Absorbed.objects.filter(picks__overlap=numbers).exclude(response=None)
    tallies = PickTally.objects.filter(scope.surveys(), scope.days("begins"), **scope.sliced)
    tallies = tallies.filter(is_month=False, picks__overlap=numbers)
    days = set(tallies.order_by().values_list("begins", flat=True).distinct()[: MOST_DAYS + 1])
    return _receipt(scope, rows.filter(day__in=days) if len(days) <= MOST_DAYS else rows)


def _receipt(scope: Scope, rows: Any, *more: str) -> Receipt:
    rows = rows.filter(scope.surveys(), scope.days(), scope.answered, **scope.sliced)
    if scope.without_flagged:
        rows = rows.filter(response__flags=[])

    def shape(public_id: object, *rest: Any) -> Row:
        return str(public_id), *rest

    return Receipt("responses", (*COLUMNS, *more), stored(rows, KEY, (*READ, *more), shape))
