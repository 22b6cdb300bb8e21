"""Answering a survey to try it out: stored as tests, which no number counts and one press deletes."""

from functools import partial

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from surveys.actions.authoring import SurveyNotReady, compile_definition
from surveys.actions.testing import discard_tests, record_draft_test, record_test
from surveys.admin.builder.places import Place
from surveys.admin.publishing import PublishingViews
from surveys.models import Response
from surveys.versions import published_definition
from surveys.views import Keeper, preview_page

DRAFT = "draft"


class TestingViews(PublishingViews):
    """The tests of a survey, for who may change it: nobody else's answers are ever marked as one."""

    def get_urls(self) -> list[URLPattern]:
        """Return these pages before those of the survey."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/test/", wrap(self.test_view), name="surveys_survey_test"),
            path("<int:pk>/tests/", wrap(self.tests_view), name="surveys_survey_tests"),
            *super().get_urls(),
        ]

    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show a survey as respondents meet it; what is sent at its end is stored as a test.

        With `of=draft` that is the draft as it stands, also of a survey that is live.
        """
        survey = self._survey(request, pk, self.has_change_permission)
        language = request.GET.get("language")
        if survey.live_version_id and request.GET.get("of") != DRAFT:
            keeper = Keeper(survey.live_version_id, partial(record_test, survey))
            live = published_definition(survey.live_version_id)
            return preview_page(request, live, language=language, keeper=keeper)
        try:
            draft = compile_definition(survey)
        except SurveyNotReady:
            messages.error(request, "The draft cannot be answered before this is put right.")
            build = reverse("admin:surveys_survey_build", args=[pk])
            return HttpResponseRedirect(f"{build}{Place('checks').query}")
        keeper = Keeper(0, partial(record_draft_test, survey, draft))
        action = f"{request.path}?of={DRAFT}"
        return preview_page(request, draft, language=language, action=action, keeper=keeper)

    def tests_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how many tests there are; POST deletes them all."""
        survey = self._survey(request, pk, self.has_change_permission)
        if request.method == "POST":
            count = discard_tests(survey)
            message = f"{count} test {'answer' if count == 1 else 'answers'} deleted."
            self.log_change(request, survey, message)
            messages.success(request, message)
            return HttpResponseRedirect(request.path)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": survey,
            "title": f"Test answers to “{survey.title}”",
            "test_count": Response.objects.tests().filter(survey=survey).count(),
        }
        return TemplateResponse(request, "admin/surveys/survey/tests.html", context)
