import logging
import random

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.actions.exports import discard_exports
from accounts.models import Export
from metrics.actions import reading
from metrics.actions.asked import count_asked
from metrics.actions.closing import close_months
from metrics.actions.exporting import write_next_export
from metrics.actions.findings import keep_backtests, keep_watches
from metrics.actions.health import score_missing
from metrics.actions.portfolio import count_missing_nps
from metrics.actions.refresh import refresh_metrics
from metrics.actions.years import count_missing_years
from metrics.audit import differences, sampled_days

logger = logging.getLogger(__name__)


@shared_task
def absorb(*, sweep: bool = False) -> None:
    """Count what was answered since, batch by batch, and score the health of the accounts that answered."""
    while refresh_metrics(now=timezone.now(), sweep=sweep).has_found_any:
        pass


@shared_task
def score() -> None:
    """Write what is missing: health snapshots, those of today included, and what accounts said in a year."""
    now = timezone.now()
    today = timezone.localdate(now, settings.REPORTING_ZONE)
    score_missing(today=today, now=now)
    count_missing_years(today=today)
    count_missing_nps(today=today)


@shared_task
def find() -> None:
    """Work out what is too long for a page, where it is older than today or than its contracts."""
    now = timezone.now()
    today = timezone.localdate(now, settings.REPORTING_ZONE)
    keep_watches(today=today, now=now)
    keep_backtests(today=today, now=now)


@shared_task
def write_exports() -> None:
    """Write the exports that wait."""
    while write_next_export(clock=timezone.now):
        pass


@shared_task
def discard_old_exports() -> None:
    """Throw away the files of exports that have been kept long enough."""
    discard_exports(Export.objects.over_at(timezone.now()))


@shared_task
def audit() -> None:
    """Work out the last three days and one of every hundred others anew, and name any difference."""
    now = timezone.now()
    today = timezone.localdate(now, settings.REPORTING_ZONE)
    days = sampled_days(today=today, chance=random.Random())  # noqa: S311 - which days, not a secret
    for difference in differences(now=now, days=days):
        logger.error("metrics differ from the answers: %s", difference)


@shared_task
def close() -> None:
    """Close the months that are over, and restate those of which something was learnt since."""
    close_months(now=timezone.now())


@shared_task
def count_invitations() -> None:
    """Count the invitations of the days that are over for two weeks."""
    count_asked(now=timezone.now())


@shared_task
def read_words() -> None:
    """Read the comments that nobody has read, and learn from them where a language has enough at last."""
    reading.read_words(now=timezone.now())


@shared_task
def learn() -> None:
    """Learn from the company's own comments what their moods and themes are told by."""
    reading.learn_words(now=timezone.now())
