"""The forms of the survey around its questions: its own texts, languages and ways, and its look."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from surveys.admin.builder.forms import DraftForm, lines_field, own_text, with_text
from surveys.colours import Colour
from surveys.definition import LAYOUTS, PRIVACY
from surveys.interchange.native import KEY, LANGUAGE, MAX_LANGUAGES
from surveys.models import Survey
from surveys.themes import COLOURS, DAY, FONTS, RADII, ThemeRefused, check_theme, contrast_faults


class LanguagesField(forms.CharField):
    """Codes of languages, typed with commas or blanks between them."""

    def prepare_value(self, value: Any) -> Any:
        """Return the codes as they are typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        """Return the codes in a list, or raise ValidationError."""
        codes = list(dict.fromkeys(str(value or "").replace(",", " ").split()))
        for code in codes:
            if not LANGUAGE.fullmatch(code):
                raise ValidationError(f"“{code[:40]}” is no language: write codes such as de, pt-BR.")
        if len(codes) > MAX_LANGUAGES:
            raise ValidationError(f"At most {MAX_LANGUAGES} languages.")
        return codes


class FrameForm(DraftForm):
    """The survey's own texts, languages and ways."""

    title = forms.CharField(label="Title", max_length=200)
    intro = lines_field("Introduction, above the first question", rows=3)
    thank_you = lines_field("Thank-you text", rows=3)
    closed = lines_field("Text once closed", rows=2)
    language = forms.CharField(label="Written in", max_length=16, help_text="A code such as en.")
    languages = LanguagesField(
        label="Further languages",
        required=False,
        widget=forms.TextInput({"placeholder": "de, fr"}),
        help_text="Codes with commas between them.",
    )
    layout = forms.ChoiceField(label="Shown as", choices=Survey.Layout.choices)
    privacy = forms.ChoiceField(label="Privacy", choices=Survey.Privacy.choices)
    hidden = forms.CharField(
        label="Hidden fields",
        required=False,
        max_length=1000,
        widget=forms.TextInput({"placeholder": "ticket, agent"}),
        help_text="Names that a link may carry, such as ?ticket=42; kept with the answers.",
    )

    def __init__(self, document: Mapping[str, Any], data: Any = None) -> None:
        own = document["language"]
        initial = {name: own_text(document[name], own) for name in ("title", "intro", "thank_you", "closed")}
        initial |= {
            "language": own,
            "languages": document["languages"][1:],
            "layout": document["layout"] or LAYOUTS[0],
            "privacy": document["privacy"] or PRIVACY[0],
            "hidden": ", ".join(document["hidden"]),
        }
        self.document = document
        super().__init__(data, initial=initial)

    def clean_language(self) -> str:
        """Return the code of the survey's own language, or raise ValidationError."""
        code: str = self.cleaned_data["language"]
        if not LANGUAGE.fullmatch(code):
            raise ValidationError("Write a code such as en or pt-BR.")
        return code

    def clean_hidden(self) -> list[str]:
        """Return the names, or raise ValidationError."""
        names = list(dict.fromkeys(self.cleaned_data["hidden"].replace(",", " ").split()))
        for name in names:
            if not KEY.fullmatch(name):
                raise ValidationError(
                    f"“{name[:40]}”: lower-case letters, digits and _, beginning with a letter."
                )
        return names

    def parts(self) -> dict[str, Any]:
        """Return the names of the document that the cleaned fields give."""
        cleaned, own = self.cleaned_data, self.document["language"]
        texts = {
            name: with_text(self.document[name], own, cleaned[name])
            for name in ("title", "intro", "thank_you", "closed")
        }
        language = cleaned["language"]
        return {
            **texts,
            "language": language,
            "languages": [language, *(code for code in cleaned["languages"] if code != language)],
            "layout": cleaned["layout"],
            "privacy": cleaned["privacy"],
            "hidden": cleaned["hidden"],
        }


def _colour(name: str, help_text: str) -> forms.CharField:
    """Return the field of a colour; left empty it is that of the product, which stands there in grey."""
    widget = forms.TextInput({"placeholder": str(DAY[name]), "data-colour": ""})
    label = name.capitalize()
    return forms.CharField(label=label, required=False, max_length=9, widget=widget, help_text=help_text)


class ThemeForm(DraftForm):
    """How the survey looks: a few checked values, everything else follows from them."""

    accent = _colour("accent", "Buttons and what is picked.")
    background = _colour("background", "")
    text = _colour("text", "")
    font = forms.ChoiceField(
        label="Font",
        required=False,
        choices=[("", "as the product"), *((name, name.capitalize()) for name in FONTS)],
    )
    radius = forms.ChoiceField(
        label="Corners",
        required=False,
        choices=[("", "as the product"), *((name, name.capitalize()) for name in RADII)],
    )

    def __init__(self, theme: Mapping[str, Any], data: Any = None) -> None:
        self.theme = dict(theme)
        super().__init__(data, initial=self.theme, prefix="theme")

    def clean(self) -> dict[str, Any]:
        """Return the fields, or say which value no page may show."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kept = {name: value for name, value in self.theme.items() if name not in self.fields}
        theme = kept | {name: value for name, value in cleaned.items() if value}
        try:
            self.theme = check_theme(theme)
        except ThemeRefused as refused:
            by_colour = (
                contrast_faults(theme)
                if all(Colour.read(theme.get(name, "#000000")) for name in COLOURS)
                else {}
            )
            raise ValidationError(by_colour or str(refused)) from None
        return cleaned
