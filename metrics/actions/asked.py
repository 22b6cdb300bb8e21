"""Invitations counted by the day they were sent, so that response rates need not read every one of them.

An answer is counted with its absorption however old its invitation is. Mails that bounce later than three
days after they were sent, answers to them that name nobody, and contacts who went to another account, are
counted the night after.
"""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max
from django.utils import timezone

from metrics.actions.recounts import note_recount
from metrics.models import AskedDay

# Of so many days invitations are not counted beforehand: what bounces does so soon.
OPEN_DAYS = 3

CELL = """
WITH cell AS (
    SELECT * FROM unnest(%(surveys)s::bigint[], %(firsts)s::date[], %(lasts)s::date[])
        AS cell (survey_id, first, last)
), """
OF_DAYS = """
fresh AS MATERIALIZED (
    SELECT survey_id, begins, array_agg(account_id ORDER BY account_id) AS accounts,
        array_agg(delivered ORDER BY account_id) AS delivered,
        array_agg(completed ORDER BY account_id) AS completed
    FROM (
        SELECT invitation.survey_id, local.begins, contact.account_id, count(*)::int AS delivered,
            count(*) FILTER (WHERE response.submitted_at IS NOT NULL AND NOT response.is_test
                OR invitation.answered_on IS NOT NULL)::int AS completed
        FROM cell JOIN surveys_invitation AS invitation ON invitation.survey_id = cell.survey_id
            AND sent_at >= cell.first::timestamp AT TIME ZONE %(zone)s
            AND sent_at < (cell.last + 1)::timestamp AT TIME ZONE %(zone)s
        JOIN accounts_contact AS contact ON contact.id = invitation.contact_id
        LEFT JOIN surveys_response AS response ON response.invitation_id = invitation.id
        CROSS JOIN LATERAL (SELECT (sent_at AT TIME ZONE %(zone)s)::date AS begins) AS local
        WHERE invitation.bounced_at IS NULL
        GROUP BY invitation.survey_id, local.begins, contact.account_id
    ) AS one GROUP BY survey_id, begins
)"""
OF_MONTHS = """
part AS MATERIALIZED (
    SELECT asked.*, month.first FROM metrics_askedaccounts AS asked
    CROSS JOIN LATERAL (SELECT date_trunc('month', begins)::date AS first) AS month
    WHERE NOT is_month AND EXISTS (
        SELECT FROM cell WHERE cell.survey_id = asked.survey_id
            AND month.first BETWEEN date_trunc('month', cell.first)::date AND cell.last
    )
), fresh AS MATERIALIZED (
    SELECT survey_id, begins, array_agg(account ORDER BY account) AS accounts,
        array_agg(delivered ORDER BY account) AS delivered,
        array_agg(completed ORDER BY account) AS completed
    FROM (
        SELECT survey_id, first AS begins, account, sum(one.delivered)::int AS delivered,
            sum(one.completed)::int AS completed
        FROM part CROSS JOIN LATERAL unnest(part.accounts, part.delivered, part.completed)
            AS one (account, delivered, completed)
        GROUP BY survey_id, first, account
    ) AS one GROUP BY survey_id, begins
)"""
WRITE = """, gone AS (
    DELETE FROM metrics_askedaccounts AS asked USING cell
    WHERE asked.survey_id = cell.survey_id AND asked.is_month = %(is_month)s AND asked.begins <= cell.last
        AND asked.begins >= CASE WHEN asked.is_month THEN date_trunc('month', cell.first) ELSE cell.first END
        AND NOT EXISTS (
            SELECT FROM fresh WHERE (fresh.survey_id, fresh.begins) = (asked.survey_id, asked.begins)
        )
)
INSERT INTO metrics_askedaccounts AS asked (survey_id, is_month, begins, accounts, delivered, completed)
SELECT survey_id, %(is_month)s, begins, accounts, delivered, completed FROM fresh
ON CONFLICT (survey_id, is_month, begins) DO UPDATE SET
    accounts = excluded.accounts, delivered = excluded.delivered, completed = excluded.completed
    WHERE (asked.accounts, asked.delivered, asked.completed)
        <> (excluded.accounts, excluded.delivered, excluded.completed)
"""
OF_ALL = """
fresh AS MATERIALIZED (
    SELECT asked.survey_id, begins AS day, (SELECT sum(one) FROM unnest(delivered) AS one) AS delivered,
        (SELECT sum(one) FROM unnest(completed) AS one) AS completed
    FROM cell JOIN metrics_askedaccounts AS asked ON asked.survey_id = cell.survey_id
        AND NOT is_month AND begins BETWEEN cell.first AND cell.last
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
    """Count the invitations of every day that is over for three; return how many days of surveys."""
    today = timezone.localdate(now, settings.REPORTING_ZONE)
    with transaction.atomic(), connection.cursor() as cursor:
        count_up_to(cursor, today - timedelta(days=OPEN_DAYS + 1))
        note_recount(cursor)
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
    days = {**asked, "zone": settings.REPORTING_TIME_ZONE, "is_month": False}
    cursor.execute(CELL + OF_DAYS + WRITE, days)
    cursor.execute(CELL + OF_MONTHS + WRITE, {**asked, "is_month": True})
    cursor.execute(CELL + OF_ALL, asked)
