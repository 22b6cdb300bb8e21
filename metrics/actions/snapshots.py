"""Health as rows: what was known when a day ended is kept for good, what came late is a further revision."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from metrics.formulas.days import day_bounds, reporting_day
from metrics.models import Scorecard

# For so many days after a day ended what comes late makes a new revision of it (METRICS §5.4). A day first
# scored later than that is a replay: nobody knew it then, so nothing is lost when it is replaced.
REVISED_DAYS = 35

# One document instead of thousands of parameters, whose quoting took a third of the time.
WRITE = """
WITH fresh AS (
    SELECT health.*, md5(%(scorecard)s::text || parts::text)::uuid AS inputs_hash
    FROM jsonb_to_recordset(%(rows)s::jsonb)
        AS health (account_id bigint, score int, base int, confidence int, band text, parts jsonb)
), held AS (
    SELECT DISTINCT ON (account_id) account_id, revision, inputs_hash, computed_at
    FROM metrics_health WHERE day = %(day)s AND account_id = ANY(%(accounts)s)
    ORDER BY account_id, revision DESC
), numbered AS (
    SELECT fresh.*, CASE
        WHEN held.revision IS NULL THEN 1
        WHEN %(is_open)s OR held.computed_at >= %(replay_from)s THEN held.revision
        WHEN held.inputs_hash IS DISTINCT FROM fresh.inputs_hash AND %(is_revised)s THEN held.revision + 1
    END AS revision
    FROM fresh LEFT JOIN held USING (account_id)
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


def write_snapshots(
    rows: Sequence[Mapping[str, Any]], *, day: date, now: datetime, scorecard: Scorecard
) -> int:
    """Write the health of one day; return how many rows are new or renewed.

    Until the day ends a row is replaced. Afterwards the first one stays, and what differs from the newest is
    added as a further revision for 35 days; later than that nothing is written.
    """
    today = reporting_day(now, settings.REPORTING_ZONE)
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE,
            {
                "rows": json.dumps(rows),
                "accounts": [row["account_id"] for row in rows],
                "scorecard": scorecard.pk,
                "day": day,
                "now": now,
                "is_open": today <= day,
                "is_revised": (today - day).days <= REVISED_DAYS,
                "replay_from": first_replay(day),
            },
        )
        return int(cursor.rowcount)


def first_replay(day: date) -> datetime:
    """Return the instant from which a first snapshot of the day is a replay."""
    return day_bounds(day + timedelta(days=REVISED_DAYS), settings.REPORTING_ZONE)[1]
