from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter

from surveys.actions.afterwords import CALL_BACK, QUOTE


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
