"""A number beside what it is to be: the nearest target ahead, and whether chance alone explains the gap."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas.targets import gap
from metrics.measures.measure import Measure
from metrics.measures.scope import Scope
from metrics.models import Target


class Aim(NamedTuple):
    """A target, by when, and value less target in the unit; None while there is no value."""

    value: Decimal
    by: date
    gap: float | None
    is_within_interval: bool | None


def aim_of(scope: Scope, measure: Measure) -> Aim | None:
    """Return the nearest target of the company, or of the one segment in question; None elsewhere or without.

    A gap inside the interval may be chance.
    """
    segment = scope.attributes.get("segment", "")
    if scope.narrowings - {"segment"} or not scope.viewer.sees_all_accounts:
        return None
    target = Target.objects.filter(metric=measure.metric, segment=segment).ahead_on(scope.today).first()
    if target is None:
        return None
    value = None if measure.value is None else float(measure.value)
    found = gap(value, float(target.value), measure.interval)
    return Aim(target.value, target.by, found and found.points, found and found.is_within_interval)
