"""Wiping the traces that answering leaves."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from surveys.models import Footprint
from surveys.privacy import IDENTIFIED, start_of_day

KEPT_FOR = timedelta(days=1)
# A mark on an invitation and the answer that it was set with were written by one transaction, whose number
# PostgreSQL keeps on both rows. Written anew together and in no order, the marks of a day tell nothing.
BLUR = """
UPDATE surveys_invitation AS invitation SET answered_on = invitation.answered_on
FROM (
    SELECT id FROM surveys_invitation WHERE answered_on BETWEEN %s AND %s ORDER BY random()
) AS marked
WHERE invitation.id = marked.id
"""
# While its day lasts, a response without names says in which ten minutes it changed, as who counts it needs.
# After the day it says when this ran, like all of them, and whoever has read it reads it anew.
SETTLE = """
UPDATE surveys_response AS response SET changed_at = %(now)s, revision = response.revision + 1
FROM surveys_version AS version
WHERE version.id = response.version_id AND version.definition ->> 'privacy' <> %(identified)s
    AND response.changed_at >= %(since)s AND response.changed_at < %(today)s
    AND response.changed_at = date_bin('10 minutes', response.changed_at, 'epoch')
"""
BLURRED_DAYS = timedelta(days=3)


def forget_footprints(*, now: datetime) -> int:
    """Delete the footprints that are older than a day; return how many."""
    deleted, _ = Footprint.objects.filter(at__lt=now - KEPT_FOR).delete()
    return deleted


@transaction.atomic
def blur_ballots(*, now: datetime) -> int:
    """Write the marks of the last days anew, so that nothing ties them to answers; return how many."""
    today = now.astimezone(settings.REPORTING_ZONE).date()
    with connection.cursor() as cursor:
        cursor.execute(BLUR, [today - BLURRED_DAYS, today])
        return int(cursor.rowcount)


def blur_times(*, now: datetime) -> int:
    """Take the time of day from the private responses of the days before; return how many had one."""
    today = start_of_day(now, settings.REPORTING_ZONE)
    when: dict[str, datetime | str] = {
        "now": now,
        "today": today,
        "since": today - BLURRED_DAYS,
        "identified": IDENTIFIED,
    }
    with connection.cursor() as cursor:
        cursor.execute(SETTLE, when)
        return int(cursor.rowcount)
