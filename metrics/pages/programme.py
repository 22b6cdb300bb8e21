"""One listening programme: how its score moves, who differs, what drives it, what is said, who is heard."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from metrics.formulas.histograms import merged
from metrics.measures.answers import Answers, read_answers, read_each
from metrics.measures.cells import Cell, kinds_given
from metrics.measures.comparisons import Comparison, between, former
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.drivers import DEFINITION, key_drivers, ratings
from metrics.measures.measure import Measure
from metrics.measures.outreach import response_rate
from metrics.measures.reach import coverages
from metrics.measures.results import Bar
from metrics.measures.revenue import arr_at_end
from metrics.measures.scope import Scope
from metrics.measures.segments import segments, split_by
from metrics.measures.sentiment import by_programme, measure_of, name_of, trend
from metrics.measures.themes import MOST_COMMENTS, themes
from metrics.measures.voices import mood_of
from metrics.pages.charts import trend_chart
from metrics.pages.drivers import listed_questions
from metrics.pages.filters import read_filters
from metrics.pages.planes import importance_chart
from surveys.kinds import KINDS, Scale
from surveys.models import Programme, Survey
from surveys.versions import published_definition

NARROWED_BY = ("segment", "tier", "region", "country", "industry")
# Those with one measure over all scales of a programme come first; ratings are asked one by one.
KINDS_SHOWN = ("nps", "csat", "ces")
# Beyond so many answers what drives them is worked out on the page of each survey.
MOST_FOR_DRIVERS = 20_000


def programme_list(request: HttpRequest) -> TemplateResponse:
    """Show every programme with its scores of the last year."""
    viewer = _viewer(request)
    scope = Scope.of_answers(viewer, timezone.localdate())
    answers = read_answers(scope, KINDS_SHOWN)
    measures: dict[int, list[tuple[str, Measure]]] = {}
    for kind in KINDS_SHOWN:
        for each, measure in by_programme(scope, answers, kind):
            measures.setdefault(each.pk, []).append((name_of(kind), measure))
    programmes = [(each, measures.get(each.pk, [])) for each in Programme.objects.order_by("name")]
    context = {
        **admin.site.each_context(request),
        "title": "Programme scores",
        "programmes": programmes,
        "window": scope.window,
    }
    return TemplateResponse(request, "metrics/programmes.html", context)


def programme(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show the score of one programme, who differs and what is written, over what the user sees."""
    context = head_of(request, slug, "score")
    scope = context["filters"].scope
    promised = confidential_surveys(scope)
    asked: list[tuple[Scope, tuple[str, ...]]] = [(scope, ("month",)), (scope, split_by(scope))]
    if scope.start:
        asked.append((former(scope), ()))
    kinds = kinds_given(scope, KINDS_SHOWN)
    said = request.GET.get("kind", "")
    kind = said if said in kinds else next(iter(kinds), "nps")
    if said and said != kind and kinds:
        missed = name_of(said) if said in KINDS_SHOWN else f"“{said[:60]}”"
        fault = f"No {missed} in these days: {name_of(kind)} is shown."
        context["filters"] = replace(context["filters"], faults=(*context["filters"].faults, fault))
    answers, split, *earlier = read_each(asked, (kind,), promised)
    measure = measure_of(scope, answers, kind)
    points = trend(scope, answers, kind, "month")
    shows_themes = request.user.has_perm("metrics.view_comment")
    arr = arr_at_end(scope) if scope.viewer.sees_revenue else None
    context |= {
        "kinds": [(name, name_of(name)) for name in kinds],
        "kind": kind,
        "name": name_of(kind),
        "measure": measure,
        "comparison": _comparison(kind, scope, measure, earlier),
        "points": points,
        "chart": trend_chart(points, name_of(kind), "month"),
        "bars": _distribution(answers, kind),
        "spread": {"headline": measure},
        "segments": segments(scope, kind, split, promised) if measure.is_known else None,
        "shows_themes": shows_themes,
        "about": themes(scope, most=MOST_COMMENTS, arr=arr, promised=promised) if shows_themes else None,
        "sees_revenue": arr is not None,
    }
    return TemplateResponse(request, "metrics/programme.html", context)


def programme_drivers(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show what goes along with the score of one programme."""
    context = head_of(request, slug, "drivers")
    scope = context["filters"].scope
    given = ratings(scope)
    n = sum(cell.total for cell in given if cell.kind in KINDS_SHOWN)
    is_here = n <= MOST_FOR_DRIVERS
    context |= _drivers(scope, context["surveys"], given) if is_here else {"drivers_elsewhere": True}
    return TemplateResponse(request, "metrics/programme_drivers.html", context)


def programme_reach(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show who was asked and who is heard in one programme."""
    context = head_of(request, slug, "reach")
    scope = context["filters"].scope
    arr = arr_at_end(scope) if scope.viewer.sees_revenue else None
    context |= {"response_rate": response_rate(scope), "coverages": coverages(scope, arr)}
    return TemplateResponse(request, "metrics/programme_reach.html", context)


def head_of(request: HttpRequest, slug: str, here: str) -> dict[str, Any]:
    """Return what every page of a programme shows at its top."""
    found = get_object_or_404(Programme, slug=slug)
    return {
        **admin.site.each_context(request),
        "title": found.name,
        "programme": found,
        "here": here,
        "filters": read_filters(request, *NARROWED_BY, programme=found),
        "surveys": list(Survey.objects.published().filter(programme=found).order_by("title")),
    }


def _comparison(kind: str, scope: Scope, measure: Measure, earlier: Sequence[Answers]) -> Comparison | None:
    return between(measure, measure_of(former(scope), earlier[0], kind)) if earlier else None


def _distribution(answers: Answers, kind: str) -> Sequence[Bar]:
    """Return how often each point was given, the highest first; none where scales differ."""
    scale = KINDS[kind]
    histograms = answers.histograms()
    if not isinstance(scale, Scale) or not histograms:
        return ()
    settings = histograms[0][0]
    if any(list(scale.points(each)) != list(scale.points(settings)) for each, _ in histograms):
        return ()
    counts = merged(counts for _, counts in histograms)
    n = sum(counts.values())
    return [
        Bar(
            str(point),
            counts.get(point, 0),
            100 * counts.get(point, 0) / n if n else 0.0,
            mood_of(kind, point, settings),
            pick=str(point),
        )
        for point in reversed(scale.points(settings))
    ]


def _drivers(scope: Scope, surveys: Sequence[Survey], given: Sequence[Cell]) -> Mapping[str, Any]:
    found = key_drivers(scope, given=given)
    texts = texts_of(surveys)
    told = [(texts.get(each.key, each.key), each) for each in found.drivers] if found else []
    return {
        "found": found,
        "listed_questions": listed_questions(scope, found),
        "outcome": texts.get(found.outcome, found.outcome) if found else "",
        "drivers": told,
        "driver_chart": importance_chart([(text, each.performance, each.share) for text, each in told]),
        "driver_definition": DEFINITION,
    }


def texts_of(surveys: Sequence[Survey]) -> dict[str, str]:
    """Return what each question of some surveys asks, by its key."""
    return {
        question.key: str(question.text)
        for survey in surveys
        for question in published_definition(survey.live_version_id or 0)
    }


def _viewer(request: HttpRequest) -> User:
    if not isinstance(request.user, User):
        raise TypeError("pages are behind the login")
    return request.user
