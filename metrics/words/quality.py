"""How well labels were told: accuracy, macro-F1, and for two labels the area under the curve. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from metrics.formulas.backtest import auc


class Quality(NamedTuple):
    """Shares (0..1) over n texts; auc only where there are two labels."""

    n: int
    accuracy: float
    macro_f1: float
    auc: float | None = None


def agreement(truth: Sequence[str], told: Sequence[str]) -> Quality:
    """Return how well labels were told, of at least one text."""
    right: Counter[str] = Counter(t for t, g in zip(truth, told, strict=True) if t == g)
    is_, said = Counter(truth), Counter(told)
    scores = [2 * right[label] / (is_[label] + said[label]) for label in is_]
    return Quality(len(truth), sum(right.values()) / len(truth), sum(scores) / len(scores))


def quality_of(truth: Sequence[str], guessed: Sequence[Mapping[str, float]]) -> Quality:
    """Return how well the likeliest labels were the true ones."""
    found = agreement(truth, [max(each, key=lambda label: each[label]) for each in guessed])
    labels = sorted(set(truth))
    if len(labels) != 2:
        return found
    last = labels[1]
    scores: dict[bool, Counter[float]] = {True: Counter(), False: Counter()}
    for label, each in zip(truth, guessed, strict=True):
        scores[label == last][each[last]] += 1
    return found._replace(auc=auc(scores[True], scores[False]))
