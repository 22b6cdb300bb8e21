"""What was imported of an account: the newest of each measure, beside the one before."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from accounts.models import Signal
from metrics.measures.scope import Scope

NAMES: Mapping[str, str] = {
    "seats_sold": "Seats paid for",
    "seats_active": "Seats in use, last 28 days",
    "usage_28d": "Activity, last 28 days",
    "usage_84d": "Activity, the 84 days before",
    "tickets_weighted": "Tickets weighted by urgency, last 28 days",
    "oldest_p1_days": "Oldest urgent ticket, days open",
    "invoice_overdue_days": "Oldest unpaid invoice, days overdue",
    "open_cases": "Unhappy answers not settled",
    "open_case_late_days": "Days that these are late",
    "decision_maker_case_late": "A decision-maker’s case is late (1 = yes)",
    "renewal_committed": "Renewal promised (1 = yes)",
}


class Measured(NamedTuple):
    """The newest value of one measure, its day, and the value before it, None where there is none."""

    key: str
    value: Decimal
    on: date
    before: Decimal | None

    @property
    def name(self) -> str:
        """What people call it; a measure of one's own by its key in words."""
        return NAMES.get(self.key) or self.key.replace("_", " ").capitalize()

    @property
    def change(self) -> Decimal | None:
        """How much it moved since the value before."""
        return None if self.before is None else self.value - self.before


def newest_signals(scope: Scope) -> list[Measured]:
    """Return the measures of the account in question, by name, in one query."""
    newest = Window(RowNumber(), partition_by="key", order_by=F("observed_on").desc())
    rows: Any = Signal.objects.visible_to(scope.viewer).filter(account=scope.account)
    two = rows.annotate(place=newest).filter(place__lte=2).order_by("key", "place")
    found = []
    for key, group in groupby(two, attrgetter("key")):
        last, *earlier = group
        found.append(Measured(key, last.value, last.observed_on, earlier[0].value if earlier else None))
    return found
