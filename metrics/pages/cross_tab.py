"""Two questions of a survey against each other, or a question and what a response is."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from metrics.measures.crosstabs import CrossTab, Shares, cross_tab
from metrics.measures.results import CROSSABLE
from metrics.measures.samples import Sample
from metrics.measures.sentiment import MEASURED
from metrics.measures.sides import OF_WHAT, Side, dimension
from metrics.pages.survey_results import Versions, read_sample, versions_of
from metrics.pages.wording import value_in_words
from surveys.models import Survey

CHOSEN_HERE = ("rows", "columns", "cells")
CELLS = {
    Shares.OF_ROWS: "Percent of each row",
    Shares.OF_COLUMNS: "Percent of each column",
    Shares.NONE: "Counts only",
}


def cross(request: HttpRequest, slug: str) -> TemplateResponse:
    """Show the cross-tab that the address asks for: of the first score by segment unless others are named."""
    survey = get_object_or_404(Survey.objects.select_related("programme"), slug=slug)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": f"{survey.title} – cross-tab",
        "survey": survey,
        "status": survey.status(timezone.now()),
        "edit_url": reverse("admin:surveys_survey_change", args=[survey.pk]),
    }
    if survey.live_version_id:
        versions = versions_of(survey)
        asked = read_sample(request, survey, versions, *CHOSEN_HERE)
        sides = sides_of(versions)
        rows, columns = _named(request, sides)
        rows, columns = rows or _first(sides), columns or dimension("segment")
        said = request.GET.get("cells", "")
        shares = Shares(said) if said in {*Shares} else Shares.OF_ROWS
        filters = asked.filters
        if said and shares != said:
            fault = f"Cells cannot show “{said[:60]}”: they show the percent of each row."
            filters = replace(filters, faults=(*filters.faults, fault))
        context |= {
            "filters": filters,
            "cells": CELLS.items(),
            "shares": shares,
            "sides": sides.values(),
            "dimensions": [dimension(name) for name in OF_WHAT],
            "rows": rows,
            "columns": columns,
            "without_flagged": asked.sample.scope.without_flagged,
        }
        if rows and rows.key != columns.key:
            table = cross_tab(asked.sample, rows, columns, _names(versions), shares=shares)
            context["table"] = _in_words(table, columns)
            may_see = request.user.has_perm("surveys.view_response")
            context["leads_to_responses"] = may_see and not table.is_promised
    return TemplateResponse(request, "metrics/cross_tab.html", context)


def read_table(
    request: HttpRequest, sample: Sample, versions: Versions
) -> tuple[CrossTab, Side, Side] | None:
    """Return the cross-tab of which the address names both sides, and these, None where it names none.

    It knows the responses behind its cells.
    """
    rows, columns = _named(request, sides_of(versions))
    if rows is None or columns is None or rows.key == columns.key:
        return None
    names = _names(versions)
    table = cross_tab(sample, rows, columns, names, shares=Shares.NONE, with_responses=True)
    return _in_words(table, columns), rows, columns


def _in_words(table: CrossTab, columns: Side) -> CrossTab:
    """Return a table whose columns are headed by what people call languages and channels, not by codes."""
    if columns.question:
        return table
    return replace(table, columns=tuple(value_in_words(columns.key, each) for each in table.columns))


def _names(versions: Versions) -> dict[str, str]:
    return {str(pk): f"version {number}" for number, pk in versions.by_number.items()}


def _named(request: HttpRequest, sides: Mapping[str, Side]) -> tuple[Side | None, Side | None]:
    """Return the rows and columns that the address names, None for what may not stand there."""
    of_columns = {**sides, **{name: dimension(name) for name in OF_WHAT}}
    return sides.get(request.GET.get("rows", "")), of_columns.get(request.GET.get("columns", ""))


def sides_of(versions: Versions) -> dict[str, Side]:
    """Return the questions that may stand in a table, a matrix by its rows."""
    sides = {}
    for question in (*versions.live, *versions.former):
        if question.kind not in CROSSABLE:
            continue
        text = str(question.text)
        for row in question.rows:
            key = f"{question.key}.{row.key}"
            sides[key] = Side(key, f"{text} – {row.text}", question)
        if not question.rows:
            sides[question.key] = Side(question.key, text, question)
    return sides


def _first(sides: Mapping[str, Side]) -> Side | None:
    """Return what stands first unless the address says otherwise: a score, if the survey asks for one."""
    scores = (side for side in sides.values() if side.question and side.question.kind in MEASURED)
    return next(scores, next(iter(sides.values()), None))
