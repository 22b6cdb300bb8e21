"""How a health score moved between two days, part by part, adding up exactly."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from metrics.formulas.health import CUTOFFS, HealthScore


class Trend(StrEnum):
    """Where a score has gone in thirty days."""

    UP = "up"
    FLAT = "flat"
    DOWN = "down"


class Moves(NamedTuple):
    """What moved a score, in hundredths: parts + override + model_change = after - before, exactly."""

    parts_c: Mapping[str, int]
    override_c: int
    model_change_c: int

    @property
    def total_c(self) -> int:
        """Return the whole movement in hundredths."""
        return sum(self.parts_c.values()) + self.override_c + self.model_change_c


def moves(before: HealthScore, after: HealthScore, before_by_new: HealthScore | None = None) -> Moves:
    """Return what each part added between two scores.

    Across scorecards pass the earlier day scored anew by the later card: the difference it makes is the
    model change, not the customer's doing.
    """
    start = before if before_by_new is None else before_by_new
    keys = sorted({*start.contributions_c, *after.contributions_c})
    parts = {key: after.contributions_c.get(key, 0) - start.contributions_c.get(key, 0) for key in keys}
    model_change = start.score_c - before.score_c + after.base_c - start.base_c
    return Moves(parts, after.override_c - start.override_c, model_change)


def trend(now: float, then: float | None) -> Trend | None:
    """Return the direction over 30 days, flat within 3 points, or None without a score then."""
    if then is None:
        return None
    if abs(now - then) <= CUTOFFS.margin:
        return Trend.FLAT
    return Trend.UP if now > then else Trend.DOWN
