"""When each account last answered, kept so that a list of accounts need not look through their responses."""

from collections.abc import Collection

from django.db.backends.utils import CursorWrapper

ANSWERED = "NOT is_test AND submitted_at IS NOT NULL"
ALL = f"""
SELECT account_id, max(submitted_at) AS heard_at FROM surveys_response
WHERE account_id IS NOT NULL AND {ANSWERED} GROUP BY account_id
"""  # noqa: S608 - a condition of ours
# By the index on account and time: of an account's thousand responses one is read.
CHOSEN = f"""
SELECT touched.account_id, newest.submitted_at AS heard_at
FROM unnest(%(accounts)s::bigint[]) AS touched (account_id) CROSS JOIN LATERAL (
    SELECT submitted_at FROM surveys_response AS response
    WHERE response.account_id = touched.account_id AND {ANSWERED} ORDER BY submitted_at DESC LIMIT 1
) AS newest
"""  # noqa: S608
NOTE = """
WITH fresh AS MATERIALIZED ({fresh}), gone AS (
    DELETE FROM metrics_accountheard AS heard
    WHERE {touched} AND NOT EXISTS (SELECT FROM fresh WHERE fresh.account_id = heard.account_id)
)
INSERT INTO metrics_accountheard AS heard (account_id, heard_at)
SELECT account_id, heard_at FROM fresh
ON CONFLICT (account_id) DO UPDATE SET heard_at = excluded.heard_at
    WHERE heard.heard_at <> excluded.heard_at
"""


def note_heard(cursor: CursorWrapper, accounts: Collection[int] | None) -> None:
    """Make the last answer of these accounts, or of all, what their responses say."""
    if accounts is None:
        cursor.execute(NOTE.format(fresh=ALL, touched="true"))
    elif accounts:
        touched = "heard.account_id = ANY(%(accounts)s)"
        cursor.execute(NOTE.format(fresh=CHOSEN, touched=touched), {"accounts": sorted(accounts)})
