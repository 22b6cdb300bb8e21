"""What was said in confidence shows five at a time: nobody sees what one of them adds (SECURITY T22)."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby, starmap
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Coalesce, TruncDate

from surveys.models import Response
from surveys.models.responses import IMPORTED
from surveys.privacy import IDENTIFIED, LEAST_TOGETHER, start_of_day

# What was begun and left is counted once nobody will go on with it.
LEFT_AFTER = timedelta(days=1)
# All of a block are dated alike, and numbered anew in no order: the day on which an answer came, and after
# which others, could be that of one of the people whose links were used. What was imported has its own days.
REVEAL = """
WITH block AS MATERIALIZED (
    SELECT waiting.*, CASE WHEN is_new THEN nextval('surveys_response_id_seq') ELSE id END AS number
    FROM (
        SELECT block.*, response.channel <> %(imported)s
            AND version.definition ->> 'privacy' <> %(identified)s AS is_private
        FROM unnest(%(ids)s::bigint[], %(places)s::int[], %(instants)s::timestamptz[], %(are_new)s::boolean[])
            AS block (id, place, at, is_new)
        JOIN surveys_response AS response USING (id)
        JOIN surveys_version AS version ON version.id = response.version_id
        ORDER BY random() OFFSET 0
    ) AS waiting
)
UPDATE surveys_response AS response SET id = number, revealed_at = %(now)s, changed_at = %(now)s,
    started_at = CASE WHEN is_private THEN at ELSE started_at END,
    submitted_at = CASE WHEN is_private AND submitted_at IS NOT NULL THEN at ELSE submitted_at END
FROM block WHERE response.id = block.id RETURNING place, response.id
"""


# The day on which a response counts.
_DAY: Any = TruncDate(Coalesce("submitted_at", "started_at"), tzinfo=settings.REPORTING_ZONE)


class _Waiting(NamedTuple):
    survey: int
    day: date
    response: int
    is_new: bool


def reveal_waiting(
    promising: Collection[int], counted: QuerySet[Any], *, now: datetime, limit: int
) -> list[list[int]]:
    """Let what waits in these surveys be counted and listed, in blocks of five or more; return the blocks.

    A block is what waits of one month, or of as many in a row as it takes; what is left over waits on. What
    was `counted` before it was changed, by its number, keeps that.
    """
    if not promising:
        return []
    left = Q(started_at__lt=start_of_day(now, settings.REPORTING_ZONE) - LEFT_AFTER)
    rows = Response.objects.waiting(promising).filter(Q(submitted_at__isnull=False) | left)
    return _reveal(_read(rows, ~Exists(counted.filter(response=OuterRef("pk"))))[:limit], now)


@transaction.atomic
def reveal_imported(survey: int, *, now: datetime) -> None:
    """Let what was taken over to a survey be listed at once: whoever did so has the file."""
    rows = Response.objects.waiting([survey]).filter(channel=IMPORTED)
    _reveal(_read(rows, Value(False)), now)


def imported_blocks(responses: Collection[int], promising: Collection[int], now: datetime) -> list[list[int]]:
    """Return those of these responses that an import revealed before, by the block that they are of."""
    if not promising:
        return []
    rows = Response.objects.filter(pk__in=responses, survey__in=promising, channel=IMPORTED)
    rows = rows.filter(revealed_at__lt=now).order_by("survey", "revealed_at", _DAY)
    by_block = groupby(
        rows.annotate(day=_DAY).values_list("pk", "survey", "revealed_at", "day"),
        key=lambda row: (*row[1:3], row[3].replace(day=1)),
    )
    return [[pk for pk, *_ in own] for _, own in by_block]


def _read(rows: Any, is_new: Any) -> Any:
    rows = rows.dated().annotate(day=_DAY).order_by("survey", "day", "pk")
    return rows.values_list("survey", "day", "pk", is_new)


def _blocks(waiting: Iterable[_Waiting]) -> Iterator[list[_Waiting]]:
    for _, of_survey in groupby(waiting, key=lambda each: each.survey):
        block: list[_Waiting] = []
        for _, of_month in groupby(of_survey, key=lambda each: each.day.replace(day=1)):
            block += of_month
            if len(block) >= LEAST_TOGETHER:
                yield block
                block = []


def _reveal(rows: Iterable[Sequence[Any]], now: datetime) -> list[list[int]]:
    blocks = list(_blocks(starmap(_Waiting, rows)))
    if not blocks:
        return []
    zone = settings.REPORTING_ZONE
    placed = [
        (each.response, place, datetime(*block[-1].day.timetuple()[:3], tzinfo=zone), each.is_new)
        for place, block in enumerate(blocks)
        for each in block
    ]
    names = ("ids", "places", "instants", "are_new")
    given = {name: list(values) for name, values in zip(names, zip(*placed, strict=True), strict=True)}
    revealed: list[list[int]] = [[] for _ in blocks]
    with connection.cursor() as cursor:
        cursor.execute(REVEAL, {**given, "now": now, "identified": IDENTIFIED, "imported": IMPORTED})
        for place, response in cursor.fetchall():
            revealed[place].append(response)
    return revealed
