"""Form fields for the settings of a question, made from what its kind says of them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from surveys.kinds import Kind, SettingsRefused

PREFIX = "setting_"
MAX_TEXT = 200


def settings_fields(kind: Kind, settings: Mapping[str, Any]) -> dict[str, forms.Field]:
    """Return a field for each setting that the builder offers, holding its value."""
    return {f"{PREFIX}{name}": _field(kind, name, settings) for name in kind.labels}


def read_settings(kind: Kind, cleaned: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings that the cleaned fields give, on top of those that the builder does not offer.

    What is left blank follows from the others, and so does a setting not offered that has no default.
    """
    kept = {
        name: before[name]
        for name, default in kind.defaults.items()
        if default is not None and name in before and name not in kind.labels
    }
    offered = {name: cleaned.get(f"{PREFIX}{name}") for name in kind.labels}
    return kept | {name: value for name, value in offered.items() if value not in (None, "")}


def blame(kind: Kind, refused: SettingsRefused) -> tuple[str | None, str]:
    """Return the field that a refusal is about, None for the whole question, and what to say there."""
    name, _, rest = str(refused).partition(" ")
    if name in kind.labels:
        return f"{PREFIX}{name}", f"{rest[:1].upper()}{rest[1:]}."
    return None, f"{refused}."


def _field(kind: Kind, name: str, settings: Mapping[str, Any]) -> forms.Field:
    label = kind.labels[name]
    if name in kind.text_settings:
        return forms.CharField(
            label=label,
            required=False,
            initial=settings.get(name, ""),
            max_length=MAX_TEXT,
            widget=UnfoldAdminTextInputWidget(),
        )
    default = kind.defaults[name]
    value = settings.get(name, default)
    if name in kind.options:
        words = [(word, word.capitalize()) for word in kind.options[name]]
        return forms.ChoiceField(
            label=label, required=False, initial=value, choices=words, widget=UnfoldAdminSelectWidget()
        )
    if isinstance(default, bool):
        return forms.BooleanField(
            label=label, required=False, initial=value, widget=UnfoldBooleanSwitchWidget()
        )
    automatic = _automatic(kind, name, settings)
    return forms.IntegerField(
        label=label,
        required=False,
        # A value that follows from the other settings stays blank, so that it goes on following.
        initial=None if default is None and value == automatic else value,
        widget=UnfoldAdminIntegerFieldWidget({"placeholder": "none" if automatic is None else automatic}),
    )


def _automatic(kind: Kind, name: str, settings: Mapping[str, Any]) -> Any:
    """Return what the setting would be if it were left blank; None also where the others are at fault."""
    others = {key: value for key, value in settings.items() if key != name}
    try:
        return kind.complete_settings(others)[name]
    except SettingsRefused:
        return None
