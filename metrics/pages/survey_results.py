"""The results of one survey: every question as its kind deserves, narrowed down by the address."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from metrics.measures.comments import comments_of, newest_first, told
from metrics.measures.outreach import response_rate
from metrics.measures.query import METRICS
from metrics.measures.questions import completion, former_questions, settings_of
from metrics.measures.questions import survey_results as results_of
from metrics.measures.results import CROSSABLE, Results
from metrics.measures.samples import Answered, Sample
from metrics.measures.sentiment import name_of
from metrics.pages.charts import trend_chart
from metrics.pages.filters import Choice, Field, Filters, read_filters
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Scale
from surveys.models import Survey
from surveys.versions import published_definition

NARROWED_BY = ("segment", "region", "language", "channel")
OWN = ("version", "answered")
LABELS = {"version": "Version", "answered": "Who answered"}
COMMENTS = 5


class Versions(NamedTuple):
    """The definition that is live, the questions that only earlier ones asked, and the versions by number."""

    live: Definition
    former: Sequence[Question]
    by_number: dict[str, int]


class Asked(NamedTuple):
    """What the address asks for: the filters, of which some are about responses only, and which these are."""

    filters: Filters
    sample: Sample


def survey_results(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show the answers to a survey, over the accounts that the user sees."""
    survey = get_object_or_404(Survey.objects.select_related("programme"), slug=slug)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{survey.title} – results",
        "survey": survey,
        "status": survey.status(timezone.now()),
        "edit_url": reverse("admin:surveys_survey_change", args=[survey.pk]),
    }
    if survey.live_version_id:
        versions = versions_of(survey)
        context |= _results(request, versions, read_sample(request, survey, versions))
    return TemplateResponse(request, "metrics/survey_results.html", context)


def _results(request: HttpRequest, versions: Versions, asked: Asked) -> dict[str, Any]:
    sample = asked.sample
    results = results_of(sample.scope, versions.live, former=versions.former, sample=sample)
    name = name_of(results.headline.question.kind) if results.headline else ""
    scope = results.scope
    is_asked_of_all = not (sample.is_raw or scope.language or scope.channel)
    shows_comments = not sample.is_raw and request.user.has_perm("metrics.view_comment")
    return {
        "filters": asked.filters,
        "results": results,
        "is_raw": sample.is_raw,
        "without_flagged": scope.without_flagged,
        "headline_name": name,
        "leads_to_responses": not results.is_promised and request.user.has_perm("surveys.view_response"),
        "leads_to_visits": _leads_to_visits(results, sample),
        "is_of_some": sample.is_of_some,
        "leads_to_metric": _is_the_metric(results, sample),
        "chart": trend_chart(results.trend, name, "month"),
        "response_rate": response_rate(scope) if is_asked_of_all else None,
        "completion_rate": completion(results),
        "shows_comments": shows_comments,
        "said": _said(sample, versions, results.promised) if shows_comments else (),
        "sees_responses": request.user.has_perm("surveys.view_response"),
        "kept": [(key, value) for key, value in request.GET.items() if key not in (*OWN, "flagged")],
    }


def _leads_to_visits(results: Results, sample: Sample) -> bool:
    """Whether all visits were counted, which are the rows of the completion rate."""
    is_whole = results.counts.is_tallied or not results.is_cut
    return is_whole and not (sample.is_of_some or results.is_promised)


def _is_the_metric(results: Results, sample: Sample) -> bool:
    """Whether the survey's score is a metric's, of one question alone, whose rows can be listed."""
    if results.headline is None or sample.is_of_some or results.is_promised:
        return False
    kind = results.headline.question.kind
    return kind in METRICS and sum(each.question.kind == kind for each in results.questions) == 1


def _said(sample: Sample, versions: Versions, promised: frozenset[int]) -> Sequence[Any]:
    scope = sample.scope
    found, _ = newest_first(comments_of(scope, promised=promised), None, COMMENTS)
    known = settings_of(scope, [*versions.live, *versions.former])
    return told(scope, found, promised=promised, known=known) if found else ()


def versions_of(survey: Survey) -> Versions:
    """Return what a published survey asks now and what it asked before, in one query besides new versions."""
    rows = dict(survey.versions.order_by("-number").values_list("number", "pk"))
    live = published_definition(survey.live_version_id or 0)
    earlier = [published_definition(pk) for pk in rows.values() if pk != survey.live_version_id]
    return Versions(
        live, former_questions([live, *earlier]), {str(number): pk for number, pk in rows.items()}
    )


def read_sample(request: HttpRequest, survey: Survey, versions: Versions, *besides: str) -> Asked:
    """Return which responses the address asks for: by days, attributes, version, one answer, and flags.

    `besides` are names in the address for which the page adds fields of its own.
    """
    filters = read_filters(request, *NARROWED_BY, survey=survey, besides=(*OWN, *besides))
    fields, faults, chosen = list(filters.fields), list(filters.faults), {}
    offered = {
        "version": tuple(Choice(number, number, pk) for number, pk in versions.by_number.items()),
        "answered": tuple(_answers([*versions.live, *versions.former])),
    }
    for name, choices in offered.items():
        said = request.GET.get(name, "")
        found = next((choice for choice in choices if choice.key == said), None)
        if said and found is None:
            faults.append(f"There is no {name} “{said[:60]}” of this survey: left out.")
        elif found:
            chosen[name] = found.value
        fields.append(Field(name, LABELS[name], choices, found.key if found else ""))
    filters = replace(filters, fields=tuple(fields), faults=tuple(faults))
    scope = replace(filters.scope, without_flagged=request.GET.get("flagged") == "without")
    return Asked(filters, Sample(scope=scope, **chosen))


def _answers(questions: Sequence[Question]) -> Sequence[Choice]:
    """Return every answer by which results may be narrowed down, as the address names it."""
    found = []
    for question in questions:
        kind, text = KINDS[question.kind], str(question.text)
        if question.kind not in CROSSABLE:
            continue
        for key, of in [
            (question.key, ""),
            *((f"{question.key}.{r.key}", f" – {r.text}") for r in question.rows),
        ]:
            if question.rows and not of:
                continue
            picks = picks_of(question, kind)
            found += [
                Choice(f"{key}:{name}", f"{text}{of} – {label}", Answered(key, own))
                for name, label, own in picks
            ]
    return found


def picks_of(question: Question, kind: Any) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return the name, the label and the picks of each answer, those of an NPS by its groups too."""
    if not isinstance(kind, Scale):
        labels = kind.pickable(question, question.text.language)
        return [(pick, label, (pick,)) for pick, label in labels.items()]
    points = [str(point) for point in kind.points(question.settings)]
    single: list[tuple[str, str, tuple[str, ...]]] = [(each, each, (each,)) for each in reversed(points)]
    if question.kind != "nps":
        return single
    low, mid = question.settings["detractor_max"], question.settings["passive_max"]
    groups = {
        "promoters": tuple(point for point in points if int(point) > mid),
        "passives": tuple(point for point in points if low < int(point) <= mid),
        "detractors": tuple(point for point in points if int(point) <= low),
    }
    return [*((name, name, picks) for name, picks in groups.items()), *single]
