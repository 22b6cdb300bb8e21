"""What people fill in on the pages of health."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django import forms

from accounts.models import Contact
from metrics.formulas.health import Cutoffs
from metrics.formulas.scorecards import (
    HEAVIEST,
    HEAVIEST_ROLE,
    LIGHTEST_ROLE,
    Card,
    ScorecardRefused,
    checked,
)
from metrics.measures.explanation import PARTS
from metrics.models.health import OVERRIDE_DAYS

# A fault stands below a number, in a cell as narrow as that.
FAULTS = {
    "required": "Missing.",
    "min_value": "%(limit_value)g at least.",
    "max_value": "%(limit_value)g at most.",
}


class ScorecardForm(forms.Form):
    """Weights, neutral points and bands of a scorecard; `card` is what they make of the one in force.

    It is None where no health can be computed by them; a note that is too long takes nothing from it.
    """

    green_from = forms.FloatField(label="Green from", min_value=0, max_value=100)
    yellow_from = forms.FloatField(label="Yellow from", min_value=0, max_value=100)
    margin = forms.FloatField(
        label="A band is left this many points beyond its edge", min_value=0, max_value=20
    )
    days = forms.IntegerField(label="on this many days in a row", min_value=1, max_value=7)
    least_confidence = forms.FloatField(
        label="Grey where less than this percent is known", min_value=0, max_value=100
    )
    role_decision_maker = forms.FloatField(
        label="An answer of a decision-maker counts", min_value=LIGHTEST_ROLE, max_value=HEAVIEST_ROLE
    )
    role_influencer = forms.FloatField(
        label="of an influencer", min_value=LIGHTEST_ROLE, max_value=HEAVIEST_ROLE
    )
    role_user = forms.FloatField(label="of a user", min_value=LIGHTEST_ROLE, max_value=HEAVIEST_ROLE)
    note = forms.CharField(label="Why", max_length=300, required=False)

    def __init__(
        self, current: Card, data: Mapping[str, Any] | None = None, shown: Card | None = None
    ) -> None:
        super().__init__(data, initial=_initial(shown or current))
        self.current = current
        self.card: Card | None = None
        for key in current.components:
            name = PARTS[key][0]
            self.fields[f"weight_{key}"] = forms.FloatField(
                label=f"Weight of {name}", min_value=0, max_value=HEAVIEST
            )
            self.fields[f"neutral_{key}"] = forms.FloatField(
                label=f"Neutral point of {name}", min_value=0, max_value=100
            )
        for field in self.fields.values():
            if isinstance(field, forms.FloatField | forms.IntegerField):
                field.widget.attrs["step"] = "any"
                field.error_messages |= FAULTS

    @property
    def rows(self) -> list[tuple[str, str, bool, Any, Any]]:
        """Return name, meaning, whether it is in use, weight and neutral point of each part."""
        return [
            (*PARTS[key], component.is_used, self[f"weight_{key}"], self[f"neutral_{key}"])
            for key, component in self.current.components.items()
        ]

    def clean(self) -> dict[str, Any]:
        """Return what was filled in, once a health can be computed by it."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors.keys() - {"note"}:
            try:
                self.card = checked(self._card(said))
            except ScorecardRefused as refused:
                raise forms.ValidationError(str(refused)) from None
        return said

    def _card(self, said: Mapping[str, Any]) -> Card:
        return replace(
            self.current,
            components={
                key: component._replace(weight=said[f"weight_{key}"], neutral=said[f"neutral_{key}"])
                for key, component in self.current.components.items()
            },
            rules=self.current.rules._replace(
                role_weights={
                    role: weight for role in Contact.Role.values if (weight := said[f"role_{role}"]) != 1
                }
            ),
            cutoffs=Cutoffs(
                said["green_from"],
                said["yellow_from"],
                said["margin"],
                said["days"],
                said["least_confidence"] / 100,
            ),
        )


class OverrideForm(forms.Form):
    """A person's word on a health."""

    value = forms.IntegerField(label="Health", min_value=0, max_value=100)
    until = forms.DateField(label="Up to and with", widget=forms.DateInput(attrs={"type": "date"}))
    reason = forms.CharField(label="Why", max_length=500)

    def __init__(self, today: date, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"until": (today + timedelta(days=30)).isoformat()}, prefix="override")
        last = today + timedelta(days=OVERRIDE_DAYS - 1)
        self.fields["until"].widget.attrs |= {"min": today.isoformat(), "max": last.isoformat()}


def _initial(card: Card) -> dict[str, Any]:
    weights = {f"weight_{key}": _short(each.weight) for key, each in card.components.items()}
    neutrals = {f"neutral_{key}": _short(each.neutral) for key, each in card.components.items()}
    bands = {name: _short(value) for name, value in card.cutoffs._asdict().items()}
    least = {"least_confidence": _short(round(100 * card.cutoffs.least_confidence, 2))}
    roles = {f"role_{role}": _short(card.rules.role_weights.get(role, 1.0)) for role in Contact.Role.values}
    return weights | neutrals | bands | least | roles


def _short(number: float) -> float | int:
    return int(number) if float(number).is_integer() else number
