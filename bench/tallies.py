"""Scores and tallies of a million responses from nothing, against SQL typed by hand for the same rows."""

import os
import time

from django.db import connection

from bench.arena import published_survey
from metrics.actions import derive
from metrics.actions.absorb import rebuild_metrics
from metrics.models import Tally

RESPONSES = int(os.environ.get("BENCH_RESPONSES", "1000000"))
FILL = """
INSERT INTO surveys_response (public_id, survey_id, version_id, collector_id, submission_key, started_at,
    submitted_at, changed_at, revision, language, channel, answers, hidden, is_test, flags)
SELECT gen_random_uuid(), %s, %s, %s, 'bench-' || n, at, at, at, 1, 'en', 'link',
    jsonb_build_object('nps', n %% 11, 'support', 1 + n %% 5, 'effort', 1 + n %% 7), '{}', false, '{}'
FROM (
    SELECT n, timestamptz '2025-01-01' + n * interval '30 seconds' AS at FROM generate_series(1, %s) AS n
) AS visits
"""
# The same rows in tables with the same indexes, by somebody who trusts every answer: no check of it against
# its version, no note of what was absorbed, one slice.
SCORES_BY_HAND = """
INSERT INTO score_by_hand (response_id, survey_id, question_key, kind, contact_role, slice_id, day, value)
SELECT id, survey_id, question.key, 'nps', '', 1, (submitted_at AT TIME ZONE 'UTC')::date, question.value::int
FROM surveys_response, LATERAL jsonb_each_text(answers) AS question
WHERE submitted_at IS NOT NULL AND NOT is_test
"""
TALLIES_BY_HAND = """
INSERT INTO tally_by_hand (survey_id, question_key, kind, slice_id, day, value, count)
SELECT survey_id, question_key, kind, slice_id, day, value, count(*) FROM {scores} GROUP BY 1, 2, 3, 4, 5, 6
"""


def run() -> list[tuple[str, str, str]]:
    """Return how fast all is rebuilt, and the tallies alone, relative to the hand-written statements."""
    survey, version, collector = published_survey("tallies")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM surveys_response")
        cursor.execute(FILL, (survey.pk, version.pk, collector.pk, RESPONSES))
        cursor.execute("ANALYZE surveys_response")
        for name in ("score", "tally"):
            cursor.execute(f"CREATE TABLE {name}_by_hand (LIKE metrics_{name} INCLUDING ALL)")
        began = time.perf_counter()
        cursor.execute(SCORES_BY_HAND)
        cursor.execute(TALLIES_BY_HAND.format(scores="score_by_hand"))
        by_hand = time.perf_counter() - began
    began = time.perf_counter()
    rebuild_metrics()
    ours = time.perf_counter() - began
    counted = sum(Tally.objects.filter(survey=survey).values_list("count", flat=True))
    if counted != 3 * RESPONSES:
        raise RuntimeError(f"{counted} scores were tallied of {3 * RESPONSES}")
    with connection.cursor() as cursor:
        cells = set(Tally.objects.values_list("survey_id", "day"))
        cursor.execute("TRUNCATE tally_by_hand, metrics_tally")
        began = time.perf_counter()
        cursor.execute(TALLIES_BY_HAND.format(scores="metrics_score"))
        grouped = time.perf_counter() - began
        began = time.perf_counter()
        derive.write_tallies(cursor, cells)
        tallied = time.perf_counter() - began
    return [
        (f"scores and tallies of {RESPONSES:,} responses, by hand / ours", f"{by_hand / ours:.2f}", "≥ 0.5"),
        (f"tallies alone of {3 * RESPONSES:,} scores, by hand / ours", f"{grouped / tallied:.2f}", "≥ 0.5"),
    ]
