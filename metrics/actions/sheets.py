"""Scores of a day packed side by side: what pages about some of the accounts are counted from."""

from collections.abc import Collection
from datetime import date

from django.db.backends.utils import CursorWrapper

from metrics.actions import periods

# As `ScoreSheet` says. All sums of one group see its rows in the same order.
SHEETS = """, fresh AS MATERIALIZED (
    SELECT cell.survey_id, cell.begins, question_key, kind, answers, slices
    FROM cell CROSS JOIN LATERAL (
        SELECT question_key, min(kind) AS kind,
            string_agg(int4send((coalesce(account_id, 0) * 16 + value)::int), '') AS answers,
            string_agg(int4send(slice_id::int), '') AS slices
        FROM metrics_score AS score WHERE (score.survey_id, score.day) = (cell.survey_id, cell.begins)
        GROUP BY question_key
    ) AS packed
), gone AS (
    DELETE FROM metrics_scoresheet AS sheet USING cell
    WHERE (sheet.survey_id, sheet.day) = (cell.survey_id, cell.begins) AND NOT EXISTS (
        SELECT FROM fresh
        WHERE (fresh.survey_id, fresh.begins, fresh.question_key)
            = (sheet.survey_id, sheet.day, sheet.question_key)
    )
)
INSERT INTO metrics_scoresheet (survey_id, question_key, kind, day, answers, slices)
SELECT survey_id, question_key, kind, begins, answers, slices FROM fresh
ON CONFLICT (survey_id, day, question_key)
    DO UPDATE SET kind = excluded.kind, answers = excluded.answers, slices = excluded.slices
"""


def write_sheets(cursor: CursorWrapper, cells: Collection[tuple[int, date]]) -> None:
    """Make the sheets of these days of surveys hold their scores."""
    surveys, days = zip(*sorted(cells), strict=True) if cells else ((), ())
    cursor.execute(periods.DAYS + SHEETS, {"surveys": list(surveys), "days": list(days)})
