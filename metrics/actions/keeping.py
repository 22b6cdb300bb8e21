"""Copies of what numbers are worked out from, each row kept from one look at it until the next that differs.

So any past day can be asked what it knew: whatever reads a table is given what the table said then
(`metrics.measures.replay`). Running twice changes nothing.
"""

from datetime import datetime

from django.db import connection, transaction

from metrics.models import Snapshot
from metrics.models.known import COPIES

END = """
UPDATE {copy} AS held SET until = %(now)s WHERE until IS NULL AND NOT EXISTS (
    SELECT FROM {table} AS live
    WHERE live.id = held.key AND ({of_live}) IS NOT DISTINCT FROM ({of_held})
)
"""
ADD = """
INSERT INTO {copy} (key, {columns}, since) SELECT id, {columns}, %(now)s FROM {table} AS live
WHERE NOT EXISTS (SELECT FROM {copy} AS held WHERE held.key = live.id AND held.until IS NULL)
"""
# Whoever was erased stays countable in former days under a number that leads nowhere. Where answers still
# name the person, these here do not hide it.
ERASED = """
CREATE TEMPORARY TABLE erased ON COMMIT DROP AS
SELECT id, -1 - floor(random() * 1e15)::bigint AS stand_in FROM accounts_contact AS contact
WHERE erased_at IS NOT NULL
    AND EXISTS (SELECT FROM metrics_formerresponse AS former WHERE former.contact_id = contact.id)
    AND NOT EXISTS (SELECT FROM surveys_response AS response WHERE response.contact_id = contact.id)
"""
UNNAME = """
UPDATE metrics_formerresponse SET contact_id = stand_in, invitation_id = NULL
FROM erased WHERE contact_id = erased.id
"""
# The old number stays with the invitations, as that of nobody.
STAND_IN = """
WITH moved AS (
    UPDATE metrics_knowncontact AS held SET key = stand_in FROM erased
    WHERE held.key = erased.id AND held.erased_at IS NULL
    RETURNING erased.id, held.account_id, held.role, held.since, held.until
)
INSERT INTO metrics_knowncontact (key, account_id, role, erased_at, since, until)
SELECT id, account_id, role, since, since, until FROM moved
"""


def keep_known(*, now: datetime) -> int:
    """Copy what is not as it was copied last, end what is no more, and return how many rows that wrote."""
    written = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE metrics_snapshot IN EXCLUSIVE MODE")
        for source, copy in COPIES.items():
            columns = copy.facts()
            words = {
                "table": source._meta.db_table,
                "copy": copy._meta.db_table,
                "columns": ", ".join(columns),
                "of_live": ", ".join(f"live.{column}" for column in columns),
                "of_held": ", ".join(f"held.{column}" for column in columns),
            }
            cursor.execute(END.format(**words), {"now": now})
            cursor.execute(ADD.format(**words), {"now": now})
            written += cursor.rowcount
        for statement in (ERASED, UNNAME, STAND_IN, "DROP TABLE erased"):
            cursor.execute(statement)
        Snapshot.objects.create(taken_at=now)
    return written
