"""Invitations counted by the day they were sent, so that response rates need not read every one of them.

An answer is counted with its absorption however old its invitation is. Mails that bounce later than two weeks
after they were sent, and answers to them that name nobody, are counted the night after.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max
from django.utils import timezone

from metrics.models import AskedDay

# Of so many days invitations are not counted beforehand: what bounces does so soon.
OPEN_DAYS = 14

COUNT = """
WITH cell AS (
    SELECT * FROM unnest(%(surveys)s::bigint[], %(firsts)s::date[], %(lasts)s::date[])
        AS cell (survey_id, first, last)
), fresh AS MATERIALIZED (
    SELECT invitation.survey_id, local.day, count(*) AS delivered, count(*) FILTER (
        WHERE response.submitted_at IS NOT NULL AND NOT response.is_test OR invitation.answered_on IS NOT NULL
    ) AS completed
    FROM cell JOIN surveys_invitation AS invitation ON invitation.survey_id = cell.survey_id
        AND sent_at >= cell.first::timestamp AT TIME ZONE %(zone)s
        AND sent_at < (cell.last + 1)::timestamp AT TIME ZONE %(zone)s
    LEFT JOIN surveys_response AS response ON response.invitation_id = invitation.id
    CROSS JOIN LATERAL (SELECT (sent_at AT TIME ZONE %(zone)s)::date AS day) AS local
    WHERE invitation.bounced_at IS NULL
    GROUP BY invitation.survey_id, local.day
), gone AS (
    DELETE FROM metrics_askedday AS asked USING cell
    WHERE asked.survey_id = cell.survey_id AND asked.day BETWEEN cell.first AND cell.last
        AND NOT EXISTS (SELECT FROM fresh WHERE (fresh.survey_id, fresh.day) = (asked.survey_id, asked.day))
)
INSERT INTO metrics_askedday AS asked (survey_id, day, delivered, completed, counted_at)
SELECT survey_id, day, delivered, completed, now() FROM fresh
ON CONFLICT (survey_id, day) DO UPDATE SET
    delivered = excluded.delivered, completed = excluded.completed, counted_at = excluded.counted_at
"""
TOUCHED = """
SELECT DISTINCT invitation.survey_id, local.day
FROM reading JOIN surveys_invitation AS invitation ON invitation.id = reading.invitation_id
CROSS JOIN LATERAL (SELECT (invitation.sent_at AT TIME ZONE %s)::date AS day) AS local
WHERE local.day <= (SELECT max(day) FROM metrics_askedday)
"""
SURVEYS = "SELECT survey_id FROM surveys_invitation UNION SELECT survey_id FROM metrics_askedday"


def count_asked(*, now: datetime) -> int:
    """Count the invitations of every day that is over for two weeks; return how many days of surveys."""
    today = timezone.localdate(now, settings.REPORTING_ZONE)
    with transaction.atomic(), connection.cursor() as cursor:
        count_up_to(cursor, today - timedelta(days=OPEN_DAYS + 1))
    return AskedDay.objects.count()


def count_up_to(cursor: CursorWrapper, last: date) -> None:
    """Count the invitations of every day up to this one again."""
    cursor.execute(SURVEYS)
    _count(cursor, [(survey, date(1970, 1, 1), last) for (survey,) in cursor.fetchall()])


def count_again(cursor: CursorWrapper, *, is_all: bool) -> None:
    """Count the days again on which those were invited who are in `reading`, or all that are counted."""
    last = AskedDay.objects.aggregate(last=Max("day"))["last"]
    if last is None:
        return
    if is_all:
        count_up_to(cursor, last)
        return
    cursor.execute(TOUCHED, [settings.REPORTING_TIME_ZONE])
    _count(cursor, [(survey, day, day) for survey, day in cursor.fetchall()])


def _count(cursor: CursorWrapper, cells: Collection[tuple[int, date, date]]) -> None:
    surveys, firsts, lasts = zip(*cells, strict=True) if cells else ((), (), ())
    asked = {"surveys": [*surveys], "firsts": [*firsts], "lasts": [*lasts]}
    cursor.execute(COUNT, {**asked, "zone": settings.REPORTING_TIME_ZONE})
