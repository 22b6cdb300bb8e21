"""The forms of the builder: one page or one ending as a part of a draft, and what all of its forms share.

Each shows and takes the texts of the survey's own language and leaves the translations as they are.
"""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from surveys.interchange.native_reader import MAX_TEXT
from surveys.models import Ending

Texts = dict[str, str]


def own_text(texts: Mapping[str, str], language: str) -> str:
    """Return the text in the survey's own language, ''."""
    return texts.get(language, "")


def with_text(texts: Mapping[str, str], language: str, words: str) -> Texts:
    """Return the texts with these words in the language; without any where the words are blank."""
    others = {code: text for code, text in texts.items() if code != language}
    return {**others, language: words} if words else others


def lines_field(label: str, rows: int = 2, **more: Any) -> forms.CharField:
    widget = forms.Textarea({"rows": rows})
    return forms.CharField(label=label, required=False, max_length=MAX_TEXT, widget=widget, **more)


class DraftForm(forms.Form):
    """A form whose fields keep a name of their own in the page by their prefix."""

    def field_errors(self) -> dict[str, str]:
        """Return what is wrong, by the id of the field, "" for the whole form."""
        return {
            "" if name == "__all__" else str(self[name].auto_id): " ".join(map(str, errors))
            for name, errors in self.errors.items()
        }


class PageForm(DraftForm):
    """What is said of one page."""

    title = forms.CharField(label="Title of the page", required=False, max_length=200)

    def __init__(self, page: Mapping[str, Any], language: str, data: Any = None) -> None:
        super().__init__(data, initial={"title": own_text(page["title"], language)})


class EndingForm(DraftForm):
    """One way a visit may end."""

    text = lines_field("What it says", rows=3)
    redirect_url = forms.CharField(
        label="Goes on to",
        required=False,
        max_length=2000,
        widget=forms.TextInput({"placeholder": "https://", "type": "url"}),
        help_text="An https address the respondent is led to; blank stays here.",
    )
    ask = forms.ChoiceField(
        label="And asks",
        required=False,
        choices=[("", "nothing more"), *Ending.Ask.choices],
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
