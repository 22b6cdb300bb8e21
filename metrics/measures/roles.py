"""What the answers of decision-makers, influencers and users weigh within one account (METRICS §1.1).

All alike unless a scorecard says otherwise: being immutable, it tells of every past day what was in force.
"""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from accounts.models import Contact
from metrics.formulas.scorecards import from_json
from metrics.models import Scorecard


class RoleWeights(NamedTuple):
    """What each role weighs, 1 where nothing is said, and a sentence about it where any weighs otherwise."""

    weights: Mapping[str, float]
    wording: str

    def of(self, role: str) -> float:
        """Return what an answer of the role weighs."""
        return self.weights.get(role, 1.0)


def role_weights(day: date) -> RoleWeights:
    """Return the weights of the scorecard in force on the day."""
    card = Scorecard.objects.filter(valid_from__lte=day).order_by("-number").first()
    weights = from_json(card.weights, card.rules).rules.role_weights if card else {}
    if card is None or all(weight == 1 for weight in weights.values()):
        return RoleWeights({}, "")
    said = ", ".join(f"{role.label.lower()} {weights.get(role, 1):g}" for role in Contact.Role)
    return RoleWeights(weights, f" Within an account an answer weighs by role: {said} ({card}).")
