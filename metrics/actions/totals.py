"""Tallies summed up over all slices: what a page about everybody reads, a hundredth of the rows."""

from collections.abc import Collection
from datetime import date

from django.db.backends.utils import CursorWrapper

from metrics.actions import periods
from metrics.models.years import VALUES

OF_DAYS = ", ".join(f"coalesce(sum(count) FILTER (WHERE value = {value}), 0)" for value in VALUES)
OF_MONTHS = ", ".join(f"sum(counts[{value + 1}])" for value in VALUES)
DAYS = f""", fresh AS MATERIALIZED (
    SELECT cell.survey_id, cell.begins, question_key, kind, counts
    FROM cell CROSS JOIN LATERAL (
        SELECT question_key, min(kind) AS kind, ARRAY[{OF_DAYS}]::int[] AS counts
        FROM metrics_tally AS tally WHERE (tally.survey_id, tally.day) = (cell.survey_id, cell.begins)
        GROUP BY question_key
    ) AS summed
)
"""  # noqa: S608 - the numbers are ours
MONTHS = f""", fresh AS MATERIALIZED (
    SELECT cell.survey_id, cell.begins, question_key, kind, counts
    FROM cell CROSS JOIN LATERAL (
        SELECT question_key, min(kind) AS kind, ARRAY[{OF_MONTHS}]::int[] AS counts
        FROM metrics_total AS total
        WHERE total.survey_id = cell.survey_id AND NOT total.is_month
            AND total.begins >= cell.begins AND total.begins < cell.begins + interval '1 month'
        GROUP BY question_key
    ) AS summed
)
"""  # noqa: S608
WRITE = """, gone AS (
    DELETE FROM metrics_total AS total USING cell
    WHERE (total.survey_id, total.is_month, total.begins) = (cell.survey_id, %(is_month)s, cell.begins)
        AND NOT EXISTS (
            SELECT FROM fresh WHERE (fresh.survey_id, fresh.begins, fresh.question_key)
                = (total.survey_id, total.begins, total.question_key)
        )
)
INSERT INTO metrics_total AS total (survey_id, question_key, kind, is_month, begins, counts)
SELECT survey_id, question_key, kind, %(is_month)s, begins, counts FROM fresh
ON CONFLICT (survey_id, is_month, begins, question_key)
    DO UPDATE SET kind = excluded.kind, counts = excluded.counts
    WHERE (total.kind, total.counts) <> (excluded.kind, excluded.counts)
"""


def write_totals(cursor: CursorWrapper, cells: Collection[tuple[int, date]]) -> None:
    """Make the totals of these days of surveys, and of their months, the sums of their tallies."""
    surveys, days = zip(*sorted(cells), strict=True) if cells else ((), ())
    asked = {"surveys": list(surveys), "days": list(days)}
    cursor.execute(periods.DAYS + DAYS + WRITE, {**asked, "is_month": False})
    cursor.execute(periods.MONTHS + MONTHS + WRITE, {**asked, "is_month": True})
