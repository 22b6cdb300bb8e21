"""What moved the health of an account since a date: the difference of every part, adding up exactly."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import Subquery

from accounts.models import Account
from metrics.formulas.health import HealthScore, Override
from metrics.formulas.health_history import Trend, moves, trend
from metrics.formulas.scorecards import from_json
from metrics.measures.explanation import OF_REVENUE, PARTS, TOGETHER
from metrics.models import Health

# How old the health may be that stands for the one of a day.
NEAR = timedelta(days=31)
TREND_DAYS = 30
MODEL = ("The scorecard changed", "weights, neutral points or rules, not the customer")
OVERRIDES = ("What overrides the parts", "hard rules, and a person’s word")


@dataclass(frozen=True, slots=True)
class Move:
    """What one part added or took between two days, in hundredths; `bar` (0..100) beside the longest."""

    key: str
    name: str
    hundredths: int
    bar: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A health on two days, in hundredths of a point, and the moves that lead from one to the other."""

    since: date
    day: date
    before: int
    after: int
    moves: Sequence[Move]

    @property
    def total(self) -> int:
        """The whole movement, in hundredths."""
        return self.after - self.before


class Snapshots(NamedTuple):
    """An account's newest health on four days, None where the last month before one has none."""

    now: Health | None
    before: Health | None
    since: Health | None
    on: Health | None


def snapshots(account: Account, since: date, today: date, on: date | None = None) -> Snapshots:
    """Return the health of today, of thirty days ago and of two other days, in one query."""
    days = (today, today - timedelta(days=TREND_DAYS), min(since, today), min(on or today, today))
    of_account = Health.objects.filter(account=account).order_by("-day", "-revision").values("pk")
    newest: Any = [Subquery(of_account.filter(day__gt=day - NEAR, day__lte=day)[:1]) for day in {*days}]
    rows = list(Health.objects.filter(pk__in=newest).select_related("scorecard").order_by("-day"))
    return Snapshots(*(next((row for row in rows if day - NEAR < row.day <= day), None) for day in days))


def moved_since(account: Account, since: date, today: date, *, with_revenue: bool) -> Moved | None:
    """Return what moved an account's health from the end of a day to its newest one.

    None where there is no health within 31 days up to each of the two days.
    """
    return moved_in(snapshots(account, since, today), with_revenue=with_revenue)


def moved_in(known: Snapshots, *, with_revenue: bool) -> Moved | None:
    """Return the same of snapshots that were read already."""
    after, before = known.now, known.since
    if after is None or before is None:
        return None
    start, end = score_of(before), score_of(after)
    by_new = None if before.scorecard_id == after.scorecard_id else rescored(before, after)
    found = moves(start, end, by_new)
    points_of = Counter[str]()
    for key, points in found.parts_c.items():
        points_of[key if with_revenue or key not in OF_REVENUE else TOGETHER] += points
    told = [(key, PARTS.get(key, (key, ""))[0], points) for key, points in points_of.items()]
    told.append(("override", OVERRIDES[0], found.override_c))
    told.append(("scorecard", MODEL[0], found.model_change_c))
    told = sorted((each for each in told if each[2]), key=lambda each: (-abs(each[2]), each[0]))
    longest = max((abs(points) for _, _, points in told), default=1)
    return Moved(
        since=before.day,
        day=after.day,
        before=before.score,
        after=after.score,
        moves=[Move(key, name, points, 100 * abs(points) // longest) for key, name, points in told],
    )


def trend_of(account: Account, today: date) -> Trend | None:
    """Return where the health went in thirty days, or None where it is not known for both ends."""
    return trend_in(snapshots(account, today, today))


def trend_in(known: Snapshots) -> Trend | None:
    """Return the same of snapshots that were read already."""
    after, before = known.now, known.before
    return trend(after.score / 100, before.score / 100) if after and before else None


def score_of(health: Health) -> HealthScore:
    """Return a stored health as the sum it is."""
    overriding = [part for part in health.parts if part.get("is_override")]
    return HealthScore(
        score_c=health.score,
        base_c=health.base,
        contributions_c={
            part["key"]: part["contribution"] for part in health.parts if not part.get("is_override")
        },
        override_c=sum(part["contribution"] for part in overriding),
        overridden_by=next((part["key"] for part in overriding if part.get("is_binding")), None),
        confidence=health.confidence / 10_000,
    )


def rescored(health: Health, by: Health) -> HealthScore:
    """Return what a stored health would have been by the scorecard of another."""
    card = from_json(by.scorecard.weights, by.scorecard.rules)
    return card.score(measured(health.parts), overrides(health.parts))


def measured(parts: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float | None, float]]:
    """Return score (0..100) and freshness (0..1) of stored parts, by key."""
    return {
        part["key"]: (None if part["score"] is None else part["score"] / 100, part["freshness"] / 10_000)
        for part in parts
        if not part.get("is_override")
    }


def overrides(parts: Sequence[Mapping[str, Any]]) -> list[Override]:
    """Return what acted on a stored health beside its parts."""
    return [
        Override(part["key"], part["score"] / 100, is_cap=part.get("is_cap", True))
        for part in parts
        if part.get("is_override") and part["score"] is not None
    ]
