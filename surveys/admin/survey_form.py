from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from surveys.models import Collector, Survey
from surveys.slugs import stem_of


class SurveyForm(forms.ModelForm):  # type: ignore[type-arg]
    """What is decided about a survey beside what it asks; that is the builder's."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
            self.fields["slug"].help_text = "The end of the open link. Left blank, it is made of the title."

    def clean_slug(self) -> str:
        """Return the slug typed, or a free one made of the title."""
        slug: str = self.cleaned_data["slug"]
        if slug and _is_taken(slug, self.instance):
            raise ValidationError("Another survey or open link ends like this.")
        return slug or free_slug(self.instance.title, self.instance)


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
