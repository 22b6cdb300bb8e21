"""The page of the builder and what it sends: one page, one address for every act, no session of its own.

With a script each act answers with the parts of the page that changed; without one it answers with the page.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    JsonResponse,
)
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.admin.visibility import user_of
from accounts.posted import posted_from
from surveys.actions.drafts import draft_json
from surveys.actions.editing import Change, DraftChanged, NothingToUndo, change_draft, undo_change
from surveys.actions.logos import store_logo
from surveys.admin.builder.acts import ACTS, Act, FormRefused
from surveys.admin.builder.places import Place, place_of
from surveys.admin.builder.screen import Context, opened, screen, with_sent
from surveys.admin.publishing import PublishingViews
from surveys.drafting import Document, EditRefused, fingerprint, part_of, put_parts
from surveys.images import MAX_UPLOAD, ImageRefused
from surveys.models import Survey

FOLDER = "admin/surveys/survey/builder"
PARTS = ("top", "outline", "middle")


class BuilderViews(PublishingViews):
    """The builder of a survey, open to who may see it and written by who may change it."""

    def get_urls(self) -> list[URLPattern]:
        """Return the builder's pages before those of the survey."""
        posted = posted_from("admin:surveys_survey_build", "pk")
        views: dict[str, tuple[str, Callable[..., HttpResponseBase]]] = {
            "build": ("build/", self.build_view),
            "build_undo": ("build/undo/", posted(self.undo_view)),
            "build_logo": ("build/logo/", posted(self.logo_view)),
            "build_act": ("build/<slug:act>/", posted(self.act_view)),
        }
        pages = [
            path(f"<int:pk>/{route}", self.admin_site.admin_view(view), name=f"surveys_survey_{name}")
            for name, (route, view) in views.items()
        ]
        return pages + list(super().get_urls())

    def build_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the builder with what the address opens; its parts alone to our script."""
        survey = self._survey(request, pk, self.has_view_permission)
        document = draft_json(survey)
        place = opened(place_of(request.GET), document)
        context = self._context(request, survey, document, place)
        if _is_script(request):
            return JsonResponse(self._parts(request, context, PARTS))
        return self._whole(request, context)

    def act_view(self, request: HttpRequest, pk: int, act: str) -> HttpResponse:
        """Do what a button or a form asks for, and show what came of it."""
        if act not in ACTS:
            raise Http404
        survey = self._survey(request, pk, self.has_change_permission)
        document = draft_json(survey)
        place = opened(place_of(request.POST), document)
        try:
            done = ACTS[act](document, request.POST, place)
            return self._changed(request, survey, done)
        except FormRefused as refused:
            return self._form_refused(request, survey, document, place, refused)
        except EditRefused as refused:
            return self._refused(request, survey, place, str(refused), status=422)
        except DraftChanged as changed:
            return self._conflict(request, survey, place, changed)

    def undo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take back the last change, whoever made it."""
        survey = self._survey(request, pk, self.has_change_permission)
        place = place_of(request.POST) or Place("survey")
        try:
            document, step = undo_change(survey, now=timezone.now())
        except NothingToUndo:
            return self._refused(request, survey, place, "There is nothing left to undo.", status=422)
        noun, _, name = step.part.partition(" ")
        if noun in ("question", "page"):
            place = Place(noun, name)
        return self._shown(request, survey, document, opened(place, document), said=f"Undone: {step.what}.")

    def logo_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Store a logo, or take it off the survey."""
        survey = self._survey(request, pk, self.has_change_permission)
        upload, now = request.FILES.get("logo"), timezone.now()
        theme = {name: value for name, value in survey.theme.items() if name != "logo"}
        try:
            if upload is not None and (upload.size or 0) > MAX_UPLOAD:
                raise ImageRefused("The image is larger than 1 MB.")
            if upload is not None:
                theme["logo"] = store_logo(upload.read(), now=now)
        except ImageRefused as refused:
            return self._refused(request, survey, Place("survey"), str(refused), status=422)
        edit = put_parts(theme=theme)
        document = change_draft(
            survey, Change(edit, "Changed the logo", "survey"), by=user_of(request), now=now
        )
        return self._shown(request, survey, document, Place("survey"), said="The logo is saved.")

    def _changed(self, request: HttpRequest, survey: Survey, done: Act) -> HttpResponse:
        now = timezone.now()
        document = change_draft(survey, done.change, by=user_of(request), now=now)
        place = opened(done.place, document)
        is_typing = "keep" in request.POST and place == place_of(request.POST)
        if not is_typing:
            return self._shown(request, survey, document, place, said=done.said(document), done=done)
        survey.refresh_from_db()
        context = self._context(request, survey, document, place)
        return JsonResponse(self._parts(request, context, ("top", "outline")))

    def _shown(
        self,
        request: HttpRequest,
        survey: Survey,
        document: Document,
        place: Place,
        *,
        said: str,
        done: Act | None = None,
    ) -> HttpResponse:
        """Return the parts to our script, else lead to the page that shows them."""
        if not _is_script(request):
            if said:
                messages.success(request, said)
            return HttpResponseRedirect(f"{_address(survey)}{place.query}")
        survey.refresh_from_db()
        context = self._context(request, survey, document, place)
        if done and done.group is not None:
            context |= with_sent(context, done.group, request.POST.get("key", ""))
        return JsonResponse({**self._parts(request, context, PARTS), "said": said})

    def _form_refused(
        self, request: HttpRequest, survey: Survey, document: Document, place: Place, refused: FormRefused
    ) -> HttpResponse:
        if _is_script(request) and "keep" in request.POST:
            return JsonResponse({"errors": refused.form.field_errors()}, status=422)
        context = self._context(request, survey, document, place)
        context |= with_sent(context, refused.group, request.POST.get("key", ""), form=refused.form)
        if _is_script(request):
            parts = self._parts(request, context, PARTS)
            return JsonResponse({**parts, "errors": refused.form.field_errors()}, status=422)
        messages.error(request, "Not saved: see below.")
        return self._whole(request, context, status=422)

    def _refused(
        self, request: HttpRequest, survey: Survey, place: Place, reason: str, *, status: int
    ) -> HttpResponse:
        if _is_script(request):
            return JsonResponse({"errors": {"": reason}}, status=status)
        messages.error(request, reason)
        return HttpResponseRedirect(f"{_address(survey)}{place.query}")

    def _conflict(
        self, request: HttpRequest, survey: Survey, place: Place, changed: DraftChanged
    ) -> HttpResponse:
        """Say who saved meanwhile; nothing was written, and the page may still choose."""
        who = "You, in another window," if changed.by == user_of(request) else changed.by or "Another person"
        reason = f"{who} changed this meanwhile, so yours is not saved."
        if not _is_script(request):
            return self._refused(request, survey, place, reason, status=409)
        document = draft_json(survey)
        current = fingerprint(part_of(document, place.part))
        return JsonResponse({"conflict": reason, "seen": current, "url": place.query}, status=409)

    def _context(self, request: HttpRequest, survey: Survey, document: Document, place: Place) -> Context:
        may_edit = bool(self.has_change_permission(request, survey))
        context = screen(survey, document, place, now=timezone.now(), may_edit=may_edit)
        return {**context, "may_publish": self.has_publish_permission(request)}

    def _parts(self, request: HttpRequest, context: Context, names: tuple[str, ...]) -> dict[str, Any]:
        parts = {
            f"build-{name}": render_to_string(f"{FOLDER}/_{name}.html", context, request) for name in names
        }
        return {"parts": parts, "url": context["place"].query, "seen": context["seen"]}

    def _whole(self, request: HttpRequest, context: Context, status: int = 200) -> TemplateResponse:
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": context["title_own"] or "Survey",
            "is_fullwidth": True,
        }
        return TemplateResponse(request, f"{FOLDER}/page.html", {**frame, **context}, status=status)


def _address(survey: Survey) -> str:
    return reverse("admin:surveys_survey_build", args=[survey.pk])


def _is_script(request: HttpRequest) -> bool:
    """Whether our script asks, which wants the parts that changed and no page."""
    return request.headers.get("Accept") == "application/json"
