"""What a survey's page offers beyond its form: how it stands, its preview, publishing, closing, reopening."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, ClassVar

from csp.constants import NONE, SELF
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin

from accounts.admin.visibility import VisibleAdmin, user_of
from surveys.actions.authoring import (
    SurveyNotReady,
    close_survey,
    compile_definition,
    compile_next,
    publish_survey,
    reopen_survey,
)
from surveys.actions.drafts import draft_json
from surveys.admin.builder.places import Place, place_of, told
from surveys.changes import changes_between
from surveys.definition import Definition
from surveys.interchange.native import to_json
from surveys.models import Survey, Version
from surveys.readiness import remarks_on
from surveys.sketches import previewable, sketched
from surveys.versions import published_definition
from surveys.views import preview_page

FRAMED_POLICY = {"default-src": [NONE], "style-src": [SELF], "frame-ancestors": [SELF]}

Faults = list[tuple[str, str]]


def standing(survey: Survey, now: datetime) -> dict[str, Any]:
    """Return how a survey stands: its status, its open link, what keeps it from being published."""
    faults: Faults = []
    is_ahead = True
    try:
        definition = compile_next(survey)
        is_ahead = survey.live_version is None or survey.live_version.definition != to_json(definition)
    except SurveyNotReady as not_ready:
        faults = not_ready.faults
    link = survey.collectors.first()
    return {
        "status": survey.status(now),
        "open_link": link.link if link else None,
        "faults": places(faults, survey),
        "survey_pk": str(survey.pk),
        "is_ahead": is_ahead,
    }


def places(faults: Faults, survey: Survey) -> list[dict[str, Any]]:
    """Return each fault of the draft with its place in words, and where in the builder it is put right."""
    questions = sketched(draft_json(survey)) if faults else {}
    return [told(fault, questions) for fault in faults]


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def version_named(survey: Survey, number: str) -> Version:
    """Return the survey's version of this number. Raises Http404."""
    version = survey.versions.filter(number=number).first() if number.isascii() and number.isdigit() else None
    if version is None:
        raise Http404
    return version


def _begun_at(definition: Definition, place: Place | None) -> str | None:
    """Return the key of the question with which the preview of a place begins."""
    if place is None or place.panel not in ("question", "page"):
        return None
    if place.panel == "question":
        return place.name
    return next((question.key for question in definition if str(question.page) == place.name), None)


class PublishingViews(VisibleAdmin):
    """The pages of a survey beside its form; each changes something only by POST."""

    confirm_template: ClassVar[str] = "admin/surveys/survey/confirm.html"

    def get_urls(self) -> list[URLPattern]:
        """Return these pages before those of the admin."""
        views: dict[str, Callable[..., HttpResponse]] = {
            "preview": xframe_options_sameorigin(self.preview_view),
            "publish": self.publish_view,
            "close": self.close_view,
            "reopen": self.reopen_view,
        }
        pages = [
            path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"surveys_survey_{name}")
            for name, view in views.items()
        ]
        return pages + list(super().get_urls())

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether the user may publish, close and reopen surveys."""
        return user_of(request).has_perm("surveys.publish_survey")

    def preview_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the draft or a version as respondents see it, in a frame of our own too; nothing is stored.

        Of a draft with faults the part that can be read is shown. The address may name the question or the
        page to begin with, as that of the builder does.
        """
        survey = self._survey(request, pk, self.has_view_permission)
        number = request.GET.get("version", "")
        definition = (
            published_definition(version_named(survey, number).pk)
            if number
            else previewable(draft_json(survey))
        )
        if definition is None:
            return self._nothing_to_preview(request, survey)
        return preview_page(
            request,
            definition,
            language=request.GET.get("language"),
            at=_begun_at(definition, place_of(request.GET)),
            action=f"{request.path}?version={number}" if number else None,
        )

    def _nothing_to_preview(self, request: HttpRequest, survey: Survey) -> HttpResponse:
        try:
            compile_definition(survey)
            faults = [("survey", "has no question that can be shown")]
        except SurveyNotReady as not_ready:
            faults = not_ready.faults
        context = {"faults": places(faults, survey)}
        response = TemplateResponse(request, "admin/surveys/survey/not_ready.html", context)
        response._csp_replace = FRAMED_POLICY  # type: ignore[attr-defined]
        return response

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show what publishing would change, or what keeps it from being done; POST publishes."""
        survey = self._survey(request, pk, self.has_publish_permission)
        try:
            if request.method == "POST":
                version = publish_survey(survey, by=user_of(request), now=timezone.now())
                return self._done(request, survey, f"Version {version.number} is live.")
            definition = compile_next(survey)
        except SurveyNotReady as not_ready:
            title = f"“{survey.title}” cannot be published yet"
            return self._page(request, survey, title=title, faults=places(not_ready.faults, survey))
        title = f"Publish “{survey.title}”?"
        remarks = places(remarks_on(definition), survey)
        if survey.live_version_id is None:
            asks = _counted(len(definition.questions), "question")
            lead = f"What goes live: {asks} on {_counted(len(definition.pages), 'page')}."
            return self._page(request, survey, title=title, lead=lead, remarks=remarks, label="Publish")
        changes = changes_between(published_definition(survey.live_version_id), definition)
        if not changes:
            lead = "What is live is what stands here: nothing has changed since it was published."
            return self._page(request, survey, title=title, lead=lead)
        lead = "The next version will differ from the live one. Who is answering right now keeps the old one."
        return self._page(
            request, survey, title=title, lead=lead, changes=changes, remarks=remarks, label="Publish"
        )

    def close_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether to close; POST closes."""
        survey = self._survey(request, pk, self.has_publish_permission)
        if request.method == "POST":
            close_survey(survey, now=timezone.now())
            return self._done(request, survey, "The survey is closed.")
        lead = "Answers so far stay, and it can be reopened. Whoever opens one of its links reads "
        lead += f"“{survey.closed}”" if survey.closed else "that it is closed."
        return self._page(request, survey, title=f"Close “{survey.title}”?", lead=lead, label="Close")

    def reopen_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask whether to reopen; POST reopens."""
        survey = self._survey(request, pk, self.has_publish_permission)
        if request.method == "POST":
            reopen_survey(survey)
            return self._done(request, survey, "The survey takes answers again.")
        lead = "Its links take answers again."
        return self._page(request, survey, title=f"Reopen “{survey.title}”?", lead=lead, label="Reopen")

    def _survey(self, request: HttpRequest, pk: int, may: Callable[[HttpRequest], bool]) -> Survey:
        if not may(request):
            raise PermissionDenied
        survey: Survey | None = self.get_object(request, str(pk))
        if survey is None:
            raise Http404
        return survey

    def _done(self, request: HttpRequest, survey: Survey, message: str) -> HttpResponseRedirect:
        self.log_change(request, survey, message)
        messages.success(request, message)
        return HttpResponseRedirect(reverse("admin:surveys_survey_change", args=[survey.pk]))

    def _page(self, request: HttpRequest, survey: Survey, **context: Any) -> TemplateResponse:
        return TemplateResponse(
            request,
            self.confirm_template,
            {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "original": survey,
                "survey_pk": str(survey.pk),
                **context,
            },
        )
