from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Count, Model, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import StackedInline
from unfold.decorators import display

from accounts.admin.filters import OfferedFilter
from surveys.actions.authoring import set_choices
from surveys.admin.builder.gallery import GalleryViews
from surveys.admin.builder.history import HistoryViews
from surveys.admin.builder.languages import LanguageViews
from surveys.admin.builder.screen import STATUS_COLOURS
from surveys.admin.builder.views import BuilderViews
from surveys.admin.importing import ImportViews
from surveys.admin.publishing import standing
from surveys.admin.questions import QuestionForm, QuestionFormSet
from surveys.admin.survey_form import SurveyForm
from surveys.admin.testing import TestingViews
from surveys.models import Question, Survey


class QuestionInline(StackedInline):
    model = Question
    form = QuestionForm
    formset = QuestionFormSet
    fields = QuestionForm.Meta.fields
    template = "admin/surveys/survey/questions.html"
    ordering = ("page", "position", "pk")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Question]:
        """Return the questions with their choices, in the order they are asked."""
        questions: QuerySet[Question] = super().get_queryset(request).prefetch_related("choices")
        return questions

    def get_extra(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> int:
        """Return 1 for a new survey, which begins with a blank question."""
        return 0 if obj else 1


@admin.register(Survey)
class SurveyAdmin(ImportViews, BuilderViews, LanguageViews, HistoryViews, TestingViews, GalleryViews):
    form = SurveyForm
    inlines = (QuestionInline,)
    change_form_template = "admin/surveys/survey/change_form.html"
    list_before_template = "admin/surveys/survey/_begin.html"
    list_display = ("title", "programme", "status", "question_count", "created_at", "builder")
    list_select_related = ("programme",)
    list_filter = (("programme", OfferedFilter),)
    search_fields = ("title", "slug")
    search_help_text = "Title or end of the link"
    fieldsets = (
        (None, {"fields": ("title", "programme", "intro", "thank_you")}),
        (
            "Link, languages and times",
            {
                "classes": ("collapse",),
                "fields": (
                    "slug",
                    ("language", "languages"),
                    ("opens_at", "closes_at"),
                    ("response_limit", "allows_changes"),
                    "closed",
                    "translations",
                ),
            },
        ),
    )

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

    def save_formset(
        self,
        request: HttpRequest,
        form: "ModelForm[Any]",
        formset: "BaseInlineFormSet[Any, Any, Any]",
        change: bool,
    ) -> None:
        """Save the questions and then the choices of those that were edited."""
        super().save_formset(request, form, formset, change)
        for question in formset.forms:
            is_gone = question in formset.deleted_forms
            if isinstance(question, QuestionForm) and question.has_changed() and not is_gone:
                set_choices(
                    question.instance, question.choice_lines, translations=question.choice_translations
                )

    def render_change_form(  # noqa: PLR0917 - Django passes these by place
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Survey | None = None,
    ) -> HttpResponse:
        """Show the builder with how the survey stands; saving stays on the page."""
        context |= {"show_save_and_add_another": False, "show_save_and_continue": False}
        if obj:
            standing_now = standing(obj, timezone.now())
            context |= {
                **standing_now,
                "status_colour": STATUS_COLOURS[standing_now["status"]],
                "may_publish": self.has_publish_permission(request),
            }
        response: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return response

    def response_add(
        self, request: HttpRequest, obj: Survey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Stay with the survey: after the first save it is previewed and published."""
        response: HttpResponse = super().response_add(_staying(request), obj, post_url_continue)
        return response

    def response_change(self, request: HttpRequest, obj: Survey) -> HttpResponse:
        """Stay with the survey."""
        response: HttpResponse = super().response_change(_staying(request), obj)
        return response

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


def _staying(request: HttpRequest) -> HttpRequest:
    """Return the request as if "Save and continue editing" had been pressed; a popup still closes."""
    if IS_POPUP_VAR not in request.POST:
        fields = request.POST.copy()
        fields["_continue"] = "1"
        request.POST = fields  # type: ignore[assignment]
    return request
