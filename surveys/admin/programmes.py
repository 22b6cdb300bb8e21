from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from accounts.admin.visibility import VisibleAdmin
from surveys.models import Programme


@admin.register(Programme)
class ProgrammeAdmin(VisibleAdmin):
    list_display = ("name", "mode", "surveys")
    search_fields = ("name",)
    search_help_text = "Name"
    help_texts = {"slug": "Its name in addresses, files and the API."}
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = ((None, {"fields": ("name", "slug", "mode", "description")}),)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the programmes with their surveys."""
        return super().get_queryset(request).prefetch_related("surveys")

    @display(description="surveys")
    def surveys(self, programme: Programme) -> str:
        return ", ".join(survey.title for survey in programme.surveys.all())
