"""Imported measures: use from the product's telemetry, tickets from the help desk, unpaid invoices."""

import math
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from accounts.models import Signal
from config.demo.company import Customer
from config.demo.revenue import PLATFORM
from config.demo.timeline import Timeline, dice

# Telemetry and help desk are connected for most, not for all: of the rest the health knows less.
HAS_TELEMETRY, HAS_HELP_DESK = 0.86, 0.93
DOLLARS_A_SEAT = 380
WEEKS = 10
MONTHS_BACK = 14
PLACES = Decimal("0.01")


def measured_on(timeline: Timeline) -> list[date]:
    """Return the days of the imports: month ends for a good year, and the last ten Mondays."""
    yesterday = timeline.today - timedelta(days=1)
    monday = yesterday - timedelta(days=yesterday.weekday())
    weeks = {monday - timedelta(weeks=back) for back in range(WEEKS)}
    return sorted(weeks | set(timeline.month_ends(MONTHS_BACK)))


def signals(timeline: Timeline, customer: Customer, days: Iterable[date]) -> list[Signal]:
    """Return the account's measures on those of the days on which it was a customer."""
    throw = dice(f"{customer.account.external_id}/signals")
    has_telemetry, has_help_desk = throw.random() < HAS_TELEMETRY, throw.random() < HAS_HELP_DESK
    habit = throw.gauss(0.1, 0.14)
    # One invoice in two years is paid late by many, and very late by a few.
    unpaid_since = timeline.start + timedelta(days=throw.randrange((timeline.today - timeline.start).days))
    unpaid_days = throw.lognormvariate(2.5, 1.2)
    rows = []
    for day in days:
        sold = round(customer.yearly_dollars(day, PLATFORM) / DOLLARS_A_SEAT)
        if not sold or not customer.is_customer(day):
            continue
        month = timeline.month_of(day)
        mood, before = customer.mood[month], customer.mood[max(0, month - 3)]
        values = _usage(throw, sold, habit + 0.3 * mood, mood - before) if has_telemetry else {}
        if has_help_desk:
            values |= _tickets(throw, sold, mood)
        overdue = (day - unpaid_since).days
        values["invoice_overdue_days"] = overdue if 0 < overdue <= unpaid_days else 0
        rows += [
            Signal(account=customer.account, key=key, observed_on=day, value=Decimal(value).quantize(PLACES))
            for key, value in values.items()
        ]
    return rows


def _usage(throw: Random, sold: int, keenness: float, change: float) -> dict[str, float]:
    """Return seats sold and active, and what was done in the last 28 days and in the 84 before."""
    active = max(1, round(sold * max(0.04, min(1.0, 0.68 + keenness + throw.gauss(0, 0.03)))))
    a_day = active * math.exp(throw.gauss(2.2, 0.1))
    growth = math.exp(0.8 * change + throw.gauss(0.03, 0.08))
    return {
        "seats_sold": sold,
        "seats_active": active,
        "usage_28d": round(28 * a_day),
        "usage_84d": round(84 * a_day / growth),
    }


def _tickets(throw: Random, sold: int, mood: float) -> dict[str, float]:
    """Return the weighted tickets of the last 28 days and, where an urgent one is open, its age in days."""
    values = {"tickets_weighted": sold / 100 * throw.lognormvariate(1.2 - 0.9 * mood, 0.35)}
    if throw.random() < 0.05 * math.exp(-0.9 * mood):
        values["oldest_p1_days"] = throw.randint(0, 12)
    return values
