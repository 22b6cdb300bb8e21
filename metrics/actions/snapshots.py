"""Health as rows: what was known when a day ended is kept for good, what came late is a further revision."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from metrics.evidence.among import among
from metrics.formulas.days import reporting_day
from metrics.formulas.health import Band
from metrics.models import Health, Scorecard
from metrics.models.health import REVISED_DAYS, first_replay

FRESH = """
CREATE TEMPORARY TABLE fresh_health (
    account_id bigint, revision int, score int, base int, confidence int, band text, parts jsonb,
    inputs_hash uuid
) ON COMMIT DROP
"""
# Half the time that one statement with all rows as a JSON document took.
FILL = """
COPY fresh_health (account_id, revision, score, base, confidence, band, parts, inputs_hash) FROM STDIN
"""
WRITE = """
INSERT INTO metrics_health
    (account_id, revision, score, base, confidence, band, parts, inputs_hash, scorecard_id, day, computed_at)
SELECT account_id, revision, score, base, confidence, band, parts, inputs_hash, %(scorecard)s, %(day)s,
    %(now)s
FROM fresh_health
ON CONFLICT (account_id, day, revision) DO UPDATE SET scorecard_id = excluded.scorecard_id,
    score = excluded.score, base = excluded.base, confidence = excluded.confidence, band = excluded.band,
    parts = excluded.parts, inputs_hash = excluded.inputs_hash, computed_at = excluded.computed_at
"""


class Snapshot(NamedTuple):
    """The health of one account as it is stored, in hundredths."""

    account: int
    score: int
    base: int
    confidence: int
    band: Band
    parts: Sequence[Mapping[str, Any]]


class Held(NamedTuple):
    """The newest row of an account's day: its revision, what it was computed from, and when."""

    revision: int
    inputs_hash: UUID | None
    computed_at: datetime


def write_snapshots(snapshots: Sequence[Snapshot], *, day: date, now: datetime, scorecard: Scorecard) -> int:
    """Write the health of one day; return how many rows are new or renewed.

    Until the day ends a row is replaced. Afterwards the first one stays, and what differs from the newest is
    added as a further revision for 35 days; later than that nothing is written. The caller holds the lock of
    scoring, so what is held cannot change meanwhile.
    """
    today = reporting_day(now, settings.REPORTING_ZONE)
    held = _held([each.account for each in snapshots], day)
    with connection.cursor() as cursor:
        cursor.execute(FRESH)
        # Django wraps what `execute` raises, and no COPY.
        with connection.wrap_database_errors, cursor.copy(FILL) as copy:
            for each in snapshots:
                parts = json.dumps(each.parts)
                said = hashlib.md5(f"{scorecard.pk} {parts}".encode(), usedforsecurity=False).digest()
                revision = _revision(held.get(each.account), UUID(bytes=said), day, today)
                if revision:
                    row = (each.score, each.base, each.confidence, each.band.value, parts, said.hex())
                    copy.write_row((each.account, revision, *row))
        cursor.execute(WRITE, {"scorecard": scorecard.pk, "day": day, "now": now})
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE fresh_health")
    return written


def _held(accounts: Sequence[int], day: date) -> dict[int, Held]:
    """Return the newest row of the day of each account.

    Read once for all: looked up for one account after another, the rows of a day that PostgreSQL had not
    counted yet were all searched each time.
    """
    rows = Health.objects.filter(among(accounts), day=day).order_by("account_id", "-revision")
    named = ("account_id", "revision", "inputs_hash", "computed_at")
    return {account: Held(*row) for account, *row in rows.distinct("account_id").values_list(*named)}


def _revision(held: Held | None, inputs_hash: UUID, day: date, today: date) -> int | None:
    """Return as which revision a row is written, None where what is held stays the newest."""
    if held is None:
        return 1
    if today <= day or held.computed_at >= first_replay(day):
        return held.revision
    is_revised = (today - day).days <= REVISED_DAYS and held.inputs_hash != inputs_hash
    return held.revision + 1 if is_revised else None
