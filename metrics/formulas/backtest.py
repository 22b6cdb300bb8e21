"""What a score was worth: did the accounts it warned of leave? Counted, with intervals, and honest when not.

Scores are histograms (score to number of accounts) of accounts that were kept and accounts that were lost,
as the score was known before the renewal. A high score promises renewal.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from math import fsum, sqrt
from typing import NamedTuple, TypeAlias, TypeVar

from metrics.formulas.intervals import Interval, clipped, critical_value, wilson

_Score = TypeVar("_Score", bound=float)
# How many accounts had each score.
Scores: TypeAlias = Mapping[_Score, int]

LEAST_LOSSES = 30


class Bin(NamedTuple):
    """One bin of a reliability curve: mean prediction and share of events (both 0..1), and how many."""

    predicted: float
    observed: float
    n: int


class BackTest(NamedTuple):
    """How well a score told lost accounts from kept ones; shares and auc 0..1, lift as a multiple.

    None where there was nobody to tell apart.
    """

    kept: int
    lost: int
    auc: float | None
    interval: Interval | None
    lift_at_10: float | None
    capture_at_20: float | None

    @property
    def is_enough(self) -> bool:
        """Return whether there were losses enough to judge by."""
        return self.lost >= LEAST_LOSSES

    @property
    def has_evidence(self) -> bool:
        """Return whether the score is better than chance: losses enough and an interval above one half."""
        return self.is_enough and self.interval is not None and self.interval.low > 0.5


def backtest(kept: Scores[_Score], lost: Scores[_Score]) -> BackTest:
    """Return discrimination, lift among the lowest tenth and losses caught in the lowest fifth."""
    area, n_kept, n_lost = auc(kept, lost), _count(kept), _count(lost)
    return BackTest(
        kept=n_kept,
        lost=n_lost,
        auc=area,
        interval=None if area is None else auc_interval(area, events=n_lost, others=n_kept),
        lift_at_10=lift(kept, lost, 0.10),
        capture_at_20=capture(kept, lost, 0.20),
    )


def auc(positive: Scores[_Score], negative: Scores[_Score]) -> float | None:
    """Return the chance (0..1) that a positive scores above a negative, ties half, or None without either.

    Exact from two histograms (Hanley & McNeil 1982: the Wilcoxon statistic).
    """
    positives, negatives = _count(positive), _count(negative)
    if not positives or not negatives:
        return None
    values = sorted(negative)
    below = [0]
    for value in values:
        below.append(below[-1] + negative[value])
    wins = sum(
        count * (below[bisect_left(values, score)] + below[bisect_right(values, score)])
        for score, count in positive.items()
    )
    return wins / (2 * positives * negatives)


def auc_interval(area: float, events: int, others: int, confidence: float = 0.95) -> Interval:
    """Return the interval (0..1) of an AUC from the number of events and of others (Hanley & McNeil 1982).

    The formula is not symmetric: events are the few, here the accounts lost. Where all pairs are in order, or
    none is, it has no width, however few they are (a case that Obuchowski & Lieber 2002 treat): then the ends
    are Wilson's of a share that all, or none, of the fewer have.
    """
    if area in (0, 1):
        fewer = min(events, others)
        return wilson(area * fewer, fewer, confidence) or Interval(0.0, 1.0)
    two_events_above, two_others_below = area / (2 - area), 2 * area * area / (1 + area)
    variance = (
        area * (1 - area)
        + (events - 1) * (two_events_above - area * area)
        + (others - 1) * (two_others_below - area * area)
    ) / (events * others)
    reach = critical_value(confidence) * sqrt(max(0.0, variance))
    return clipped(Interval(area - reach, area + reach), 0, 1)


def capture(kept: Scores[_Score], lost: Scores[_Score], share: float) -> float | None:
    """Return the share (0..1) of losses found among the lowest-scored share (0..1) of accounts, or None.

    Accounts that tie at the edge count in proportion.
    """
    losses = _count(lost)
    if not losses:
        return None
    room = share * (losses + _count(kept))
    found = 0.0
    for score in sorted({*kept, *lost}):
        here = kept.get(score, 0) + lost.get(score, 0)
        if here and room > 0:
            taken = min(1.0, room / here)
            found += taken * lost.get(score, 0)
            room -= taken * here
    return found / losses


def lift(kept: Scores[_Score], lost: Scores[_Score], share: float) -> float | None:
    """Return how many times the average loss rate the lowest-scored share (0..1] of accounts has, or None."""
    if not 0 < share <= 1:
        raise ValueError(f"a share lies between 0 and 1, not {share}")
    found = capture(kept, lost, share)
    return None if found is None else found / share


def brier(forecasts: Iterable[tuple[float, bool]]) -> float | None:
    """Return the mean squared error (0..1, less is better) of (probability, what happened), or None.

    Brier (1950).
    """
    errors = [(probability - happened) ** 2 for probability, happened in forecasts]
    return fsum(errors) / len(errors) if errors else None


def brier_skill(forecasts: Iterable[tuple[float, bool]]) -> float | None:
    """Return 1 - Brier / Brier of always forecasting the base rate (<= 1), or None when nothing varies."""
    pairs = list(forecasts)
    score = brier(pairs)
    if score is None:
        return None
    base = sum(happened for _, happened in pairs) / len(pairs)
    return 1 - score / (base * (1 - base)) if 0 < base < 1 else None


def reliability(forecasts: Iterable[tuple[float, bool]], bins: int = 10) -> list[Bin]:
    """Return predicted against observed in so many bins of equal count, lowest first."""
    forecasts = list(forecasts)
    return [_bin([forecasts[i] for i in part]) for part in equal_parts(forecasts, bins)]


def equal_parts(forecasts: Sequence[tuple[float, bool]], bins: int = 10) -> list[list[int]]:
    """Return which forecasts are in each of so many bins of equal count, lowest first, without empty ones."""
    ranked = sorted(range(len(forecasts)), key=lambda i: forecasts[i][0])
    edges = [round(i * len(ranked) / bins) for i in range(bins + 1)]
    return [ranked[a:b] for a, b in pairwise(edges) if b > a]


def reliability_by_width(forecasts: Iterable[tuple[float, bool]], bins: int = 10) -> list[Bin]:
    """Return predicted against observed in bins of equal width over 0..1, empty ones left out.

    A forecast on an edge belongs to the bin below, as in scikit-learn.
    """
    inner = [i / bins for i in range(1, bins)]
    filled: dict[int, list[tuple[float, bool]]] = {}
    for probability, happened in forecasts:
        filled.setdefault(bisect_left(inner, probability), []).append((probability, happened))
    return [_bin(filled[position]) for position in sorted(filled)]


def cross_fitted(
    scores: Sequence[float],
    happened: Sequence[bool],
    fit: Callable[[Sequence[float], Sequence[bool]], Callable[[float], float] | None],
    folds: int = 5,
) -> list[tuple[float, bool]]:
    """Return a forecast (0..1) for each score by a fit that has not seen it, beside what happened.

    Empty where a fold without it holds outcomes of one sort only. Folds are dealt out in turn.
    """
    forecasts = [0.0] * len(scores)
    for fold in range(folds):
        rest = [i for i in range(len(scores)) if i % folds != fold]
        fitted = fit([scores[i] for i in rest], [happened[i] for i in rest])
        if fitted is None:
            return []
        for i in range(fold, len(scores), folds):
            forecasts[i] = fitted(scores[i])
    return list(zip(forecasts, happened, strict=True))


def _bin(pairs: Sequence[tuple[float, bool]]) -> Bin:
    n = len(pairs)
    return Bin(fsum(p for p, _ in pairs) / n, sum(happened for _, happened in pairs) / n, n)


def _count(scores: Scores[_Score]) -> int:
    return sum(scores.values())
