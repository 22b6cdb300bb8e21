from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from accounts.admin.forms import ObjectField
from surveys.actions.drafts import SURVEY_TEXTS
from surveys.admin.translations import check_translations
from surveys.interchange.native import LANGUAGE, MAX_LANGUAGES
from surveys.models import Collector, Survey
from surveys.slugs import stem_of


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

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether other codes were typed."""
        return bool(super().has_changed(self.prepare_value(initial), data))


class SurveyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A survey's own texts and settings."""

    languages = LanguagesField(
        label="Further languages",
        required=False,
        widget=UnfoldAdminTextInputWidget({"placeholder": "de, fr"}),
    )
    translations = ObjectField(
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text='By language, such as {"de": {"title": "…", "intro": "…"}}.',
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in {"intro", "thank_you", "closed"} & set(self.fields):
            self.fields[name].widget.attrs["rows"] = 3
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "The end of the open link. Left blank, it is made of the title."

    def clean_language(self) -> str:
        """Return the code of the survey's own language, or raise ValidationError."""
        code: str = self.cleaned_data["language"]
        if not LANGUAGE.fullmatch(code):
            raise ValidationError("Write a code such as en or pt-BR.")
        return code

    def clean_slug(self) -> str:
        """Return the slug typed, or a free one made of the title."""
        slug: str = self.cleaned_data["slug"]
        if slug and _is_taken(slug, self.instance):
            raise ValidationError("Another survey or open link ends like this.")
        return slug or free_slug(self.cleaned_data.get("title", ""), self.instance)

    def clean_translations(self) -> dict[str, Any]:
        """Return the texts by language and name."""
        return check_translations(self.cleaned_data["translations"], SURVEY_TEXTS)


def free_slug(title: str, survey: Survey | None = None) -> str:
    """Return an end of a link made of the title that no other survey or open link has."""
    stem = stem_of(title)
    slug, number = stem, 1
    while _is_taken(slug, survey):
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _is_taken(slug: str, survey: Survey | None) -> bool:
    """Whether the slug is another survey's, or another's open link: publishing makes one of the slug."""
    own = survey.pk if survey else None
    links = Collector.objects.filter(slug=slug).exclude(survey=own)
    return links.exists() or Survey.objects.filter(~Q(pk=own), slug=slug).exists()
