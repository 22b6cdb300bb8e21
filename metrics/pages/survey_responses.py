"""The responses behind one count on the pages of a survey: who gave this answer, or these two."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from metrics.measures.pairs import read_matches
from metrics.measures.questions import completion, survey_results
from metrics.measures.receipts.given import came, chosen, given
from metrics.measures.samples import Sample
from metrics.pages.counted import Counted, counted_in_results, counted_in_table
from metrics.pages.cross_tab import read_table
from metrics.pages.listing import listing_of
from metrics.pages.survey_results import Versions, read_sample, versions_of
from surveys.models import Survey

# What of an address says which count is meant.
NAMES_COUNT = frozenset({"question", "rows", "visits"})


def survey_responses(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show the responses that the count consists of which the address names, over the accounts in sight."""
    surveys = Survey.objects.published().select_related("programme")
    survey = get_object_or_404(surveys, slug=slug)
    versions = versions_of(survey)
    asked = read_sample(request, survey, versions)
    is_crossed = "rows" in request.GET
    counted = (_in_table if is_crossed else _in_results)(request, asked.sample, versions)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{survey.title} – responses",
        "survey": survey,
        "status": survey.status(timezone.now()),
        "edit_url": reverse("admin:surveys_survey_change", args=[survey.pk]),
        "filters": asked.filters,
        "is_crossed": is_crossed,
        "names_count": not NAMES_COUNT.isdisjoint(request.GET),
        "without_flagged": asked.sample.scope.without_flagged,
        **counted,
    }
    one: Counted | None = counted["counted"]
    if one and one.n and not counted["is_promised"]:
        context |= listing_of(request, _found(asked.sample, one))
    return TemplateResponse(request, "metrics/survey_responses.html", context)


def _in_results(request: HttpRequest, sample: Sample, versions: Versions) -> dict[str, Any]:
    question = request.GET.get("question", "").partition(".")[0]
    results = survey_results(
        sample.scope, versions.live, former=versions.former, sample=sample, only=question
    )
    if request.GET.get("visits") == "all" and sample.is_of_some:
        rate = completion(results)
        counted: Counted | None = Counted("Visits", rate.n, "", (), results.counts.is_tallied, rate)
    else:
        counted = counted_in_results(request.GET.dict(), results, sample)
    is_cut = bool(counted and not counted.is_tallied and results.is_cut)
    return {"counted": counted, "is_promised": results.is_promised, "is_cut": is_cut}


def _in_table(request: HttpRequest, sample: Sample, versions: Versions) -> dict[str, Any]:
    found = read_table(request, sample, versions)
    if found is None:
        return {"counted": None, "is_promised": False}
    counted = None if found[0].is_promised else counted_in_table(request.GET.dict(), *found)
    return {"counted": counted, "is_promised": found[0].is_promised}


def _found(sample: Sample, counted: Counted) -> Any:
    """Return the responses as they were counted: from tallies, or one by one."""
    if counted.is_tallied:
        return given(sample.scope, counted.kind, *counted.gave) if counted.gave else came(sample.scope)
    matches = read_matches(sample, *counted.gave) if counted.matches is None else counted.matches
    return chosen(matches, counted.kind, *counted.gave)
