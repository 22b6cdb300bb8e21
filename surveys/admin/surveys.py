from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.admin.filters import OfferedFilter
from surveys.admin.builder.gallery import GalleryViews
from surveys.admin.builder.history import HistoryViews
from surveys.admin.builder.languages import LanguageViews
from surveys.admin.builder.views import BuilderViews
from surveys.admin.importing import ImportViews
from surveys.admin.importing_responses import ResponseImportViews
from surveys.admin.publishing import standing
from surveys.admin.survey_form import SurveyForm
from surveys.admin.testing import TestingViews
from surveys.models import Survey

STATUS_COLOURS = {"draft": "info", "live": "success", "closed": "warning"}


@admin.register(Survey)
class SurveyAdmin(
    ImportViews,
    ResponseImportViews,
    BuilderViews,
    LanguageViews,
    HistoryViews,
    TestingViews,
    GalleryViews,
):
    form = SurveyForm
    change_form_template = "admin/surveys/survey/change_form.html"
    list_before_template = "admin/surveys/survey/_begin.html"
    list_display = ("title", "programme", "status", "question_count", "created_at", "builder")
    list_select_related = ("programme",)
    list_filter = (("programme", OfferedFilter),)
    search_fields = ("title", "slug")
    search_help_text = "Title or end of the link"
    fields = ("programme", "slug", "opens_at", "closes_at", "response_limit", "allows_changes")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the surveys with the number of their questions."""
        surveys: QuerySet[Any] = super().get_queryset(request).annotate(questions_now=Count("questions"))
        return surveys

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """Keep what published links and answers rely on."""
        return ("slug",) if isinstance(obj, Survey) and obj.live_version_id else ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Refuse surveys that were published: their answers stay."""
        is_published = isinstance(obj, Survey) and obj.live_version_id is not None
        return bool(super().has_delete_permission(request, obj)) and not is_published

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Lead to the gallery, where a survey begins: from a template, blank, or from a file."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return HttpResponseRedirect(reverse("admin:surveys_survey_gallery"))

    def render_change_form(  # noqa: PLR0917 - Django passes these by place
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Survey | None = None,
    ) -> HttpResponse:
        """Show how the survey stands above what is decided about it."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if obj:
            standing_now = standing(obj, timezone.now())
            context |= {
                **standing_now,
                "status_colour": STATUS_COLOURS[standing_now["status"]],
                "may_publish": self.has_publish_permission(request),
                "may_import_responses": bool(obj.live_version_id) and self.may_import_responses(request),
            }
        response: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return response

    def response_post_save_change(self, request: HttpRequest, obj: Survey) -> HttpResponse:
        """Stay with the survey."""
        return HttpResponseRedirect(request.path)

    @display(label=STATUS_COLOURS)
    def status(self, survey: Survey) -> str:
        return survey.status(timezone.now())

    @display(description="builder")
    def builder(self, survey: Survey) -> SafeString:
        url = reverse("admin:surveys_survey_build", args=[survey.pk])
        return format_html('<a class="text-link" href="{}">Open</a>', url)

    @display(description="questions", ordering="questions_now")
    def question_count(self, survey: Any) -> int:
        return int(survey.questions_now)
