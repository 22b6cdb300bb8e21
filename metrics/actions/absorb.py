"""From responses to scores, comments and tallies: what was answered, edited, late or deleted, counted once.

The rows are made to be what the responses say, never counted up: running twice, late, in any order or after
a kill gives the same rows. One run at a time holds the advisory lock.
"""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from metrics.actions import asked, derive, former, picks, years
from metrics.actions.heard import note_heard
from metrics.actions.recounts import note_recount
from metrics.actions.sheets import write_sheets
from metrics.models import Absorbed
from surveys.actions.revealing import imported_blocks, reveal_waiting
from surveys.models import Version
from surveys.privacy import LEAST_TOGETHER

logger = logging.getLogger(__name__)

LOCK = derive.ABSORBING
BATCH = 5_000
# A response may be committed this long after the instant written in it: slow transactions, clocks apart.
# Whatever comes later still is found by the nightly sweep.
OVERLAP = timedelta(minutes=15)

SINCE = """
SELECT greatest(max(changed_at), '1900-01-01') FROM metrics_absorbed
WHERE changed_at <= %(now)s HAVING max(changed_at) IS NOT NULL
"""
CHANGED = """
SELECT response.id FROM surveys_response AS response
LEFT JOIN metrics_absorbed AS known ON known.response_id = response.id
WHERE known.revision IS DISTINCT FROM response.revision AND NOT ({waits}) {window}
ORDER BY response.changed_at, response.id LIMIT %(limit)s
"""
VANISHED = "SELECT id, survey_id, day, account_id FROM metrics_absorbed WHERE {which}"
FORGET = "DELETE FROM {table} WHERE {which} RETURNING response_id, survey_id, day, account_id"
IN_CELLS = "(survey_id, day) IN (SELECT * FROM unnest(%(surveys)s::bigint[], %(days)s::date[]))"
GONE = "NOT EXISTS (SELECT FROM surveys_response AS response WHERE response.id = response_id)"
# Django's deletion leaves null behind; one that overtook an absorption leaves a row that was just written.
GONE_LATELY = f"response_id IS NULL OR changed_at >= %(since)s AND {GONE}"


@dataclass(frozen=True, slots=True)
class Absorption:
    """What one run absorbed; `quarantined` names the responses left out, as (public id, why)."""

    responses: int = 0
    scores: int = 0
    comments: int = 0
    vanished: int = 0
    quarantined: tuple[tuple[str, str], ...] = ()
    accounts: frozenset[int] = frozenset()

    @property
    def has_found_any(self) -> bool:
        """Whether there was something to do, and so may be more."""
        return bool(self.responses or self.vanished)

    def __str__(self) -> str:
        return (
            f"{self.responses} responses absorbed, {self.vanished} deleted ones forgotten; "
            f"{self.scores} scores and {self.comments} comments written, {len(self.quarantined)} quarantined"
        )


@dataclass(frozen=True, slots=True)
class _Vanished:
    """What deleted responses leave to be counted again."""

    count: int
    cells: set[derive.Cell]
    accounts: set[int]


def absorb_responses(*, now: datetime, limit: int = BATCH, sweep: bool = False) -> Absorption:
    """Bring scores, comments and tallies up to at most so many changed responses, oldest change first.

    Looks at what changed since the newest absorbed response, less an overlap; a sweep looks at everything
    and waits for its turn, where a plain run leaves the work to the run that is at it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        if not _take_turn(cursor, wait=sweep):
            return Absorption()
        since = None if sweep else _horizon(cursor, now)
        today = timezone.localdate(now, settings.REPORTING_ZONE)
        promising = _promising()
        vanished = _forget_vanished(cursor, today, promising, since=since)
        blocks = reveal_waiting(promising, Absorbed.objects.all(), now=now, limit=limit)
        changed = _changed_responses(cursor, promising, since=since, limit=limit)
        blocks += imported_blocks(changed, promising, now)
        if not changed and not blocks and not vanished.count:
            return Absorption()
        return _absorb(cursor, list({*changed, *chain(*blocks)}), vanished, today, blocks)


def rebuild_metrics() -> Absorption:
    """Make every score, comment and tally again from the responses, in one go that readers never see half.

    What no response can say again, the account's segment and the contact's role when the answer came, is
    kept where it was noted.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        _take_turn(cursor, wait=True)
        # A million answers are joined in memory: with the 4 MB of PostgreSQL's default it was done on disk.
        cursor.execute("SET LOCAL work_mem = '128MB'")
        vanished = _forget_vanished(cursor, None, _promising(), since=None)
        cursor.execute(
            "SELECT survey_id, day FROM metrics_tally"
            " UNION SELECT survey_id, begins FROM metrics_total"
            " UNION SELECT survey_id, begins FROM metrics_slicetotal"
            " UNION SELECT survey_id, day FROM metrics_scoresheet"
            " UNION SELECT survey_id, begins FROM metrics_picktally WHERE NOT is_month"
        )
        vanished.cells.update(cursor.fetchall())
        return _absorb(cursor, None, vanished, None, ())


