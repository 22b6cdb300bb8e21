from django.contrib import admin
from unfold.decorators import display

from accounts.admin.visibility import VisibleAdmin
from surveys.models import Programme


@admin.register(Programme)
class ProgrammeAdmin(VisibleAdmin):
    list_display = ("name", "mode", "surveys")
    search_fields = ("name",)
    prepopulated_fields = {"slug": ("name",)}
    fieldsets = ((None, {"fields": ("name", "slug", "mode", "description")}),)

    @display(description="surveys")
    def surveys(self, programme: Programme) -> str:
        return ", ".join(survey.title for survey in programme.surveys.all())
