"""The page of what goes along with a survey's main rating, and of what is unusual in it lately."""

from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from metrics.measures.anomalies import DEFINITION as UNUSUAL
from metrics.measures.confidentiality import confidential_surveys, promising
from metrics.measures.drivers import DEFINITION, KeyDrivers, key_drivers
from metrics.measures.scope import Scope
from metrics.measures.watched import watched
from metrics.pages.filters import read_filters
from metrics.pages.planes import importance_chart
from metrics.pages.survey_results import NARROWED_BY
from surveys.models import Survey
from surveys.versions import published_definition


def drivers(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show what drives a survey's main rating, over the accounts that the user sees."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("surveys.view_survey"):
        raise PermissionDenied
    survey = get_object_or_404(Survey.objects.select_related("programme"), slug=slug)
    # What was said in confidence is told of all answers alone.
    names = () if promising(Q(survey=survey.pk)) else NARROWED_BY
    filters = read_filters(request, *names, survey=survey)
    scope = filters.scope
    found = key_drivers(scope)
    texts = _texts(survey)
    told = [(texts.get(each.key, each.key), each) for each in found.drivers] if found else []
    watch = watched(replace(scope, attributes={}, language="", channel="", unsaid=frozenset()))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{survey.title} – what drives it",
        "survey": survey,
        "status": survey.status(timezone.now()),
        "filters": filters,
        "found": found,
        "listed_questions": listed_questions(scope, found).intersection(texts),
        "outcome": texts.get(found.outcome, found.outcome) if found else "",
        "drivers": told,
        "chart": importance_chart([(text, each.performance, each.share) for text, each in told]),
        "definition": DEFINITION,
        "watch": watch,
        "alarms": [(texts.get(each.question, each.question), each) for each in watch.alarms],
        "unusual": UNUSUAL,
    }
    return TemplateResponse(request, "metrics/drivers.html", context)


def listed_questions(scope: Scope, found: KeyDrivers | None) -> frozenset[str]:
    """Return the questions whose answers can be listed as they were counted, none said in confidence."""
    may_see = isinstance(scope.viewer, User) and scope.viewer.has_perm("surveys.view_response")
    if found is None or found.is_cut or not may_see or confidential_surveys(scope):
        return frozenset()
    return frozenset({found.outcome, *(each.key for each in found.drivers)})


def _texts(survey: Survey) -> dict[str, str]:
    """Return what each question asks, by its key."""
    if not survey.live_version_id:
        return {}
    return {each.key: str(each.text) for each in published_definition(survey.live_version_id)}
