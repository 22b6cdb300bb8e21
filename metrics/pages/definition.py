"""The page of one metric: what it means, how it is computed, and that with the company's own numbers."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse

from accounts.admin.visibility import user_of
from accounts.models import User
from metrics.formulas.histograms import merged
from metrics.measures.answers import read_answers
from metrics.measures.dimensions import OF_ANSWERS
from metrics.measures.levels import level_at
from metrics.measures.measure import Measure
from metrics.measures.query import METRICS, NotAsked, ask
from metrics.measures.receipts import receipt
from metrics.measures.renewals import RENEWED
from metrics.measures.scope import NotClosed, Scope
from metrics.measures.sentiment import measure_of
from metrics.measures.targets import aim_of
from metrics.measures.weights import VIEWS
from metrics.pages.examples import worked_example
from metrics.pages.filters import of_account, read_filters
from metrics.pages.listing import listing_of
from metrics.pages.meanings import GROUPS, MEANINGS
from metrics.pages.windows import EARLIEST, MONTHS, chosen_day
from metrics.pages.wording import name_of

# Above the first rows stands what they make, but for views of NPS that read as much again for it.
WEIGHED = frozenset(VIEWS) - {"nps"}


def metric_list(request: HttpRequest) -> TemplateResponse:
    """Show every metric that the user may see with what it means."""
    viewer = user_of(request)
    context = {
        **admin.site.each_context(request),
        "title": "Metrics",
        "groups": [
            (title, [(name, MEANINGS[name]) for name in names if _may_see(viewer, name)])
            for title, names in GROUPS.items()
            if any(_may_see(viewer, name) for name in names)
        ],
    }
    return TemplateResponse(request, "metrics/metric_list.html", context)


def metric(request: HttpRequest, name: str) -> TemplateResponse:
    """Show what a metric means, and an example worked with what the user may see."""
    context = _asked(request, name)
    scope = context["filters"].scope
    try:
        measure = ask(name, scope)
    except (NotAsked, NotClosed) as fault:
        context["refused"] = str(fault)
    else:
        context |= {
            "measure": measure,
            "aim": aim_of(scope, measure),
            "example": worked_example(measure),
        }
    return TemplateResponse(request, "metrics/metric.html", context)


def metric_rows(request: HttpRequest, name: str) -> TemplateResponse:
    """Show the rows that a metric is made of: its receipt."""
    context = _asked(request, name)
    scope, part = context["filters"].scope, request.GET.get("part", "")
    if name in RENEWED:
        faults = [*context["filters"].faults]
        as_of = chosen_day(request.GET, scope.today, faults)
        context["filters"] = replace(context["filters"], faults=tuple(faults))
        context["as_of"] = as_of if as_of < scope.today else None
        scope = replace(scope, today=as_of)
    try:
        rates_of = _rates_of(request.GET.get("rates", ""), scope.today)
        found = receipt(name, scope, part, rates_of=rates_of)
    except NotAsked as fault:
        context["refused"] = str(fault)
    else:
        is_told = name not in WEIGHED and not request.GET.get("after")
        measure, part_count = _told(name, scope, part, rates_of) if is_told else (None, None)
        context |= {
            **listing_of(request, found),
            "measure": measure,
            "part": part,
            "part_count": part_count,
            # Only of these some were said in confidence.
            "are_answers": "survey" in found.columns,
        }
    context["title"] = f"{name_of(name)}: rows"
    return TemplateResponse(request, "metrics/metric_rows.html", context)


def _rates_of(text: str, today: date) -> date | None:
    """Return the day whose exchange rates an address names, None where it names none; or raise NotAsked."""
    try:
        day = date.fromisoformat(text) if text else None
    except ValueError:
        day = date.max
    if day and not EARLIEST <= day <= today:
        raise NotAsked(f"There are no exchange rates of “{text[:60]}”.")
    return day


def _told(name: str, scope: Scope, part: str, rates_of: date | None) -> tuple[Measure, int | None]:
    """Return a measure, and how many answers are of a part of it as the page that leads here counts them."""
    if rates_of:
        return level_at(scope, rates_of), None
    if not part.isdecimal():
        measure = ask(name, scope)
        return measure, int(measure.beside.get(part) or 0) if part else None
    answers = read_answers(scope, (name,))
    if name == "nps" and not (scope.survey or scope.programme):
        answers = answers.in_mode(scope.mode)
    counts = merged(counts for _, counts in answers.histograms())
    return measure_of(scope, answers, name), counts.get(int(part), 0)


def _asked(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return what both pages of a metric share; unknown ones are not found, hidden ones are refused."""
    viewer = user_of(request)
    if name not in METRICS:
        raise Http404(f"There is no metric “{name}”.")
    if not _may_see(viewer, name):
        raise PermissionDenied
    dimensions = [each for each in OF_ANSWERS if each in METRICS[name].dimensions and each != "account"]
    filters = read_filters(
        request, *dimensions, default="12m", windows=MONTHS, replays=True, besides=("account",)
    )
    filters = of_account(filters, request.GET.get("account", ""))
    return {
        **admin.site.each_context(request),
        "title": name_of(name),
        "name": name,
        "meaning": MEANINGS[name],
        "filters": filters,
        "is_revenue": METRICS[name].is_revenue,
    }


def _may_see(viewer: User, name: str) -> bool:
    return viewer.sees_revenue or not METRICS[name].is_revenue
