"""What a scorecard says: weights and neutral points, how things are measured, where bands begin."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from metrics.formulas.health import CUTOFFS, Cutoffs, HealthScore, Override, Part, assemble
from metrics.formulas.health_components import RULES, Rules

# What a weight may be at most; they count relative to their sum.
HEAVIEST = 100.0
# What the answer of one role may weigh beside that of another.
LIGHTEST_ROLE, HEAVIEST_ROLE = 0.1, 10.0


class Component(NamedTuple):
    """What one component weighs, and the score at which it neither adds nor takes (0..100).

    What the company does not use, for want of data, takes no weight.
    """

    weight: float
    neutral: float
    is_used: bool = True


class ScorecardRefused(ValueError):
    """A scorecard by which no health could be computed."""


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


@dataclass(frozen=True)
class Card:
    """Everything that decides a health but the evidence: components by key, rules of measuring, cut-offs."""

    components: Mapping[str, Component]
    rules: Rules = RULES
    cutoffs: Cutoffs = CUTOFFS

    @cached_property
    def used(self) -> dict[str, Component]:
        """Return the components that have a weight, in the order of METRICS §5.2."""
        return {
            key: self.components[key]
            for key in DEFAULTS
            if key in self.components and self.components[key].is_used and self.components[key].weight > 0
        }

    def with_use_of(self, keys: Iterable[str]) -> "Card":
        """Return the card with these components in use as well."""
        arrived = set(keys)
        return replace(
            self,
            components={
                key: component._replace(is_used=component.is_used or key in arrived)
                for key, component in self.components.items()
            },
        )

    def with_weights(self, weights: Mapping[str, float]) -> "Card":
        """Return the card with other weights of some components."""
        return replace(
            self,
            components={
                key: component._replace(weight=weights.get(key, component.weight))
                for key, component in self.components.items()
            },
        )

    def score(
        self, measured: Mapping[str, tuple[float | None, float]], rules: Iterable[Override]
    ) -> HealthScore:
        """Return the health of what was measured: score and freshness by component, and what overrides it."""
        unknown = (None, 0.0)
        return assemble(
            [
                Part(key, component.weight, component.neutral, *measured.get(key, unknown))
                for key, component in self.used.items()
            ],
            rules,
        )


def checked(card: Card) -> Card:
    """Return the card, or raise ScorecardRefused in words for the person who wrote it."""
    for key, component in card.components.items():
        if key not in DEFAULTS:
            raise ScorecardRefused(f"There is no part called {key}.")
        if not 0 <= component.weight <= HEAVIEST:
            raise ScorecardRefused(f"A weight lies between 0 and {HEAVIEST:.0f}.")
        if not 0 <= component.neutral <= 100:
            raise ScorecardRefused("A neutral score lies between 0 and 100.")
    if not all(LIGHTEST_ROLE <= weight <= HEAVIEST_ROLE for weight in card.rules.role_weights.values()):
        raise ScorecardRefused(f"A role weighs between {LIGHTEST_ROLE} and {HEAVIEST_ROLE:.0f}.")
    if not card.used:
        raise ScorecardRefused("At least one part needs weight.")
    cutoffs = card.cutoffs
    if not 0 < cutoffs.yellow_from < cutoffs.green_from <= 100:
        raise ScorecardRefused("Yellow begins above 0 and below where green begins, which is at most 100.")
    if not 0 <= cutoffs.margin <= 20 or not 1 <= cutoffs.days <= 7:
        raise ScorecardRefused("A band is left at most 20 points beyond its edge, on one to seven days.")
    if not 0 <= cutoffs.least_confidence <= 1:
        raise ScorecardRefused("The least confidence lies between 0 and 100 percent.")
    return card


def weights_to_json(card: Card) -> dict[str, Any]:
    """Return the components as they are stored."""
    return {key: component._asdict() for key, component in card.components.items()}


def rules_to_json(card: Card) -> dict[str, Any]:
    """Return rules and cut-offs as they are stored."""
    measuring = card.rules._asdict() | {"role_weights": dict(card.rules.role_weights)}
    stored: dict[str, Any] = json.loads(json.dumps({"measuring": measuring, "bands": card.cutoffs._asdict()}))
    return stored


def from_json(weights: Mapping[str, Any], rules: Mapping[str, Any]) -> Card:
    """Return a card as it was stored; what it does not say is as Earshot begins with."""
    measuring = {key: _read(value) for key, value in rules.get("measuring", {}).items()}
    return Card(
        components={key: _component(weights[key]) for key in sorted(weights, key=_place)},
        rules=RULES._replace(**measuring),
        cutoffs=CUTOFFS._replace(**rules.get("bands", {})),
    )


def content_hash(weights: Mapping[str, Any], rules: Mapping[str, Any]) -> str:
    """Return the SHA-256 of what a scorecard says, in hexadecimal: two that agree have the same."""
    said = json.dumps({"weights": weights, "rules": rules}, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _component(said: Mapping[str, Any]) -> Component:
    return Component(said["weight"], said["neutral"], said.get("is_used", True))


def _place(key: str) -> int:
    """Return where a component stands in METRICS §5.2; PostgreSQL keeps keys by their length."""
    return [*DEFAULTS].index(key) if key in DEFAULTS else len(DEFAULTS)


def _read(value: Any) -> Any:
    """Return lists as tuples, all the way down."""
    return tuple(map(_read, value)) if isinstance(value, Sequence) and not isinstance(value, str) else value
