"""Scores and tallies of a million responses from nothing against the same GROUP BY typed by hand."""

import os
import statistics
import time

from django.db import connection

from bench.arena import published_survey
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
# What somebody would type who needs these counts once: no rows kept per answer, no slices, no checks.
BY_HAND = """
CREATE TEMPORARY TABLE by_hand AS
SELECT survey_id, question.key, (submitted_at AT TIME ZONE 'UTC')::date AS day, question.value::int AS value,
    count(*)
FROM surveys_response, LATERAL jsonb_each_text(answers) AS question
WHERE submitted_at IS NOT NULL AND NOT is_test AND survey_id = %s
GROUP BY 1, 2, 3, 4
"""


def run() -> list[tuple[str, str, str]]:
    """Return how fast the whole is rebuilt, relative to the hand-written statement."""
    survey, version, collector = published_survey("tallies")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM surveys_response")
        cursor.execute(FILL, (survey.pk, version.pk, collector.pk, RESPONSES))
        cursor.execute("ANALYZE surveys_response")
        hand = []
        for _ in range(3):
            cursor.execute("DROP TABLE IF EXISTS by_hand")
            began = time.perf_counter()
            cursor.execute(BY_HAND, (survey.pk,))
            hand.append(time.perf_counter() - began)
    began = time.perf_counter()
    rebuild_metrics()
    ours = time.perf_counter() - began
    counted = sum(Tally.objects.filter(survey=survey).values_list("count", flat=True))
    if counted != 3 * RESPONSES:
        raise RuntimeError(f"{counted} scores were tallied of {3 * RESPONSES}")
    ratio = statistics.median(hand) / ours
    return [(f"tallies of {RESPONSES:,} responses, hand-written / ours", f"{ratio:.2f}", "≥ 0.5")]
