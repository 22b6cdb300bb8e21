"""Form fields for the settings of a question, made from what its kind says of them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from surveys.choice_lines import ChoiceLine, LinesRefused, read_lines, write_lines
from surveys.kinds import Kind, SettingsRefused

PREFIX = "setting_"
MAX_TEXT, MAX_PARAGRAPH = 200, 10_000


class RowsField(forms.CharField):
    """The rows of a matrix, one a line with its key; the other languages of a row stay with its key."""

    def __init__(self, rows: list[dict[str, Any]], language: str, **kwargs: Any) -> None:
        self.rows = {row["key"]: row["text"] for row in rows}
        self.language = language
        shown = (ChoiceLine(key, text.get(language, "")) for key, text in self.rows.items())
        widget = forms.Textarea({"rows": 5})
        super().__init__(initial=write_lines(shown), max_length=100_000, widget=widget, **kwargs)

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """Return the rows that the lines list, or raise ValidationError."""
        texts = {key: text.get(self.language, "") for key, text in self.rows.items()}
        try:
            lines = read_lines(super().clean(value), texts)
        except LinesRefused as refused:
            raise ValidationError(str(refused)) from None
        return [
            {"key": line.key, "text": {**self.rows.get(line.key, {}), self.language: line.text}}
            for line in lines
        ]


class NumberField(forms.FloatField):
    """A number that stays whole where it was written so."""

    def to_python(self, value: Any) -> float | None:  # type: ignore[override]
        """Return the number, None for a blank, or raise ValidationError."""
        number = super().to_python(value)
        return int(number) if number is not None and number.is_integer() else number


class DayField(forms.DateField):
    """A day, as definitions write it."""

    def to_python(self, value: Any) -> str | None:  # type: ignore[override]
        """Return the day such as 2026-01-31, None for a blank, or raise ValidationError."""
        day = super().to_python(value)
        return day.isoformat() if day else None


def settings_fields(kind: Kind, settings: Mapping[str, Any], language: str = "en") -> dict[str, forms.Field]:
    """Return a field for each setting that the builder offers, holding its value."""
    return {f"{PREFIX}{name}": _field(kind, name, settings, language) for name in kind.labels}


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


def _field(kind: Kind, name: str, settings: Mapping[str, Any], language: str) -> forms.Field:
    label = kind.labels[name]
    if name in kind.holds:
        return _special(kind.holds[name], label, settings.get(name), language)
    if name in kind.text_settings:
        return forms.CharField(
            label=label,
            required=False,
            initial=settings.get(name, ""),
            max_length=MAX_TEXT,
        )
    default = kind.defaults.get(name)
    value = settings.get(name, default)
    if name in kind.options:
        words = [(word, word.capitalize()) for word in kind.options[name]]
        if name in kind.optional:
            words.insert(0, ("", "Anything"))
        return forms.ChoiceField(label=label, required=False, initial=value, choices=words)
    if isinstance(default, bool):
        return forms.BooleanField(label=label, required=False, initial=value)
    automatic = _automatic(kind, name, settings)
    return forms.IntegerField(
        label=label,
        required=False,
        # A value that follows from the other settings stays blank, so that it goes on following.
        initial=None if default is None and value == automatic else value,
        widget=forms.NumberInput({"placeholder": "none" if automatic is None else automatic}),
    )


def _special(holds: str, label: str, value: Any, language: str) -> forms.Field:
    if holds == "rows":
        return RowsField(list(value or ()), language, label=label, help_text="One a line.")
    if holds == "number":
        step = forms.NumberInput({"placeholder": "none", "step": "any"})
        return NumberField(label=label, required=False, initial=value, widget=step)
    if holds == "day":
        day = forms.TextInput({"type": "date"})
        return DayField(label=label, required=False, initial=value, widget=day)
    words = forms.Textarea({"rows": 3})
    return forms.CharField(
        label=label, required=False, initial=value or "", max_length=MAX_PARAGRAPH, widget=words
    )


def _automatic(kind: Kind, name: str, settings: Mapping[str, Any]) -> Any:
    """Return what the setting would be if it were left blank; None also where the others are at fault."""
    others = {key: value for key, value in settings.items() if key != name}
    try:
        return kind.complete_settings(others).get(name)
    except SettingsRefused:
        return None
