"""That something was counted again: whatever is kept of the counts before is worked out anew."""

from django.db.backends.utils import CursorWrapper

NOTE = """
INSERT INTO metrics_recount AS recount (id, times) VALUES (1, 1)
ON CONFLICT (id) DO UPDATE SET times = recount.times + 1
"""


def note_recount(cursor: CursorWrapper) -> None:
    """Note it in the transaction that counts, as its last step: so nobody waits for the row for long."""
    cursor.execute(NOTE)
