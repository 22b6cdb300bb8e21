"""The health score of an account: parts that add up exactly in hundredths, and the band it falls into."""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from math import inf
from typing import NamedTuple

# Weights, scores and freshness count to six decimals, so that integers carry the whole sum.
MILLION = 1_000_000


class Band(StrEnum):
    """The colour of an account; grey means that too little is known."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"
    GREY = "grey"


class Cutoffs(NamedTuple):
    """Where bands begin, how far and long beyond its edge a band is left, and how much must be known."""

    green_from: float = 75.0
    yellow_from: float = 50.0
    margin: float = 3.0
    days: int = 3
    least_confidence: float = 0.40


CUTOFFS = Cutoffs()


class Part(NamedTuple):
    """One component of a scorecard as measured for one account: score and neutral 0..100, freshness 0..1."""

    key: str
    weight: float
    neutral: float
    score: float | None
    freshness: float


class Override(NamedTuple):
    """A hard rule that caps the score, or a person's word that sets it, whatever the parts say."""

    key: str
    value: float
    is_cap: bool = True


class HealthScore(NamedTuple):
    """A health score in whole hundredths: score_c = base_c + sum of contributions_c + override_c, exactly.

    confidence (0..1) is the share of the weight that stands on fresh evidence.
    """

    score_c: int
    base_c: int
    contributions_c: Mapping[str, int]
    override_c: int
    overridden_by: str | None
    confidence: float

    @property
    def score(self) -> float:
        """Return the score (0..100)."""
        return self.score_c / 100

    @property
    def base(self) -> float:
        """Return what an account of which nothing is known scores (0..100)."""
        return self.base_c / 100

    @property
    def override(self) -> float:
        """Return the points that overrides added (negative for a cap)."""
        return self.override_c / 100

    @property
    def contributions(self) -> dict[str, float]:
        """Return the points that each part added to the base; 0 where nothing is known."""
        return {key: points / 100 for key, points in self.contributions_c.items()}


# The hard rules of METRICS 5.3.
NOTICE_OF_TERMINATION = Override("notice_of_termination", 20)
DECISION_MAKER_CASE_LATE = Override("decision_maker_case_late", 49)
INVOICE_OVERDUE = Override("invoice_overdue", 60)
INVOICE_OVERDUE_DAYS = 60
# A person's word on the score; what caps it still holds.
PERSONS_WORD = "persons_word"


def assemble(parts: Iterable[Part], overrides: Iterable[Override] = ()) -> HealthScore:
    """Return base + sum of weight x freshness x (score - neutral) over the whole weight (METRICS 5.1).

    A missing part contributes exactly 0 and lowers the confidence: one lone promoter does not make 100. For
    this linear form each contribution is the Shapley value of its part.
    """
    known = [_exact(part) for part in parts]
    weight = sum(part.weight for part in known)
    if weight == 0:
        raise ValueError("a scorecard needs weight")
    # Everything below is in hundredths of a point times this unit.
    unit = weight * MILLION * MILLION
    base = sum(part.weight * part.neutral for part in known) * MILLION * 100
    pushes = {part.key: part.weight * part.freshness * part.distance * 100 for part in known}
    if len(pushes) != len(known):
        raise ValueError("a scorecard names each part once")
    base_c = rounded(base, unit)
    score_c = rounded(base + sum(pushes.values()), unit)
    contributions_c = _apportioned(pushes, unit, score_c - base_c)
    final_c, overridden_by = overridden(score_c, overrides)
    return HealthScore(
        score_c=final_c,
        base_c=base_c,
        contributions_c=contributions_c,
        override_c=final_c - score_c,
        overridden_by=overridden_by,
        confidence=sum(part.weight * part.freshness for part in known) / (weight * MILLION),
    )


def hard_rules(
    *, notice_of_termination: bool, decision_maker_case_late: bool, invoice_days_overdue: int | None
) -> list[Override]:
    """Return the caps that act on an account (METRICS 5.3); None when no invoice is open."""
    rules = []
    if notice_of_termination:
        rules.append(NOTICE_OF_TERMINATION)
    if decision_maker_case_late:
        rules.append(DECISION_MAKER_CASE_LATE)
    if invoice_days_overdue is not None and invoice_days_overdue > INVOICE_OVERDUE_DAYS:
        rules.append(INVOICE_OVERDUE)
    return rules


