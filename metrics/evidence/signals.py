"""What was imported: use of the product, load on support, unpaid invoices, open cases.

Keys that health reads, each the newest value at the end of the day:
`seats_sold`, `seats_active`: seats paid for, and those used in the last 28 days;
`usage_28d`, `usage_84d`: what was done in the last 28 days, and in the 84 days before these;
`tickets_weighted`: tickets of the last 28 days, each weighted by its urgency;
`oldest_p1_days`: how long the oldest urgent ticket has been open, absent when none is;
`invoice_overdue_days`: how long the oldest unpaid invoice has been overdue, 0 when none is;
`open_cases`: unhappy answers that nobody has settled yet;
`open_case_late_days`: how many days these are past their due dates together, ten at most for each;
`decision_maker_case_late`: 1 when a decision-maker's case is past its due date, else 0;
`renewal_committed`: 1 when the next renewal has been promised, 0 when it has not.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from accounts.models import Signal
from metrics.evidence.among import among
from metrics.evidence.finding import Finding, Findings, hundredths
from metrics.formulas.health_components import Rules, follow_up_load, product_usage, support_load

USAGE_KEYS = ("seats_sold", "seats_active", "usage_28d", "usage_84d")
SUPPORT_KEYS = ("tickets_weighted", "oldest_p1_days")
FOLLOW_UP_KEYS = ("open_cases", "open_case_late_days")
INVOICE_KEY, LATE_CASE_KEY, COMMITTED_KEY = (
    "invoice_overdue_days",
    "decision_maker_case_late",
    "renewal_committed",
)
KEYS = (*USAGE_KEYS, *SUPPORT_KEYS, *FOLLOW_UP_KEYS, INVOICE_KEY, LATE_CASE_KEY, COMMITTED_KEY)
# Older measures say nothing any more; what caps a health or fails a check must be newer than that.
MEMORY_DAYS = 365
STATE_MEMORY_DAYS = 45


class Observed(NamedTuple):
    """The newest value of one measure and its day."""

    value: float
    on: date


# The newest measures of each account, by key.
Measures = Mapping[int, Mapping[str, Observed]]


def newest(accounts: Sequence[int], day: date) -> Measures:
    """Return the newest measures of the accounts at the end of the day."""
    rows = (
        Signal.objects.filter(among(accounts), key__in=KEYS)
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
    states = {account: _state(known, INVOICE_KEY, day) for account, known in measures.items()}
    return {account: int(days) for account, days in states.items() if days is not None}


def late_decision_makers(measures: Measures, day: date) -> frozenset[int]:
    """Return the accounts of which a decision-maker's case is past its due date."""
    return frozenset(account for account, known in measures.items() if _state(known, LATE_CASE_KEY, day))


def renewal_checks(measures: Measures, day: date) -> dict[int, dict[str, bool]]:
    """Return what imports say of whether an account is ready to renew: each check known, and if it passed."""
    return {account: _checks(known, day) for account, known in measures.items()}


def imported(measures: Measures, day: date, rules: Rules) -> Findings:
    """Return product usage, support load and open cases of the accounts."""
    components = {"product_usage": _usage, "support_load": _support, "follow_up": _follow_up}
    return {
        component: {
            account: found for account, known in measures.items() if (found := measured(known, day, rules))
        }
        for component, measured in components.items()
    }


def _state(known: Mapping[str, Observed], key: str, day: date) -> float | None:
    """Return the newest value of what is or is not the case, None where that was too long ago."""
    observed = known.get(key)
    return observed.value if observed and (day - observed.on).days < STATE_MEMORY_DAYS else None


def _checks(known: Mapping[str, Observed], day: date) -> dict[str, bool]:
    overdue, cases, committed = (
        _state(known, key, day) for key in (INVOICE_KEY, FOLLOW_UP_KEYS[0], COMMITTED_KEY)
    )
    checks = {}
    if overdue is not None:
        checks["no_overdue_invoice"] = overdue <= 0
    if cases is not None:
        checks["no_open_case"] = cases <= 0
    if committed is not None:
        checks["renewal_committed"] = committed > 0
    return checks


def _follow_up(known: Mapping[str, Observed], day: date, rules: Rules) -> Finding | None:
    if "open_cases" not in known:
        return None
    cases, late = known["open_cases"], known.get("open_case_late_days")
    # Lateness that the newest import no longer names is over.
    late_days = late.value if late and late.on >= cases.on else 0.0
    measure = follow_up_load(
        open_cases=cases.value, late_days=late_days, age_days=(day - cases.on).days, rules=rules
    )
    facts = {"observed_on": cases.on.isoformat(), "open_cases": int(cases.value), "late_days": int(late_days)}
    return Finding(measure, facts)


def _usage(known: Mapping[str, Observed], day: date, rules: Rules) -> Finding | None:
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
        rules=rules,
    )
    facts: dict[str, object] = {"observed_on": min(days).isoformat()}
    if share is not None:
        facts["active_seats"] = hundredths(100 * share)
    if activity is not None:
        facts["activity"] = hundredths(300 * activity)
    return Finding(measure, facts)


def _support(known: Mapping[str, Observed], day: date, rules: Rules) -> Finding | None:
    per_seat = _ratio(known, "tickets_weighted", "seats_sold")
    if per_seat is None:
        return None
    on = known["tickets_weighted"].on
    urgent = known.get("oldest_p1_days")
    # An urgent ticket that the newest import no longer names is closed.
    urgent_days = urgent.value if urgent and urgent.on >= on else None
    measure = support_load(
        tickets_per_100_seats=100 * per_seat,
        oldest_urgent_days=urgent_days,
        age_days=(day - on).days,
        rules=rules,
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
