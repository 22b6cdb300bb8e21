from typing import Any

from django.db.models import Func, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import CheckboxFilter, RadioFilter

from surveys.actions.afterwords import CALL_BACK, QUOTE
from surveys.models import Collector, Version
from surveys.models.responses import IMPORTED
from surveys.visits import PERSONAL


class LanguageFilter(CheckboxFilter):
    """Chooses among the languages of published surveys, for which no million responses need be asked."""

    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the languages by their codes."""
        languages = Func("definition__languages", function="JSONB_ARRAY_ELEMENTS_TEXT")
        found = Version.objects.order_by().values_list(languages, flat=True).distinct()
        return [(language, language) for language in sorted(found)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the responses in the chosen languages."""
        return queryset.filter(language__in=self.value()) if self.value() else queryset


class ChannelFilter(CheckboxFilter):
    """Chooses the channels by which responses came."""

    title = "channel"
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every channel there is."""
        return [(PERSONAL, "Personal link"), *Collector.Channel.choices, (IMPORTED, "Import")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the responses by the chosen channels."""
        return queryset.filter(channel__in=self.value()) if self.value() else queryset


class FlaggedFilter(RadioFilter):
    """Tells responses that something speaks against from the others."""

    title = "flags"
    parameter_name = "flagged"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two kinds."""
        return [("yes", "Flagged"), ("no", "Not flagged")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the responses of the chosen kind."""
        if self.value() == "no":
            return queryset.filter(flags=[])
        return queryset.exclude(flags=[]) if self.value() == "yes" else queryset


class AfterwordFilter(RadioFilter):
    """Finds the words of praise that may be quoted, and who wants to be called."""

    title = "said at the end"
    parameter_name = "afterword"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return what may have been asked for."""
        return [(QUOTE, "May be quoted"), (CALL_BACK, "Wants to be called")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the responses that were asked and said yes."""
        return queryset.filter(afterword__ask=self.value()) if self.value() else queryset
