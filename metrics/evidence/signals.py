"""What was imported: use of the product, load on support, unpaid invoices.

Keys that health reads, each the newest value at the end of the day:
`seats_sold`, `seats_active`: seats paid for, and those used in the last 28 days;
`usage_28d`, `usage_84d`: what was done in the last 28 days, and in the 84 days before these;
`tickets_weighted`: tickets of the last 28 days, each weighted by its urgency;
`oldest_p1_days`: how long the oldest urgent ticket has been open, absent when none is;
`invoice_overdue_days`: how long the oldest unpaid invoice has been overdue, 0 when none is.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from accounts.models import Signal
from metrics.evidence.finding import Finding, Findings, hundredths
from metrics.formulas.health_components import product_usage, support_load

USAGE_KEYS = ("seats_sold", "seats_active", "usage_28d", "usage_84d")
SUPPORT_KEYS = ("tickets_weighted", "oldest_p1_days")
INVOICE_KEY = "invoice_overdue_days"
# Older measures say nothing any more.
MEMORY_DAYS = 365
INVOICE_MEMORY_DAYS = 45


class Observed(NamedTuple):
    """The newest value of one measure and its day."""

    value: float
    on: date


# The newest measures of each account, by key.
Measures = Mapping[int, Mapping[str, Observed]]


def newest(accounts: Sequence[int], day: date) -> Measures:
    """Return the newest measures of the accounts at the end of the day."""
    rows = (
        Signal.objects.filter(account__in=accounts, key__in=(*USAGE_KEYS, *SUPPORT_KEYS, INVOICE_KEY))
        .filter(observed_on__lte=day, observed_on__gt=day - timedelta(days=MEMORY_DAYS))
        .newest()
        .values_list("account_id", "key", "value", "observed_on")
    )
    measures: dict[int, dict[str, Observed]] = defaultdict(dict)
    for account, key, value, on in rows:
        measures[account][key] = Observed(float(value), on)
    return measures


def overdue_days(measures: Measures, day: date) -> dict[int, int]:
    """Return for how many days the oldest invoice is overdue, of the accounts of which that is known."""
    return {
        account: int(known[INVOICE_KEY].value)
        for account, known in measures.items()
        if INVOICE_KEY in known and (day - known[INVOICE_KEY].on).days < INVOICE_MEMORY_DAYS
    }


def imported(measures: Measures, day: date) -> Findings:
    """Return product usage and support load of the accounts."""
    usage = {account: _usage(known, day) for account, known in measures.items()}
    support = {account: _support(known, day) for account, known in measures.items()}
    return {
        "product_usage": {account: found for account, found in usage.items() if found},
        "support_load": {account: found for account, found in support.items() if found},
    }


def _usage(known: Mapping[str, Observed], day: date) -> Finding | None:
    share, activity = _ratio(known, "seats_active", "seats_sold"), _ratio(known, "usage_28d", "usage_84d")
    # As old as the older of what it is made of; how many seats were sold changes rarely.
    days = [
        known[key].on
        for key, ratio in (("seats_active", share), ("usage_28d", activity))
        if ratio is not None
    ]
    if not days:
        return None
    measure = product_usage(
        active_seat_share=share,
        activity_ratio=None if activity is None else activity * 3,
        age_days=(day - min(days)).days,
    )
    facts: dict[str, object] = {"observed_on": min(days).isoformat()}
    if share is not None:
        facts["active_seats"] = hundredths(100 * share)
    if activity is not None:
        facts["activity"] = hundredths(300 * activity)
    return Finding(measure, facts)


def _support(known: Mapping[str, Observed], day: date) -> Finding | None:
    per_seat = _ratio(known, "tickets_weighted", "seats_sold")
    if per_seat is None:
        return None
    on = known["tickets_weighted"].on
    urgent = known.get("oldest_p1_days")
    # An urgent ticket that the newest import no longer names is closed.
    urgent_days = urgent.value if urgent and urgent.on >= on else None
    measure = support_load(
        tickets_per_100_seats=100 * per_seat, oldest_urgent_days=urgent_days, age_days=(day - on).days
    )
    facts: dict[str, object] = {
        "observed_on": on.isoformat(),
        "tickets_per_100_seats": hundredths(100 * per_seat),
    }
    if urgent_days is not None:
        facts["oldest_urgent_days"] = int(urgent_days)
    return Finding(measure, facts)


def _ratio(known: Mapping[str, Observed], part: str, whole: str) -> float | None:
    """Return the quotient of two measures, None where one is missing, negative, or the divisor is zero."""
    if part not in known or whole not in known or known[whole].value <= 0 or known[part].value < 0:
        return None
    return known[part].value / known[whole].value
