"""Tallies summed up: by slice, and over all slices, which is what a page about everybody reads."""

from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.backends.utils import CursorWrapper

from metrics.actions import periods
from metrics.models.years import VALUES

FRESH = """, fresh AS MATERIALIZED (
    SELECT cell.survey_id, cell.begins, {keys}, kind, counts
    FROM cell CROSS JOIN LATERAL (
        SELECT {keys}, min(kind) AS kind, ARRAY[{counts}]::int[] AS counts
        FROM {source} GROUP BY {keys}
    ) AS summed
)
"""
OF_TALLIES = ", ".join(f"coalesce(sum(count) FILTER (WHERE value = {value}), 0)" for value in VALUES)
OF_TOTALS = ", ".join(f"sum(counts[{value + 1}])" for value in VALUES)
TALLIES = "metrics_tally AS tally WHERE (tally.survey_id, tally.day) = (cell.survey_id, cell.begins)"
SAME = """metrics_slicetotal AS total
    WHERE (total.survey_id, total.is_month, total.begins) = (cell.survey_id, %(is_month)s, cell.begins)"""
DAYS = """metrics_slicetotal AS total WHERE total.survey_id = cell.survey_id AND NOT total.is_month
    AND total.begins >= cell.begins AND total.begins < cell.begins + interval '1 month'"""
WRITE = """, gone AS (
    DELETE FROM {table} AS total USING cell
    WHERE (total.survey_id, total.is_month, total.begins) = (cell.survey_id, %(is_month)s, cell.begins)
        AND NOT EXISTS (
            SELECT FROM fresh WHERE (fresh.survey_id, fresh.begins, {of_fresh})
                = (total.survey_id, total.begins, {of_total})
        )
)
INSERT INTO {table} AS total (survey_id, {keys}, kind, is_month, begins, counts)
SELECT survey_id, {keys}, kind, %(is_month)s, begins, counts FROM fresh
ON CONFLICT (survey_id, is_month, begins, {keys})
    DO UPDATE SET kind = excluded.kind, counts = excluded.counts
    WHERE (total.kind, total.counts) <> (excluded.kind, excluded.counts)
"""


def write_totals(cursor: CursorWrapper, cells: Collection[tuple[int, date]]) -> None:
    """Make the totals of these days of surveys, and of their months, the sums of their tallies."""
    surveys, days = zip(*sorted(cells), strict=True) if cells else ((), ())
    asked = {"surveys": list(surveys), "days": list(days)}
    for is_month, cell, source, counts in (
        (False, periods.DAYS, TALLIES, OF_TALLIES),
        (True, periods.MONTHS, DAYS, OF_TOTALS),
    ):
        given: dict[str, Any] = {**asked, "is_month": is_month}
        cursor.execute(cell + _sums("metrics_slicetotal", source, counts, "question_key", "slice_id"), given)
        cursor.execute(cell + _sums("metrics_total", SAME, OF_TOTALS, "question_key"), given)


def _sums(table: str, source: str, counts: str, *keys: str) -> str:
    """Return the rest of the statement that sums a source up by some columns into a table."""
    of_fresh, of_total = (", ".join(f"{rows}.{key}" for key in keys) for rows in ("fresh", "total"))
    words = {"keys": ", ".join(keys), "of_fresh": of_fresh, "of_total": of_total}
    return (FRESH + WRITE).format(table=table, source=source, counts=counts, **words)
