"""Closing months: what was known of a month's revenue, rates and answers is kept, restatements told apart.

A row holds from `since` until `until`; closing again ends the rows that no longer hold and writes those that
do, so any past date can be asked what it knew. Running twice changes nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from metrics.actions import derive
from metrics.actions.keeping import keep_known
from metrics.formulas.days import month_of, months_later
from metrics.models import Close

# Whoever counts answers again holds it too, until what it counted is committed.
LOCK = derive.CLOSING
# Late answers and corrected contracts restate as many months; older ones are frozen.
OPEN_MONTHS = 24

REVENUE = """
SELECT %(month)s::date AS month, account.id AS account_id, product, subscription.currency,
    sum(annual_value) AS annual_value, account.segment, account.tier, account.region
FROM accounts_subscription AS subscription JOIN accounts_account AS account ON account.id = account_id
WHERE starts_on <= %(after)s AND annual_value > 0
    AND (coalesce(ends_on, cancelled_on) IS NULL OR coalesce(ends_on, cancelled_on) > %(after)s)
GROUP BY account.id, product, subscription.currency
"""
TALLIES = """
SELECT %(month)s::date AS month, survey_id, question_key, min(kind) AS kind, slice_id, value,
    sum(count) AS count
FROM metrics_tally WHERE day >= %(month)s AND day < %(after)s
GROUP BY survey_id, question_key, slice_id, value
"""
# The revenue of a month is that of the first day after it, and so are the rates that go with it.
RATES = """
SELECT %(month)s::date AS month, currency, rate FROM accounts_exchangerate WHERE month = %(after)s
"""
# An attribute that changed since is no restatement: the account is kept as it was at the close.
KINDS = {
    "metrics_revenuemonth": (REVENUE, ("account_id", "product", "currency", "annual_value")),
    "metrics_ratemonth": (RATES, ("currency", "rate")),
    "metrics_tallymonth": (TALLIES, ("survey_id", "question_key", "slice_id", "value", "count")),
}
COLUMNS = {
    "metrics_revenuemonth": "month, account_id, product, currency, annual_value, segment, tier, region",
    "metrics_ratemonth": "month, currency, rate",
    "metrics_tallymonth": "month, survey_id, question_key, kind, slice_id, value, count",
}
END = """
WITH fresh AS ({fresh})
UPDATE {table} AS held SET until = %(now)s
WHERE held.month = %(month)s AND held.until IS NULL
    AND NOT EXISTS (SELECT FROM fresh WHERE ({of_fresh}) = ({of_held}))
"""
ADD = """
WITH fresh AS ({fresh})
INSERT INTO {table} ({columns}, since, until)
SELECT {columns}, %(now)s, NULL FROM fresh
WHERE NOT EXISTS (
    SELECT FROM {table} AS held
    WHERE held.month = %(month)s AND held.until IS NULL AND ({of_fresh}) = ({of_held})
)
"""


@dataclass(frozen=True, slots=True)
class Closing:
    """What one close of a month wrote and ended; `is_restated` where it had been closed before."""

    month: date
    added: int
    removed: int
    is_restated: bool


def close_months(*, now: datetime) -> list[Closing]:
    """Close every month of the last two years that is over, and return those in which something changed."""
    keep_known(now=now)
    today = timezone.localdate(now, settings.REPORTING_ZONE)
    this = month_of(today).start
    closings = [close_month(months_later(this, -back), now=now) for back in range(OPEN_MONTHS, 0, -1)]
    return [closing for closing in closings if closing]


def close_month(month: date, *, now: datetime) -> Closing | None:
    """Keep what is known now of the month that begins on the day; return what changed, None if nothing did.

    The first close is kept even where there is nothing to write. Raises ValueError for a month not yet over.
    """
    period = month_of(month)
    if period.start != month or period.end > timezone.localdate(now, settings.REPORTING_ZONE):
        raise ValueError(f"{month} does not begin a month that is over")
    added = removed = 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        values = {"month": period.start, "after": period.end, "now": now}
        for table, (fresh, named) in KINDS.items():
            words = {
                "fresh": fresh,
                "table": table,
                "columns": COLUMNS[table],
                "of_fresh": ", ".join(f"fresh.{name}" for name in named),
                "of_held": ", ".join(f"held.{name}" for name in named),
            }
            cursor.execute(END.format(**words), values)
            removed += cursor.rowcount
            cursor.execute(ADD.format(**words), values)
            added += cursor.rowcount
        current = Close.objects.filter(month=month, until=None)
        is_restated = current.exists()
        if is_restated and not added and not removed:
            current.update(is_behind=False)
            return None
        current.update(until=now)
        Close.objects.create(month=month, since=now, added=added, removed=removed)
    return Closing(month, added, removed, is_restated)
