"""The results of one survey: every question with its answers, and how many of those asked came to the end."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from metrics.measures.flagged import flagged_responses
from metrics.measures.outreach import completion_rate, response_rate
from metrics.measures.questions import survey_results as results_of
from metrics.measures.scope import Scope
from metrics.measures.sentiment import name_of
from metrics.measures.voices import newest_comments
from metrics.pages.charts import trend_chart
from metrics.pages.windows import chosen_window
from surveys.models import Survey
from surveys.versions import published_definition

COMMENTS = 20


def survey_results(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show the answers to a survey, over the accounts that the user sees."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("surveys.view_survey"):
        raise PermissionDenied
    survey = get_object_or_404(Survey.objects.select_related("programme"), slug=slug)
    now = timezone.now()
    today = timezone.localdate(now)
    chosen = chosen_window(request.GET, today)
    scope = Scope(viewer=viewer, today=today, start=chosen.days.start, end=chosen.days.end, survey=survey)
    flagged = flagged_responses(scope)
    if request.GET.get("flagged") == "without" and flagged.may_leave_out:
        scope = replace(scope, without_flagged=True)
    other = request.GET.copy()
    other["flagged"] = "with" if scope.without_flagged else "without"
    context = {
        **admin.site.each_context(request),
        "title": f"{survey.title}: results",
        "survey": survey,
        "status": survey.status(now),
        "chosen": chosen,
        "scope": scope,
        "flagged": flagged,
        "other_view": f"?{other.urlencode()}",
    }
    if survey.live_version_id:
        context |= _results(scope, survey.live_version_id)
    return TemplateResponse(request, "metrics/survey_results.html", context)


def _results(scope: Scope, version_id: int) -> dict[str, Any]:
    results = results_of(scope, published_definition(version_id))
    name = name_of(results.headline.question.kind) if results.headline else ""
    return {
        "results": results,
        "headline_name": name,
        "chart": trend_chart(results.trend, name, "month"),
        "response_rate": response_rate(scope),
        "completion_rate": completion_rate(scope),
        "voices": newest_comments(scope, COMMENTS),
    }