def _absorb(
    cursor: CursorWrapper,
    ids: list[int] | None,
    vanished: _Vanished,
    today: date | None,
    revealed: Sequence[Sequence[int]],
) -> Absorption:
    reading = derive.read_responses(cursor, ids, today, revealed)
    former.keep_changed(cursor, today)
    derive.write_absorbed(cursor)
    scores = derive.write_scores(cursor)
    comments = derive.write_comments(cursor)
    asked.count_again(cursor, is_all=ids is None)
    derive.forget_reading(cursor)
    if ids is None:
        # Without this PostgreSQL takes the new scores for a handful and sorts them on disk: half the speed.
        cursor.execute("ANALYZE metrics_score, metrics_absorbed (survey_id, day)")
    cells = reading.cells | vanished.cells
    derive.write_tallies(cursor, cells)
    write_sheets(cursor, cells)
    picks.write_pick_tallies(cursor, cells)
    accounts = reading.accounts | vanished.accounts
    years.count_again(cursor, None if ids is None else accounts)
    note_heard(cursor, None if ids is None else accounts)
    note_recount(cursor)
    for public_id, fault in reading.faults:
        logger.warning("response %s is quarantined: %s", public_id, fault)
    return Absorption(
        responses=reading.responses,
        scores=scores,
        comments=comments,
        vanished=vanished.count,
        quarantined=tuple(reading.faults),
        accounts=frozenset(accounts),
    )


def _take_turn(cursor: CursorWrapper, *, wait: bool) -> bool:
    """Return whether this transaction is the one that may write."""
    if wait:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        return True
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
    return bool(cursor.fetchone()[0])


def _horizon(cursor: CursorWrapper, now: datetime) -> datetime | None:
    """Return the instant from which changes are looked for, None at the very beginning.

    Responses from a clock that runs ahead do not count: they would hide those that come after them.
    """
    cursor.execute(SINCE, {"now": now})
    newest = cursor.fetchone()
    return newest[0] - OVERLAP if newest else None


def _promising() -> list[int]:
    """Return the surveys that promised confidentiality."""
    return sorted(set(Version.objects.promising().values_list("survey", flat=True)))


def _changed_responses(
    cursor: CursorWrapper, promising: list[int], *, since: datetime | None, limit: int
) -> list[int]:
    window = "" if since is None else "AND response.changed_at >= %(since)s"
    given = {"since": since, "limit": limit, "promising": promising}
    cursor.execute(CHANGED.format(window=window, waits=derive.WAITS), given)
    return [response for (response,) in cursor.fetchall()]


def _forget_vanished(
    cursor: CursorWrapper, today: date | None, promising: Collection[int], *, since: datetime | None
) -> _Vanished:
    """Drop what remains of deleted responses; without a horizon also of those that plain SQL deleted.

    What was said in confidence goes as it came, five at a time.
    """
    cursor.execute(VANISHED.format(which=GONE if since is None else GONE_LATELY), {"since": since})
    rows = cursor.fetchall()
    gone = Counter(survey for _, survey, *_ in rows)
    kept = sorted(survey for survey in gone.keys() & set(promising) if gone[survey] < LEAST_TOGETHER)
    rows = [row for row in rows if row[1] not in kept]
    absorbed = [number for number, *_ in rows]
    count = len(rows)
    if count:
        former.keep_gone(cursor, absorbed, today)
        cursor.execute("DELETE FROM metrics_absorbed WHERE id = ANY(%s)", [absorbed])
    if since is None or count:
        cells = {(survey, day) for _, survey, day, _ in rows if day}
        surveys, days = zip(*cells, strict=True) if cells else ((), ())
        which = f"{GONE} AND survey_id <> ALL(%(kept)s)" if since is None else f"{IN_CELLS} AND {GONE}"
        given = {"surveys": list(surveys), "days": list(days), "kept": kept}
        for table in ("metrics_score", "metrics_comment"):
            cursor.execute(FORGET.format(table=table, which=which), given)
            rows += cursor.fetchall()
    cells = {(survey, day) for _, survey, day, _ in rows if day}
    return _Vanished(count, cells, {account for *_, account in rows if account})
