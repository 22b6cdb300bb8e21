"""The weights that health is computed by: an immutable row, and a new one when a measure comes into use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from accounts.models import Signal, Subscription
from metrics.evidence.signals import SUPPORT_KEYS, USAGE_KEYS
from metrics.models import Scorecard


class Component(NamedTuple):
    """What one component weighs, and the score at which it neither adds nor takes (0..100)."""

    weight: float
    neutral: float


# Weight and neutral score of each component (METRICS §5.2): priors, until outcomes say better.
DEFAULTS: Mapping[str, Component] = {
    "relationship_sentiment": Component(20, 65),
    "transactional_sentiment": Component(10, 70),
    "sentiment_trend": Component(5, 50),
    "response_behaviour": Component(10, 50),
    "follow_up": Component(10, 100),
    "revenue_movement": Component(10, 60),
    "renewal_readiness": Component(10, 80),
    "product_usage": Component(20, 60),
    "support_load": Component(5, 75),
}
# What Earshot measures itself is always in use: an account that nobody asked is less known for it.
OWN_MEASURES = ("relationship_sentiment", "transactional_sentiment", "sentiment_trend", "response_behaviour")


def scorecard_in_use(*, now: datetime) -> Scorecard:
    """Return the newest scorecard, made first where there is none or where a measure has come into use.

    A measure that depends on data from elsewhere counts from the first such data on, and stays: when its
    data dry up it goes stale, which lowers the confidence, instead of vanishing.
    """
    newest = Scorecard.objects.first()
    weights = newest.weights if newest else _defaults()
    waiting = [key for key, component in weights.items() if not component["is_used"]]
    arrived = [key for key in waiting if _has_data(key)]
    if newest and not arrived:
        return newest
    names = ", ".join(key.replace("_", " ") for key in arrived)
    return Scorecard.objects.create(
        number=newest.number + 1 if newest else 1,
        weights={
            key: component | {"is_used": component["is_used"] or key in arrived}
            for key, component in weights.items()
        },
        created_at=now,
        note=f"In use from now on: {names}" if newest else "The weights that Earshot begins with",
    )


def components_in_use(scorecard: Scorecard) -> dict[str, Component]:
    """Return the components that a scorecard weighs, in the order of METRICS §5.2."""
    weights = scorecard.weights
    return {
        key: Component(weights[key]["weight"], weights[key]["neutral"])
        for key in DEFAULTS
        if key in weights and weights[key]["is_used"]
    }


def _defaults() -> dict[str, dict[str, Any]]:
    return {
        key: component._asdict() | {"is_used": key in OWN_MEASURES} for key, component in DEFAULTS.items()
    }


def _has_data(key: str) -> bool:
    """Return whether there is anything from which a component could be measured."""
    if key in ("revenue_movement", "renewal_readiness"):
        return Subscription.objects.exists()
    keys = {"product_usage": USAGE_KEYS, "support_load": SUPPORT_KEYS}.get(key, ())
    return bool(keys) and Signal.objects.filter(key__in=keys).exists()
