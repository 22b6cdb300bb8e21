"""Exports of responses: rows a second of each format, and memory that stays flat."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

from django.db import connection

from bench.arena import ANSWERS, ROOT, published_survey

RESPONSES = int(os.environ.get("BENCH_RESPONSES", "200000"))
FORMATS = ("csv", "jsonl", "xlsx", "sav", "parquet")
# Memory is a process's own, so each export runs in one; Django itself is not what is timed.
EXPORT = """
import os, resource, sys, time
import django
django.setup()
from accounts.interchange.writers import FORMATS
from accounts.models.people import OPERATOR
from surveys.exports import responses_dataset
from surveys.models import Survey
dataset = responses_dataset(Survey.objects.get(slug=sys.argv[1]), OPERATOR)
began, worked, size = time.perf_counter(), time.process_time(), 0
for chunk in FORMATS[sys.argv[2]].write(dataset):
    size += len(chunk)
print(time.perf_counter() - began, time.process_time() - worked)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""
FILL = """
INSERT INTO surveys_response (public_id, survey_id, version_id, collector_id, submission_key, started_at,
    submitted_at, changed_at, revision, language, channel, answers, hidden, is_test, flags)
SELECT gen_random_uuid(), %s, %s, %s, 'x' || n, now() - (n + 0.5) * interval '1 second',
    now() - n * interval '1 second', now() - n * interval '1 second', 1, 'en', 'link',
    %s::jsonb || jsonb_build_object('nps', n %% 11, 'support', 1 + n %% 5, 'comment', 'Report no. ' || n),
    '{}', false, '{}' FROM generate_series(1, %s) AS n
"""


def run() -> Iterator[tuple[str, str, str]]:
    """Yield how fast each format is written, and how much more memory more rows take."""
    scales = ("nps", "support", "product", "effort", "docs")
    answers = {**ANSWERS, **{key: int(ANSWERS[key]) for key in scales}}
    sizes = (RESPONSES // 10, RESPONSES)
    for number, size in enumerate(sizes):
        survey, version, collector = published_survey(f"export{number}")
        with connection.cursor() as cursor:
            cursor.execute(FILL, [survey.pk, version.pk, collector.pk, json.dumps(answers), size])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE surveys_response")
    for name in FORMATS:
        (*_, least), (seconds, worked, most) = (export(f"export{number}", name) for number in range(2))
        yield f"export of {RESPONSES:,} responses, {name}: rows/s", f"{RESPONSES / seconds:,.0f}", "≥ 20,000"
        yield "… rows per second of processor time", f"{RESPONSES / worked:,.0f}", ""
        yield f"… memory that {sizes[1] - sizes[0]:,} rows more take", f"{(most - least) >> 10} MB", "≤ 32 MB"


def export(slug: str, name: str) -> tuple[float, float, int]:
    """Return the seconds that an export took, those of the processor, and the most memory it held, in KB."""
    child = subprocess.run(
        [sys.executable, "-c", EXPORT, slug, name], cwd=ROOT, check=True, capture_output=True, text=True
    )
    seconds, worked, kilobytes = child.stdout.split()[-3:]
    return float(seconds), float(worked), int(kilobytes)
