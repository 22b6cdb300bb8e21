from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin.filters import OfferedFilter
from accounts.admin.visibility import ReadOnlyAdmin
from surveys.models import Version
from surveys.versions import published_definition


@admin.register(Version)
class VersionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "survey", "published_at", "published_by")
    list_select_related = ("survey", "published_by")
    list_filter = (("survey", OfferedFilter),)
    ordering = ("-published_at",)
    readonly_fields = ("questions",)
    fieldsets = (
        (None, {"fields": (("survey", "number"), ("published_at", "published_by"))}),
        ("What is asked", {"fields": ("questions",)}),
    )

    class Media:
        css = {"all": ("surveys/builder.css",)}

    @display(description="questions")
    def questions(self, version: Version) -> SafeString:
        definition = published_definition(version.pk)
        return render_to_string("admin/surveys/version/_questions.html", {"definition": definition})
