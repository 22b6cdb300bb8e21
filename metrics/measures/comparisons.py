"""A number beside that of the former period: the difference, and whether chance alone explains it."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from metrics.formulas.days import months_later
from metrics.formulas.disclosure import LEAST_SHOWN
from metrics.formulas.intervals import Interval, mover
from metrics.formulas.nps import Split, variance
from metrics.formulas.sampling import TYPICAL_VARIANCE, detectable_change
from metrics.measures.measure import Days, Measure
from metrics.measures.query import ask
from metrics.measures.scope import Scope


class Verdict(StrEnum):
    """What a difference is worth."""

    SIGNAL = "signal"
    NOISE = "noise"
    UNKNOWN = "not enough to say"
    COUNTED = "counted"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The former measure, the difference (now less then) and its interval where both are samples.

    `detectable` is the change that as few answers as the smaller period has would have shown four times in
    five, for scores in points; None elsewhere.
    """

    before: Measure
    difference: float | Decimal | None
    interval: Interval | None
    detectable: float | None
    is_few: bool = False

    @property
    def is_different(self) -> bool | None:
        """Whether the interval leaves zero out; None where there is none."""
        return None if self.interval is None else 0 not in self.interval

    @property
    def verdict(self) -> Verdict:
        """Whether chance alone explains the difference; what is counted in full is no sample of anything."""
        if self.difference is None or self.is_few:
            return Verdict.UNKNOWN
        if self.interval is None:
            return Verdict.COUNTED
        return Verdict.SIGNAL if self.is_different else Verdict.NOISE


def compared(name: str, scope: Scope, measure: Measure) -> Comparison:
    """Return a measure beside the one of the window as long that ends where its own begins.

    The difference is of unrounded values, its interval that of MOVER from the two (METRICS §2.2).
    """
    return between(measure, ask(name, former(scope)))


def between(measure: Measure, before: Measure) -> Comparison:
    """Return a measure beside a former one that was asked already."""
    difference: float | Decimal | None = None
    interval = None
    if measure.value is not None and before.value is not None:
        difference = (
            measure.value - before.value
            if isinstance(measure.value, Decimal) and isinstance(before.value, Decimal)
            else float(measure.value) - float(before.value)
        )
        if measure.interval and before.interval:
            interval = mover(float(measure.value), measure.interval, float(before.value), before.interval)
    is_few = interval is not None and min(measure.n, before.n) < LEAST_SHOWN
    return Comparison(before, difference, interval, _detectable(measure, before), is_few)


def former(scope: Scope) -> Scope:
    """Return the same question about the time before: as many months, or as many days, and as it was then."""
    if scope.start is None:
        raise ValueError("there is no period before all days")
    months = 12 * (scope.end.year - scope.start.year) + scope.end.month - scope.start.month
    if months and months_later(scope.end, -months) == scope.start:
        window = Days(months_later(scope.start, -months), scope.start)
    else:
        window = Days(scope.start - (scope.end - scope.start), scope.start)
    return replace(scope, start=window.start, end=window.end, today=min(scope.today, window.end))


def _detectable(measure: Measure, before: Measure) -> float | None:
    """Return the change in points that would have been noticed, by the spread that the answers have."""
    if measure.metric != "nps" or not measure.n or not before.n:
        return None
    groups = Split(*(int(measure.beside[name] or 0) for name in Split._fields))
    spread = variance(groups) or TYPICAL_VARIANCE
    return detectable_change(min(measure.n, before.n), variance=spread)
