"""What is too long for a page, worked out beforehand and kept."""

from datetime import date, datetime

from accounts.models.people import OPERATOR
from metrics.measures.foretold import (
    MONTHS,
    NAME,
    asked,
    contracts_stamp,
    to_document,
    window_scope,
    worked_out,
)
from metrics.models import Finding


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
