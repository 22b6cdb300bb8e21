"""Likelihood answers as detractors, passives and promoters of any groups, added up by the database.

Over accounts one by one there is no tally, and a year of answers is too much to be added up here.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, JSONField, Q

from metrics.formulas.nps import Split, split
from metrics.measures.answers import ScoredQuestions, Settings
from metrics.measures.cells import closed_months, needs_scores, read_cells
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.dimensions import group_of
from metrics.measures.scope import Scope
from metrics.measures.sentiment import cut_offs
from metrics.models import Score
from surveys.kinds import KINDS
from surveys.models import Version

NOBODY = Split(0, 0, 0)
Asked = Mapping[tuple[int, str], Settings]


def splits(scope: Scope, *by: str, only: Q | None = None) -> dict[tuple[Any, ...], Split]:
    """Return detractors, passives and promoters of every group, confidential surveys left out.

    Of the answers in question, those that meet a condition; in three queries, or four where tallies say it.
    """
    asked = _likelihoods(scope, confidential_surveys(scope))
    if not asked:
        return {}
    which = Q(survey__in={survey for survey, _ in asked}) & (only or Q())
    if not needs_scores(scope, by):
        return _tallied(scope, by, which, asked)
    rows: Any = Score.objects.filter(scope.answered) if scope.is_by_account else Score.objects.all()
    if scope.without_flagged:
        rows = rows.filter(response__flags=[])
    groups = {f"group_{place}": group_of(name) for place, name in enumerate(by)}
    conditions = _conditions(asked)
    counts = {name: Count("pk", filter=condition) for name, condition in conditions.items()}
    counted = (
        rows.filter(which, scope.days(), kind="nps", **scope.sliced)
        .order_by()
        .values(**groups)
        .annotate(**counts)
        .values_list(*Split._fields, *groups)
    )
    return {
        tuple(each or "" for each in parts): Split(detractors, passives, promoters)
        for detractors, passives, promoters, *parts in counted
    }


def added(a: Split, b: Split) -> Split:
    """Return the answers of two groups together."""
    return Split(*(x + y for x, y in zip(a, b, strict=True)))


def _tallied(scope: Scope, by: Collection[str], which: Q, asked: Asked) -> dict[tuple[Any, ...], Split]:
    found: dict[tuple[Any, ...], Split] = {}
    for cell in read_cells(scope, ("nps",), *by, only=which, closed=closed_months(scope)):
        low, detractor_max, passive_max, high = cut_offs(asked[cell.survey, cell.question_key])
        one = split({cell.value: cell.total}, detractor_max, passive_max, scale_min=low, scale_max=high)
        found[cell.groups] = added(found.get(cell.groups, NOBODY), one)
    return found


def _likelihoods(scope: Scope, confidential: Collection[int]) -> Asked:
    """Return the settings of every likelihood question in question, by survey and key, from the newest
    version that asks it. Without survey and programme they are those of the scope's mode.
    """
    versions: Any = Version.objects.filter(scope.surveys()).exclude(survey__in=confidential)
    if not (scope.survey or scope.programme):
        versions = versions.filter(survey__programme__mode=scope.mode)
    rows = versions.order_by("survey", "number").values_list(
        "survey", ScoredQuestions(F("definition"), output_field=JSONField())
    )
    return {
        (survey, question["key"]): KINDS["nps"].complete_settings(question.get("settings") or {})
        for survey, questions in rows
        for question in questions
        if question["kind"] == "nps"
    }


def _conditions(asked: Asked) -> dict[str, Q]:
    """Return on what condition an answer is a detractor's, a passive's or a promoter's."""
    by_rule: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    for question, settings in asked.items():
        _, detractor_max, passive_max, _ = cut_offs(settings)
        by_rule[detractor_max, passive_max].append(question)
    parts = []
    for (low, high), questions in by_rule.items():
        # Nearly always all questions are read alike, and none need be looked for.
        of = reduce(or_, (Q(survey=survey, question_key=key) for survey, key in questions), Q())
        whose = of if len(by_rule) > 1 else Q()
        parts.append(
            (
                whose & Q(value__lte=low),
                whose & Q(value__gt=low, value__lte=high),
                whose & Q(value__gt=high),
            )
        )
    return dict(zip(Split._fields, (reduce(or_, each) for each in zip(*parts, strict=True)), strict=True))
