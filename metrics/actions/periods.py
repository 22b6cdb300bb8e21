"""Whose days, or whose months, are counted again: the first lines of every statement that sums answers up."""

DAYS = """
WITH cell AS (
    SELECT * FROM unnest(%(surveys)s::bigint[], %(days)s::date[]) AS cell (survey_id, begins)
)"""
MONTHS = """
WITH cell AS (
    SELECT DISTINCT survey_id, date_trunc('month', day)::date AS begins
    FROM unnest(%(surveys)s::bigint[], %(days)s::date[]) AS day (survey_id, day)
)"""