def raw_band(score: float, confidence: float = 1.0, cutoffs: Cutoffs = CUTOFFS) -> Band:
    """Return the band of a score by its cut-offs alone; grey below the least confidence."""
    if confidence < cutoffs.least_confidence:
        return Band.GREY
    if score >= cutoffs.green_from:
        return Band.GREEN
    return Band.YELLOW if score >= cutoffs.yellow_from else Band.RED


def band(
    score: float,
    confidence: float,
    previous: Band | None = None,
    recent: Sequence[float] = (),
    *,
    is_overridden: bool = False,
    cutoffs: Cutoffs = CUTOFFS,
) -> Band:
    """Return today's band: yesterday's is left only 3 points beyond its edge on 3 daily snapshots running.

    recent holds the scores of the days before, oldest first. What is unknown is grey, at once and never
    green; an override, on the days it acts and the day it ends, moves the band without waiting.
    """
    now = raw_band(score, confidence, cutoffs)
    if previous in (None, Band.GREY, now) or now is Band.GREY or is_overridden:
        return now
    days = [*recent, score][-cutoffs.days :]
    lower, upper = _edges(previous, cutoffs)
    has_fallen = all(each < lower - cutoffs.margin for each in days)
    has_risen = all(each >= upper + cutoffs.margin for each in days)
    return now if len(days) == cutoffs.days and (has_fallen or has_risen) else previous


def band_above(score: float, cutoffs: Cutoffs = CUTOFFS) -> Band:
    """Return the band where a cut-off belongs to the band below it, as Gainsight documents its ranges."""
    if score > cutoffs.green_from:
        return Band.GREEN
    return Band.YELLOW if score > cutoffs.yellow_from else Band.RED


def weighted_points(points: Iterable[float], max_points: Iterable[float]) -> float | None:
    """Return points won as a percentage (0..100) of the points there were, or None when there were none."""
    most = sum(max_points)
    return 100 * sum(points) / most if most else None


class _Exact(NamedTuple):
    """A part in millionths, where sums are exact."""

    key: str
    weight: int
    neutral: int
    freshness: int
    distance: int


def _exact(part: Part) -> _Exact:
    key, weight, neutral, score, freshness = part
    if score is None:
        score, freshness = neutral, 0.0
    if weight < 0 or not 0 <= freshness <= 1:
        raise ValueError(f"{key}: weight {weight} or freshness {freshness} out of range")
    if not 0 <= score <= 100 or not 0 <= neutral <= 100:
        raise ValueError(f"{key}: score {score} or neutral {neutral} outside 0..100")
    distance = round(score * MILLION) - round(neutral * MILLION)
    return _Exact(
        key, round(weight * MILLION), round(neutral * MILLION), round(freshness * MILLION), distance
    )


def rounded(amount: int, unit: int) -> int:
    """Return amount / unit to the nearest whole number, halves up."""
    return (2 * amount + unit) // (2 * unit)


def _apportioned(pushes: Mapping[str, int], unit: int, whole: int) -> dict[str, int]:
    """Return integers that add up to the whole: floors, and one more for the largest remainders."""
    parts = {key: divmod(push, unit) for key, push in pushes.items()}
    floors = {key: floor for key, (floor, _) in parts.items()}
    if left := whole - sum(floors.values()):
        for key in sorted(parts, key=lambda key: (-parts[key][1], key))[:left]:
            floors[key] += 1
    return floors


def overridden(score_c: int, overrides: Iterable[Override]) -> tuple[int, str | None]:
    """Return the score after overrides and the key of the deciding one; a cap also binds a person's word."""
    decided, by = score_c, None
    for override in sorted(overrides, key=lambda each: (each.is_cap, -each.value, each.key)):
        value_c = round(override.value * 100)
        if not 0 <= value_c <= 10_000:
            raise ValueError(f"{override.key}: {override.value} lies outside 0..100")
        if not override.is_cap or value_c < decided:
            decided, by = value_c, override.key
    return decided, by


def _edges(band_: Band, cutoffs: Cutoffs) -> tuple[float, float]:
    """Return where a band begins and where the next one does."""
    return {
        Band.GREEN: (cutoffs.green_from, inf),
        Band.YELLOW: (cutoffs.yellow_from, cutoffs.green_from),
        Band.RED: (-inf, cutoffs.yellow_from),
    }[band_]
