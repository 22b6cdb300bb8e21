from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.decorators import display

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import ReadOnlyAdmin, user_of


@admin.register(LogEntry)
class HistoryAdmin(ReadOnlyAdmin):
    """Who changed what in the admin. Its lines name rows of any account."""

    list_display = ("action_time", "user", "action", "content_type", "object_repr", "__str__")
    list_display_links = None
    list_select_related = ("user", "content_type")
    list_filter = (("user", OfferedFilter), ("action_time", RangeDateTimeFilter))
    search_fields = ("object_repr",)
    search_help_text = "What was changed"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the lines for who sees every account, none for others (SECURITY T18).

        What was done to contacts, whose names the lines hold, is for who may see these.
        """
        rows, user = super().get_queryset(request), user_of(request)
        if not user.sees_all_accounts:
            return rows.none()
        return rows if user.sees_people else rows.exclude(content_type__model="contact")

    @display(description="what", label={"added": "success", "changed": "info", "deleted": "danger"})
    def action(self, entry: LogEntry) -> str:
        if entry.is_addition():
            return "added"
        return "changed" if entry.is_change() else "deleted"
