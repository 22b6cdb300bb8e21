"""The form of one question: its text, kind, choices and the settings of its kind."""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from surveys.admin.builder.forms import DraftForm, lines_field, own_text, with_text
from surveys.admin.builder.settings_fields import PREFIX, blame, read_settings, settings_fields
from surveys.choice_lines import ChoiceLine, LinesRefused, read_lines, write_lines
from surveys.interchange.native import KEY
from surveys.kinds import KINDS, Kind, SettingsRefused


class QuestionEditForm(DraftForm):
    """One question: its text, kind, choices and the settings of its kind."""

    text = lines_field("Question")
    help = lines_field("Help below it", rows=1)
    kind = forms.ChoiceField(label="Kind")
    is_required = forms.BooleanField(label="Required", required=False)
    choices = forms.CharField(
        required=False,
        max_length=100_000,
        strip=False,
        widget=forms.Textarea({"rows": 6}),
        help_text="One a line. Behind a text, “| open” asks for words, “| exclusive” rules the others out.",
    )
    key = forms.CharField(
        max_length=60,
        help_text="Names the question in exports and trends: keep it when you reword the text.",
    )

    def __init__(self, question: Mapping[str, Any], language: str, data: Any = None) -> None:
        chosen = data.get("kind") if data is not None else question["kind"]
        self.question, self.language = question, language
        self.chosen_kind: Kind = KINDS.get(str(chosen), KINDS[question["kind"]])
        self.choice_lines: list[ChoiceLine] = []
        self._texts_by_key = {
            choice["key"]: own_text(choice["text"], language) for choice in question["choices"]
        }
        initial = {
            "text": own_text(question["text"], language),
            "help": own_text(question["help"], language),
            "kind": question["kind"],
            "is_required": question["required"],
            "key": question["key"],
            "choices": write_lines(
                ChoiceLine(one["key"], self._texts_by_key[one["key"]], one["is_other"], one["is_exclusive"])
                for one in question["choices"]
            ),
        }
        super().__init__(data, initial=initial)
        self.fields["kind"].choices = [(kind.name, kind.label) for kind in KINDS.values()]  # type: ignore[attr-defined]
        if not self.chosen_kind.has_choices:
            del self.fields["choices"]
        self._settings = {
            name: own_text(value, language) if isinstance(value, dict) and name in self._text_names else value
            for name, value in question["settings"].items()
            if name in {*self.chosen_kind.defaults, *self.chosen_kind.optional, *self._text_names}
        }
        self.fields.update(settings_fields(self.chosen_kind, self._settings, language))

    @property
    def _text_names(self) -> tuple[str, ...]:
        return self.chosen_kind.text_settings

    def setting_fields(self) -> Iterator[forms.BoundField]:
        """Yield the fields of the settings, in the kind's own order."""
        return (field for field in self if field.name.startswith(PREFIX))

    def clean_key(self) -> str:
        """Return the key, or raise ValidationError."""
        key: str = self.cleaned_data["key"]
        if not KEY.fullmatch(key):
            raise ValidationError("Lower-case letters, digits and _, beginning with a letter.")
        return key

    def clean_choices(self) -> str:
        """Return the lines; what they list is in `choice_lines`."""
        lines: str = self.cleaned_data["choices"]
        try:
            self.choice_lines = read_lines(lines, self._texts_by_key)
        except LinesRefused as refused:
            raise ValidationError(str(refused)) from None
        return lines

    def clean(self) -> dict[str, Any]:
        """Return the fields, or name the setting that the kind refuses."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._settings = read_settings(self.chosen_kind, cleaned, self._settings)
        try:
            self.chosen_kind.complete_settings(self._settings)
        except SettingsRefused as refused:
            self.add_error(*blame(self.chosen_kind, refused))
        return cleaned

    def edited(self) -> dict[str, Any]:
        """Return the question as the cleaned fields make it, its translations kept; not its condition."""
        cleaned, before = self.cleaned_data, self.question
        return {
            **before,
            "key": cleaned["key"],
            "kind": self.chosen_kind.name,
            "text": with_text(before["text"], self.language, cleaned["text"]),
            "help": with_text(before["help"], self.language, cleaned["help"]),
            "required": cleaned["is_required"],
            "settings": self._worded(before["settings"]),
            "choices": self._choices(),
        }

    def _worded(self, before: Mapping[str, Any]) -> dict[str, Any]:
        def texts(name: str) -> Mapping[str, str]:
            old = before.get(name)
            return old if isinstance(old, dict) else {}

        worded = {
            name: with_text(texts(name), self.language, self._settings.get(name, ""))
            for name in self._text_names
            if texts(name) or self._settings.get(name)
        }
        return {**self._settings, **{name: text for name, text in worded.items() if text}}

    def _choices(self) -> list[dict[str, Any]]:
        before = {choice["key"]: choice["text"] for choice in self.question["choices"]}
        return [
            {
                "key": line.key,
                "text": with_text(before.get(line.key, {}), self.language, line.text),
                "is_other": line.is_other,
                "is_exclusive": line.is_exclusive,
            }
            for line in self.choice_lines
        ]
