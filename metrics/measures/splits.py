"""Likelihood answers as detractors, passives and promoters of any groups, added up by the database.

Over accounts one by one there is no tally, and a year of answers is too much to be added up here: the last
one is counted beforehand.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import reduce
from operator import add, or_
from typing import Any

from django.db.models import Count, F, JSONField, Q, Sum

from metrics.formulas.nps import Split, split
from metrics.measures.answers import ScoredQuestions, Settings
from metrics.measures.cells import closed_months, is_year, needs_scores, of_year, read_cells
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.dimensions import group_of
from metrics.measures.scope import Scope
from metrics.measures.sentiment import cut_offs
from metrics.models import Score
from metrics.models.years import VALUES
from surveys.kinds import KINDS
from surveys.models import Version

NOBODY = Split(0, 0, 0)
Asked = Mapping[tuple[int, str], Settings]
Found = dict[tuple[Any, ...], Split]


def splits(scope: Scope, *by: str, only: Q | None = None) -> Found:
    """Return detractors, passives and promoters of every group, confidential surveys left out.

    Of the answers in question, those that meet a condition; in five queries at most.
    """
    asked = _likelihoods(scope, confidential_surveys(scope))
    if not asked:
        return {}
    which = Q(survey__in={survey for survey, _ in asked}) & (only or Q())
    if not needs_scores(scope, by):
        return _tallied(scope, by, which, asked)
    if is_year(scope, by):
        years, nobodys = of_year(scope)
        found = _read(years.filter(which, kind="nps"), by, _sums(asked))
        for group, few in _read(nobodys.filter(which, kind="nps"), by, _counts(asked)).items():
            found[group] = added(found.get(group, NOBODY), few)
        return found
    rows: Any = Score.objects.filter(scope.answered) if scope.is_by_account else Score.objects.all()
    if scope.without_flagged:
        rows = rows.filter(response__flags=[])
    return _read(rows.filter(which, scope.days(), kind="nps", **scope.sliced), by, _counts(asked))


def added(a: Split, b: Split) -> Split:
    """Return the answers of two groups together."""
    return Split(*(x + y for x, y in zip(a, b, strict=True)))


def _tallied(scope: Scope, by: Collection[str], which: Q, asked: Asked) -> Found:
    found: Found = {}
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


def _read(rows: Any, by: Collection[str], counts: Mapping[str, Any]) -> Found:
    """Return the groups of rows that have answers, as the expressions count them."""
    groups = {f"group_{place}": group_of(name) for place, name in enumerate(by)}
    counted = rows.order_by().values(**groups).annotate(**counts).values_list(*Split._fields, *groups)
    return {
        tuple(each or "" for each in parts): Split(detractors, passives, promoters)
        for detractors, passives, promoters, *parts in counted
    }


def _rules(asked: Asked) -> list[tuple[Q, int, int]]:
    """Return of which questions the last detractor and the last passive are those; of all where all agree."""
    by_rule: dict[tuple[int, int], list[tuple[int, str]]] = defaultdict(list)
    for question, settings in asked.items():
        _, detractor_max, passive_max, _ = cut_offs(settings)
        by_rule[detractor_max, passive_max].append(question)
    # Nearly always all questions are read alike, and none need be looked for.
    if len(by_rule) == 1:
        return [(Q(), *rule) for rule in by_rule]
    return [
        (reduce(or_, (Q(survey=survey, question_key=key) for survey, key in questions)), *rule)
        for rule, questions in by_rule.items()
    ]


def _counts(asked: Asked) -> dict[str, Any]:
    """Return how scores are counted as detractors, passives and promoters."""
    parts = [
        (whose & Q(value__lte=low), whose & Q(value__gt=low, value__lte=high), whose & Q(value__gt=high))
        for whose, low, high in _rules(asked)
    ]
    conditions = (reduce(or_, each) for each in zip(*parts, strict=True))
    return {
        name: Count("pk", filter=condition) for name, condition in zip(Split._fields, conditions, strict=True)
    }


def _sums(asked: Asked) -> dict[str, Any]:
    """Return how the counts of years are added up to detractors, passives and promoters."""
    parts = [
        [
            Sum(reduce(add, (F(f"counts__{value}") for value in values)), filter=whose or None, default=0)
            for values in (VALUES[: low + 1], VALUES[low + 1 : high + 1], VALUES[high + 1 :])
        ]
        for whose, low, high in _rules(asked)
    ]
    return dict(zip(Split._fields, (reduce(add, each) for each in zip(*parts, strict=True)), strict=True))
