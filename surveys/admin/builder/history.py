"""The versions of a survey: who published which when, and what differs between any two."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from surveys.actions.drafts import draft_json
from surveys.actions.editing import readiness
from surveys.admin.publishing import PublishingViews, places, version_named
from surveys.changes import changes_between
from surveys.definition import Definition
from surveys.interchange.native import file_text
from surveys.models import Survey
from surveys.versions import published_definition

DRAFT = "draft"


class HistoryViews(PublishingViews):
    """A survey's versions, read only: what they are, how they differ, each as a file."""

    def get_urls(self) -> list[URLPattern]:
        """Return the page before those of the survey."""
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/versions/", wrap(self.versions_view), name="surveys_survey_versions"),
            path("<int:pk>/export/", wrap(self.file_view), name="surveys_survey_export"),
            *super().get_urls(),
        ]

    def file_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the draft, or the version that the address names, as a file that can be imported again."""
        survey = self._survey(request, pk, self.has_view_permission)
        number = request.GET.get("version", "")
        document = version_named(survey, number).definition if number else draft_json(survey)
        name = f"{survey.slug}-{number or DRAFT}.json"
        return HttpResponse(
            file_text(document),
            content_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def versions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the versions, and what changes from one to another: at first the newest and the draft."""
        survey = self._survey(request, pk, self.has_view_permission)
        versions = list(survey.versions.select_related("published_by").defer("definition"))
        known = {str(version.number): version.pk for version in versions}
        before = request.GET.get("from", "")
        before = before if before in known else next(iter(known), "")
        after = request.GET.get("to", "")
        after = after if after in known else DRAFT
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": survey,
            "title": f"Versions of “{survey.title}”",
            "survey_pk": str(survey.pk),
            "versions": versions,
            "before": before,
            "after": after,
            **_compared(survey, known.get(before), known.get(after)),
        }
        return TemplateResponse(request, "admin/surveys/survey/versions.html", context)


def _compared(survey: Survey, before: int | None, after: int | None) -> dict[str, Any]:
    """Return the changes between two versions, None being the draft, or what is wrong with it."""
    if before is None:
        return {}
    following: Definition | None
    if after is not None:
        following = published_definition(after)
    else:
        following, faults = readiness(survey, draft_json(survey))
        if following is None:
            return {"faults": places(faults, survey)}
    return {"changes": changes_between(published_definition(before), following)}
