"""The responses behind one count on the page of a survey's results: who gave this answer."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from metrics.measures.measure import Measure
from metrics.measures.questions import survey_results
from metrics.measures.receipts.given import given
from metrics.measures.results import Bar, Result, Results
from metrics.measures.samples import Sample
from metrics.pages.filters import read_filters
from metrics.pages.listing import listing_of
from metrics.pages.survey_results import NARROWED_BY, picks_of, versions_of
from surveys.definition import Question
from surveys.kinds import KINDS, Scale
from surveys.models import Survey


class Counted(NamedTuple):
    """One count of the results: of which question and answer, by its picks, and how many there are.

    `measure` is that of all answers to a question on a scale.
    """

    question: Question
    key: str
    name: str
    picks: tuple[str, ...]
    n: int
    measure: Measure | None = None


def survey_responses(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show the responses that gave the answer which the address names, over the accounts in sight."""
    surveys = Survey.objects.published().select_related("programme")
    survey = get_object_or_404(surveys, slug=slug)
    versions = versions_of(survey)
    filters = read_filters(request, *NARROWED_BY, survey=survey)
    scope = replace(filters.scope, without_flagged=request.GET.get("flagged") == "without")
    results = survey_results(scope, versions.live, former=versions.former, sample=Sample(scope=scope))
    counted = _counted(request, results)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{survey.title}: responses",
        "survey": survey,
        "status": survey.status(timezone.now()),
        "edit_url": reverse("admin:surveys_survey_change", args=[survey.pk]),
        "filters": filters,
        "counted": counted,
        "is_promised": results.is_promised,
        "is_cut": results.is_cut and not results.counts.is_tallied,
        "without_flagged": scope.without_flagged,
    }
    if counted and not results.is_promised:
        found = given(scope, counted.question.kind, counted.key, counted.picks)
        context |= listing_of(request, found)
    return TemplateResponse(request, "metrics/survey_responses.html", context)


def _counted(request: HttpRequest, results: Results) -> Counted | None:
    """Return the count that the address names, None where the survey has none of that name."""
    asked, pick = request.GET.get("question", ""), request.GET.get("pick", "")
    for result in results.questions:
        for key, name, n, bars in _parts(result):
            if key != asked:
                continue
            if not pick:
                return Counted(result.question, key, name, (), n, result.headline)
            for own, label, picks in _answers(result, bars):
                if own == pick:
                    gave = sum(bar.count for bar in bars if bar.pick in picks)
                    return Counted(result.question, key, f"{name} – {label}", picks, gave)
    return None


def _parts(result: Result) -> Sequence[tuple[str, str, int, Sequence[Bar]]]:
    """Return the key, the name, the number of answers and the bars of a question and of each of its rows."""
    text = str(result.question.text)
    rows = [(row.key, f"{text} {row.label}", row.n, row.bars) for row in result.rows]
    return [(result.question.key, text, result.n, result.bars), *rows] if result.asks else []


def _answers(result: Result, bars: Sequence[Bar]) -> Sequence[tuple[str, str, tuple[str, ...]]]:
    """Return the name, the label and the picks of each answer that is counted, groups of a scale too."""
    kind = KINDS[result.question.kind]
    if isinstance(kind, Scale):
        return picks_of(result.question, kind)
    return [(bar.pick, bar.label, (bar.pick,)) for bar in bars]
