"""From a score to a probability, and from outcomes to better weights."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import scipy

Vector: TypeAlias = np.ndarray[tuple[int], np.dtype[np.float64]]

LEAST_FOR_ISOTONIC = 300
LEAST_AUC_GAIN = 0.02
LEAST_LOSSES_TO_REWEIGHT = 30
LEAST_RENEWALS_TO_REWEIGHT = 200


class Trial(NamedTuple):
    """How one set of weights did on renewals it had not seen: auc and Brier score, both 0..1."""

    auc: float
    brier: float


def calibrated(scores: Sequence[float], happened: Sequence[bool]) -> Callable[[float], float] | None:
    """Return a map from score to probability (0..1), or None when every outcome is the same.

    Platt's (1999) sigmoid; isotonic (falling or rising as the sigmoid is) above 300 outcomes.
    """
    if len(scores) != len(happened) or len(set(happened)) < 2:
        return None
    slope, intercept = _platt(scores, happened)
    if len(scores) > LEAST_FOR_ISOTONIC:
        return _isotonic(scores, happened, rises=slope >= 0)
    return lambda score: float(scipy.special.expit(slope * score + intercept))


def cut_points(loss: Callable[[float], float], base_rate: float) -> tuple[float, float] | None:
    """Return (green_from, yellow_from) from the probability of loss at a score, or None where there are none.

    Red is at least twice the base rate (0..1), green at most half of it (METRICS 5.3).
    """
    scores = [step / 2 for step in range(201)]
    green = next((score for score in scores if loss(score) <= base_rate / 2), None)
    yellow = next((score for score in scores if loss(score) < 2 * base_rate), None)
    return None if green is None or yellow is None or green <= yellow else (green, yellow)


def reweighted(
    weights: Mapping[str, float], evidence: Sequence[Mapping[str, float]], renewed: Sequence[bool]
) -> dict[str, float] | None:
    """Return weights half-way between today's and those that explain renewals best, or None without enough.

    evidence is freshness x (score - neutral) per part and account. Weights never turn negative; the new
    half is scaled to the same sum. Needs 200 renewals with 30 losses (METRICS 5.4).
    """
    losses = len(renewed) - sum(renewed)
    if (
        len(renewed) < LEAST_RENEWALS_TO_REWEIGHT
        or losses < LEAST_LOSSES_TO_REWEIGHT
        or losses == len(renewed)
    ):
        return None
    keys = list(weights)
    inputs = np.array([[row.get(key, 0.0) for key in keys] for row in evidence], dtype=np.float64)
    fitted = _non_negative_logistic(inputs / 100, np.array(renewed, dtype=np.float64))
    if not fitted.sum():
        return None
    whole = sum(weights.values())
    return {
        key: (weights[key] + whole * float(new) / float(fitted.sum())) / 2
        for key, new in zip(keys, fitted, strict=True)
    }


def is_better(new: Trial, old: Trial) -> bool:
    """Return whether new weights deserve adoption: out of time, AUC up by 0.02 and Brier no worse."""
    return new.auc >= old.auc + LEAST_AUC_GAIN and new.brier <= old.brier


def _platt(scores: Sequence[float], happened: Sequence[bool]) -> tuple[float, float]:
    x, y = np.array(scores, dtype=np.float64), np.array(happened, dtype=np.float64)
    centre, spread = float(x.mean()), float(x.std()) or 1.0
    z = (x - centre) / spread
    # Platt's targets keep the sigmoid finite when the classes do not overlap.
    events = y.sum()
    targets = np.where(y > 0, (events + 1) / (events + 2), 1 / (len(y) - events + 2))

    def loss(at: Vector) -> float:
        return _log_loss(at[0] * z + at[1], targets)

    slope, intercept = (
        float(each) for each in scipy.optimize.minimize(loss, x0=np.zeros(2), method="BFGS").x
    )
    return slope / spread, intercept - slope * centre / spread


def _isotonic(scores: Sequence[float], happened: Sequence[bool], *, rises: bool) -> Callable[[float], float]:
    points, which = np.unique(np.array(scores, dtype=np.float64), return_inverse=True)
    counts = np.bincount(which)
    shares = np.bincount(which, weights=np.array(happened, dtype=np.float64)) / counts
    fitted = scipy.optimize.isotonic_regression(shares, weights=counts, increasing=rises).x
    return lambda score: float(np.interp(score, points, fitted))


def _non_negative_logistic(inputs: np.ndarray[tuple[int, int], np.dtype[np.float64]], y: Vector) -> Vector:
    count = inputs.shape[1]

    def loss(at: Vector) -> float:
        return _log_loss(inputs @ at[:count] + at[count], y)

    bounds = [(0.0, None)] * count + [(None, None)]
    found = scipy.optimize.minimize(loss, x0=np.zeros(count + 1), method="L-BFGS-B", bounds=bounds)
    return np.asarray(found.x[:count], dtype=np.float64)


def _log_loss(logits: Vector, targets: Vector) -> float:
    return float(
        -np.mean(targets * scipy.special.log_expit(logits) + (1 - targets) * scipy.special.log_expit(-logits))
    )
