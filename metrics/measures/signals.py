"""What was imported of an account: the newest of each measure, beside the one before."""

from datetime import date
from decimal import Decimal
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from django.db.models import F, Window
from django.db.models.functions import RowNumber

from accounts.models import Signal
from metrics.measures.scope import Scope


class Measured(NamedTuple):
    """The newest value of one measure, its day, and the value before it, None where there is none."""

    key: str
    value: Decimal
    on: date
    before: Decimal | None

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
