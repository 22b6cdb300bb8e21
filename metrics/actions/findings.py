"""What is too long for a page, worked out beforehand and kept."""

from datetime import date, datetime

from accounts.models.people import OPERATOR
from metrics.measures import watched
from metrics.measures.anomalies import unusual_lately
from metrics.measures.foretold import (
    MONTHS,
    NAME,
    asked,
    contracts_stamp,
    to_document,
    window_scope,
    worked_out,
)
from metrics.measures.scope import Scope
from metrics.models import Finding
from surveys.models import Survey


def keep_backtests(*, today: date, now: datetime) -> int:
    """Work out the back-tests that are older than today or than the contracts; return how many."""
    stamp, written = contracts_stamp(), 0
    for months in MONTHS:
        for with_replays in (False, True):
            name = asked(months, with_replays=with_replays)
            if Finding.objects.filter(name=NAME, asked=name, as_of=today, stamp=stamp).exists():
                continue
            found = worked_out(window_scope(OPERATOR, today, months), with_replays=with_replays)
            Finding.objects.update_or_create(
                name=NAME,
                asked=name,
                defaults={
                    "as_of": today,
                    "found_at": now,
                    "stamp": stamp,
                    "document": to_document(found),
                },
            )
            written += 1
    return written


def keep_watches(*, today: date, now: datetime) -> int:
    """Work out what was unusual up to yesterday in each survey, once a day; return of how many."""
    done = Finding.objects.filter(name=watched.NAME, as_of=today).values_list("asked", flat=True)
    surveys = Survey.objects.published().exclude(pk__in=map(int, done))
    for survey in surveys:
        scope = Scope(viewer=OPERATOR, today=today, start=None, end=today, survey=survey)
        Finding.objects.update_or_create(
            name=watched.NAME,
            asked=survey.pk,
            defaults={
                "as_of": today,
                "found_at": now,
                "stamp": "",
                "document": watched.to_document(unusual_lately(scope)),
            },
        )
    return len(surveys)
