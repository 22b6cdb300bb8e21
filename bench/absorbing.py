"""Whether absorbing keeps up: batches of new responses, as a busy hour brings them, beside many known."""

import time

from django.db import connection
from django.utils import timezone

from bench.arena import published_survey
from bench.tallies import FILL
from metrics.actions.refresh import refresh_metrics
from metrics.models import Absorbed

FRESH = FILL.replace("at, at, at, 1", "at, at, now(), 1")
BEFORE, ROUNDS, EACH = 50_000, 10, 1_500
WANTED = 300


def run() -> list[tuple[str, str, str]]:
    """Return how many responses a second are absorbed, five seconds' worth at 300 a second in each batch."""
    survey, version, collector = published_survey("absorbing")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM surveys_response")
        cursor.execute(FILL, (survey.pk, version.pk, collector.pk, BEFORE))
    while refresh_metrics(now=timezone.now(), sweep=True).has_found_any:
        pass
    seconds = 0.0
    for place in range(ROUNDS):
        with connection.cursor() as cursor:
            cursor.execute(
                FILL.replace("'bench-' || n", f"'round-{place}-' || n").replace(
                    "at, at, at, 1", "at, at, now(), 1"
                ),
                (survey.pk, version.pk, collector.pk, EACH),
            )
        began = time.perf_counter()
        while refresh_metrics(now=timezone.now()).has_found_any:
            pass
        seconds += time.perf_counter() - began
    counted = Absorbed.objects.filter(survey=survey).count()
    if counted != BEFORE + ROUNDS * EACH:
        raise RuntimeError(f"{counted} responses were absorbed of {BEFORE + ROUNDS * EACH}")
    return [
        (
            f"responses absorbed a second, beside {BEFORE:,} known ones",
            f"{ROUNDS * EACH / seconds:,.0f}",
            f"≥ {WANTED}",
        )
    ]
