"""What every account said in the twelve months up to a day, counted beforehand.

Asked about accounts one by one no tally can answer, and a year of scores is too much to be read for a page.
"""

from collections.abc import Collection
from datetime import date, timedelta

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Max, Min

from metrics.actions.derive import ABSORBING
from metrics.actions.recounts import note_recount
from metrics.formulas.days import trailing
from metrics.models import AccountYear
from metrics.models.years import VALUES

COUNTS = ", ".join(f"count(*) FILTER (WHERE value = {value})" for value in VALUES)
COUNT = """
WITH fresh AS MATERIALIZED (
    SELECT account_id, survey_id, question_key, kind, contact_role, ARRAY[{counts}]::int[] AS counts
    FROM metrics_score
    WHERE day >= %(start)s AND day < %(end)s AND account_id IS NOT NULL {of_scores}
    GROUP BY account_id, survey_id, question_key, kind, contact_role
), gone AS (
    DELETE FROM metrics_accountyear AS year
    WHERE NOT EXISTS (
        SELECT FROM fresh WHERE (fresh.account_id, fresh.survey_id, fresh.question_key, fresh.kind,
            fresh.contact_role) = (year.account_id, year.survey_id, year.question_key, year.kind,
            year.contact_role)
    ) {of_years}
)
INSERT INTO metrics_accountyear (account_id, survey_id, question_key, kind, contact_role, day, counts)
SELECT account_id, survey_id, question_key, kind, contact_role, %(day)s, counts FROM fresh
ON CONFLICT (account_id, survey_id, question_key, kind, contact_role)
DO UPDATE SET day = excluded.day, counts = excluded.counts
"""
# With more accounts than these answered at once it is quicker to count all of them when that is over.
MOST_AT_ONCE = 200


def count_years(*, day: date) -> int:
    """Count the twelve months up to a day of every account again; return how many rows that makes."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Whoever absorbs now counts the accounts it touches itself, up to the day of the rows it finds.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ABSORBING])
        _count(cursor, day)
        note_recount(cursor)
    return AccountYear.objects.count()


def count_missing_years(*, today: date) -> int:
    """Count again once a day is over or nothing is counted; return how many rows there are."""
    days = AccountYear.objects.aggregate(first=Min("day"), last=Max("day"))
    return 0 if days["first"] == days["last"] == today else count_years(day=today)


def count_again(cursor: CursorWrapper, accounts: Collection[int] | None) -> None:
    """Count those accounts again that were answered for, all without; nothing where nothing is counted.

    Of many at once nothing stays counted, and all are as soon as somebody looks for what is missing.
    """
    day = AccountYear.objects.aggregate(last=Max("day"))["last"]
    if day is None:
        return
    if accounts is not None and len(accounts) > MOST_AT_ONCE:
        cursor.execute("DELETE FROM metrics_accountyear")
    elif accounts is None or accounts:
        _count(cursor, day, accounts)


def _count(cursor: CursorWrapper, day: date, accounts: Collection[int] | None = None) -> None:
    which = "" if accounts is None else "AND {}account_id = ANY(%(accounts)s)"
    counted = COUNT.format(counts=COUNTS, of_scores=which.format(""), of_years=which.format("year."))
    start, end = trailing(day + timedelta(days=1))
    window = {"start": start, "end": end, "day": day}
    cursor.execute(counted, {**window, "accounts": [*(accounts or ())]})
