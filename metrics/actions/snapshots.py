"""Health as rows: what was known when a day ended is kept for good, what came late is a further revision."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from metrics.formulas.days import reporting_day
from metrics.formulas.health import Band
from metrics.models import Scorecard
from metrics.models.health import REVISED_DAYS, first_replay

FRESH = """
CREATE TEMPORARY TABLE fresh_health (
    account_id bigint, score int, base int, confidence int, band text, parts jsonb, inputs_hash uuid
) ON COMMIT DROP
"""
# Half the time that one statement with all rows as a JSON document took.
FILL = "COPY fresh_health (account_id, score, base, confidence, band, parts, inputs_hash) FROM STDIN"
WRITE = """
WITH numbered AS (
    SELECT fresh.*, CASE
        WHEN held.revision IS NULL THEN 1
        WHEN %(is_open)s OR held.computed_at >= %(replay_from)s THEN held.revision
        WHEN held.inputs_hash IS DISTINCT FROM fresh.inputs_hash AND %(is_revised)s THEN held.revision + 1
    END AS revision
    FROM fresh_health AS fresh LEFT JOIN LATERAL (
        SELECT revision, inputs_hash, computed_at FROM metrics_health AS health
        WHERE (health.account_id, health.day) = (fresh.account_id, %(day)s)
        ORDER BY revision DESC LIMIT 1
    ) AS held ON true
)
INSERT INTO metrics_health
    (account_id, scorecard_id, day, revision, score, base, confidence, band, parts, inputs_hash, computed_at)
SELECT account_id, %(scorecard)s, %(day)s, revision, score, base, confidence, band, parts, inputs_hash,
    %(now)s
FROM numbered WHERE revision IS NOT NULL
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


def write_snapshots(snapshots: Sequence[Snapshot], *, day: date, now: datetime, scorecard: Scorecard) -> int:
    """Write the health of one day; return how many rows are new or renewed.

    Until the day ends a row is replaced. Afterwards the first one stays, and what differs from the newest is
    added as a further revision for 35 days; later than that nothing is written.
    """
    today = reporting_day(now, settings.REPORTING_ZONE)
    with connection.cursor() as cursor:
        cursor.execute(FRESH)
        with cursor.copy(FILL) as copy:
            for each in snapshots:
                parts = json.dumps(each.parts)
                said = hashlib.md5(f"{scorecard.pk} {parts}".encode(), usedforsecurity=False).hexdigest()
                copy.write_row((*each[:4], each.band.value, parts, said))
        cursor.execute(
            WRITE,
            {
                "scorecard": scorecard.pk,
                "day": day,
                "now": now,
                "is_open": today <= day,
                "is_revised": (today - day).days <= REVISED_DAYS,
                "replay_from": first_replay(day),
            },
        )
        written = int(cursor.rowcount)
        cursor.execute("DROP TABLE fresh_health")
    return written
