"""Wiping the traces that answering leaves."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from surveys.models import Footprint

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
BLURRED_DAYS = 3


def forget_footprints(*, now: datetime) -> int:
    """Delete the footprints that are older than a day; return how many."""
    deleted, _ = Footprint.objects.filter(at__lt=now - KEPT_FOR).delete()
    return deleted


@transaction.atomic
def blur_ballots(*, now: datetime) -> int:
    """Write the marks of the last days anew, so that nothing ties them to answers; return how many."""
    today = now.astimezone(settings.REPORTING_ZONE).date()
    with connection.cursor() as cursor:
        cursor.execute(BLUR, [today - timedelta(days=BLURRED_DAYS), today - timedelta(days=1)])
        return int(cursor.rowcount)
