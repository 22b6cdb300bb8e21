from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from unfold.admin import ModelAdmin
from unfold.decorators import display

from metrics.models import Close
from metrics.templatetags.figures import number


@admin.register(Close)
class CloseAdmin(ModelAdmin):
    """The monthly closes, and every restatement of one; nobody edits what was known."""

    list_display = ("month_shown", "kind", "since", "until", "rows_added", "rows_removed")
    list_filter = ("month",)
    fields = list_display
    readonly_fields = ("month_shown", "kind", "rows_added", "rows_removed")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the closes, each told whether there was one of its month before."""
        former = Close.objects.filter(month=OuterRef("month"), since__lt=OuterRef("since"))
        rows: QuerySet[Any] = super().get_queryset(request).annotate(is_restated=Exists(former))
        return rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave closing to the nightly task."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody rewrite what was known."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody forget what was known."""
        return False

    @display(description="month", ordering="month")
    def month_shown(self, close: Close) -> str:
        """Name the month: "Oct 2026"."""
        return date_format(close.month, "M Y")

    @display(description="rows added", ordering="added")
    def rows_added(self, close: Close) -> str:
        """Count the rows that this close wrote."""
        return number(close.added)

    @display(description="rows removed", ordering="removed")
    def rows_removed(self, close: Close) -> str:
        """Count the rows of the close before that no longer hold."""
        return number(close.removed)

    @display(description="what", label={"closed": "success", "restated": "warning"})
    def kind(self, close: Any) -> str:
        """Say whether the month was closed, or restated after something was learnt of it."""
        return "restated" if close.is_restated else "closed"
