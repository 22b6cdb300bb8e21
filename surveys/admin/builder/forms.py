"""The forms of the builder: one question, one page, one ending, or the survey itself, as parts of a draft.

Each shows and takes the texts of the survey's own language and leaves the translations as they are.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from surveys.admin.settings_fields import PREFIX, blame, read_settings, settings_fields
from surveys.admin.survey_form import LanguagesField
from surveys.choice_lines import ChoiceLine, LinesRefused, read_lines, write_lines
from surveys.colours import Colour
from surveys.definition import LAYOUTS, PRIVACY
from surveys.interchange.native import KEY, LANGUAGE
from surveys.interchange.native_reader import MAX_TEXT
from surveys.kinds import KINDS, Kind, SettingsRefused
from surveys.models import Ending, Survey
from surveys.themes import COLOURS, FONTS, RADII, ThemeRefused, check_theme, contrast_faults

Texts = dict[str, str]


def own_text(texts: Mapping[str, str], language: str) -> str:
    """Return the text in the survey's own language, ''."""
    return texts.get(language, "")


def with_text(texts: Mapping[str, str], language: str, words: str) -> Texts:
    """Return the texts with these words in the language; without any where the words are blank."""
    others = {code: text for code, text in texts.items() if code != language}
    return {**others, language: words} if words else others


def _lines(label: str, rows: int = 2, **more: Any) -> forms.CharField:
    widget = UnfoldAdminTextareaWidget({"rows": rows})
    return forms.CharField(label=label, required=False, max_length=MAX_TEXT, widget=widget, **more)


def _colour(label: str, help_text: str) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget({"placeholder": "#0d6b5e", "data-colour": ""})
    return forms.CharField(label=label, required=False, max_length=9, widget=widget, help_text=help_text)


class DraftForm(forms.Form):
    """A form whose fields keep a name of their own in the page by their prefix."""

    def field_errors(self) -> dict[str, str]:
        """Return what is wrong, by the id of the field, "" for the whole form."""
        return {
            "" if name == "__all__" else str(self[name].auto_id): " ".join(map(str, errors))
            for name, errors in self.errors.items()
        }


class QuestionEditForm(DraftForm):
    """One question: its text, kind, choices and the settings of its kind."""

    text = _lines("Question")
    help = _lines("Help below it", rows=1)
    kind = forms.ChoiceField(label="Kind", widget=UnfoldAdminSelectWidget())
    is_required = forms.BooleanField(label="Required", required=False, widget=UnfoldBooleanSwitchWidget())
    choices = forms.CharField(
        required=False,
        max_length=100_000,
        strip=False,
        widget=UnfoldAdminTextareaWidget({"rows": 6}),
        help_text="One a line. Behind a text, “| open” asks for words, “| exclusive” rules the others out.",
    )
    key = forms.CharField(
        max_length=60,
        widget=UnfoldAdminTextInputWidget(),
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


class PageForm(DraftForm):
    """What is said of one page."""

    title = forms.CharField(
        label="Title of the page", required=False, max_length=200, widget=UnfoldAdminTextInputWidget()
    )

    def __init__(self, page: Mapping[str, Any], language: str, data: Any = None) -> None:
        super().__init__(data, initial={"title": own_text(page["title"], language)})


class EndingForm(DraftForm):
    """One way a visit may end."""

    text = _lines("What it says", rows=3)
    redirect_url = forms.CharField(
        label="Goes on to",
        required=False,
        max_length=2000,
        widget=UnfoldAdminTextInputWidget({"placeholder": "https://", "type": "url"}),
        help_text="An https address the respondent is led to; blank stays here.",
    )
    ask = forms.ChoiceField(
        label="And asks",
        required=False,
        choices=[("", "nothing more"), *Ending.Ask.choices],
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, ending: Mapping[str, Any], language: str, data: Any = None) -> None:
        initial = {
            "text": own_text(ending["text"], language),
            "redirect_url": ending["redirect_url"],
            "ask": ending["ask"],
        }
        super().__init__(data, initial=initial)

    def clean_redirect_url(self) -> str:
        """Return the address, or raise ValidationError."""
        url: str = self.cleaned_data["redirect_url"]
        if url and not url.startswith("https://"):
            raise ValidationError("Only addresses that begin with https:// are stored.")
        return url


class FrameForm(DraftForm):
    """The survey's own texts, languages and ways."""

    title = forms.CharField(label="Title", max_length=200, widget=UnfoldAdminTextInputWidget())
    intro = _lines("Introduction, above the first question", rows=3)
    thank_you = _lines("Thank-you text", rows=3)
    closed = _lines("Text once closed", rows=2)
    language = forms.CharField(
        label="Written in", max_length=16, widget=UnfoldAdminTextInputWidget(), help_text="A code such as en."
    )
    languages = LanguagesField(
        label="Further languages",
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "de, fr"}),
        help_text="Codes with commas between them.",
    )
    layout = forms.ChoiceField(
        label="Shown as", choices=Survey.Layout.choices, widget=UnfoldAdminSelectWidget()
    )
    privacy = forms.ChoiceField(
        label="Privacy", choices=Survey.Privacy.choices, widget=UnfoldAdminSelectWidget()
    )
    hidden = forms.CharField(
        label="Hidden fields",
        required=False,
        max_length=1000,
        widget=UnfoldAdminTextInputWidget({"placeholder": "ticket, agent"}),
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


class ThemeForm(DraftForm):
    """How the survey looks: a few checked values, everything else follows from them."""

    accent = _colour("Accent", "Buttons and what is picked.")
    background = _colour("Background", "")
    text = _colour("Text", "")
    font = forms.ChoiceField(
        label="Font",
        required=False,
        choices=[("", "as the product"), *((name, name.capitalize()) for name in FONTS)],
        widget=UnfoldAdminSelectWidget(),
    )
    radius = forms.ChoiceField(
        label="Corners",
        required=False,
        choices=[("", "as the product"), *((name, name.capitalize()) for name in RADII)],
        widget=UnfoldAdminSelectWidget(),
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
