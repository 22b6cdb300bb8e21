from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import CheckboxFilter

from metrics.models import Comment
from metrics.pages.wording import language_in_words
from metrics.words.languages import LANGUAGES
from surveys.admin.response_filters import LanguageFilter

UNREAD = "none"


class MoodFilter(CheckboxFilter):
    """Chooses among the moods there can be, for which no comment need be asked."""

    title = "mood"
    parameter_name = "mood"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the moods, and none for what nothing could read."""
        return [*Comment.Mood.choices, (UNREAD, "(none)")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the comments of the chosen moods."""
        chosen = ["" if mood == UNREAD else mood for mood in self.value() or ()]
        return queryset.filter(mood__in=chosen) if chosen else queryset


class WordsLanguageFilter(LanguageFilter):
    """Chooses among the languages of surveys and those that comments are told apart by."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the codes of the languages, as comments have them, with their names."""
        asked = {code.partition("-")[0].lower() for code, _ in super().lookups(request, model_admin)}
        return sorted(
            ((code, language_in_words(code)) for code in LANGUAGES | asked), key=lambda each: each[1]
        )
