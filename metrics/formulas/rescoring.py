"""Stored healths scored again by another scorecard, thousands at once."""

from collections.abc import Iterable
from typing import NamedTuple

from metrics.formulas.health import MILLION, Override, overridden, rounded
from metrics.formulas.scorecards import Card

# How a stored health counts scores and freshness: in hundredths of a point, in ten-thousandths.
OF_SCORE, OF_FRESHNESS = MILLION // 100, MILLION // 10_000


class Measured(NamedTuple):
    """One part of a stored health: score in hundredths, None where unknown, freshness in ten-thousandths."""

    key: str
    score: int | None
    freshness: int


class Rescored(NamedTuple):
    """A health score in hundredths (0..10,000) and how much of it is known (0..1)."""

    score_c: int
    confidence: float


class Rescorer:
    """A scorecard that says of stored healths what `Card.score` does, without the points of each part."""

    def __init__(self, card: Card) -> None:
        self._parts = {
            key: (round(component.weight * MILLION), round(component.neutral * MILLION))
            for key, component in card.used.items()
        }
        self._weight = sum(weight for weight, _ in self._parts.values()) * MILLION
        self._base = sum(weight * neutral for weight, neutral in self._parts.values()) * MILLION * 100

    def score(self, measured: Iterable[Measured], rules: Iterable[Override]) -> Rescored:
        """Return the health of what was measured and of what overrides it."""
        known, pushes = 0, self._base
        for key, score, freshness in measured:
            if score is not None and key in self._parts:
                weight, neutral = self._parts[key]
                fresh = weight * freshness * OF_FRESHNESS
                known += fresh
                pushes += fresh * (score * OF_SCORE - neutral) * 100
        score_c, _ = overridden(rounded(pushes, self._weight * MILLION), rules)
        return Rescored(score_c, known / self._weight)
