"""Likelihood answers as detractors, passives and promoters of any groups, added up by the database.

Over accounts one by one there is no tally, and a year of answers is too much to be added up here: the last
one is counted beforehand.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import reduce
from operator import add, or_
from typing import Any, NamedTuple

from django.db.models import Count, F, JSONField, Q, Sum
from django.db.models.fields.json import KT

from metrics.formulas.nps import NOBODY, Split, split
from metrics.measures.answers import ScoredQuestions, Settings
from metrics.measures.cells import is_year, needs_scores, of_year, read_cells
from metrics.measures.dimensions import group_of
from metrics.measures.scope import Scope
from metrics.measures.sentiment import cut_offs
from metrics.models import Score
from metrics.models.years import VALUES
from surveys.kinds import KINDS
from surveys.models import Version
from surveys.privacy import ANONYMOUS, CONFIDENTIAL

Asked = Mapping[tuple[int, str], Settings]
Found = dict[tuple[Any, ...], Split]


class Questions(NamedTuple):
    """The settings of every question of one kind, by survey and key, from the newest version that asks it,
    and whether any survey that promised confidentiality is left out.
    """

    asked: Asked
    is_hidden: bool

    @property
    def surveys(self) -> frozenset[int]:
        """The surveys that ask."""
        return frozenset(survey for survey, _ in self.asked)


def likelihoods(scope: Scope) -> Questions:
    """Return what NPS asks, in one query; without survey and programme, of the scope's mode."""
    return questions(scope, "nps", "" if scope.survey or scope.programme else scope.mode)


def questions(scope: Scope, kind: str, mode: str = "") -> Questions:
    """Return what is asked by a scored kind, in programmes of one mode or of any, in one query."""
    rows = (
        Version.objects.filter(scope.surveys())
        .order_by("survey", "number")
        .values_list(
            "survey",
            "survey__programme__mode",
            KT("definition__privacy"),
            ScoredQuestions(F("definition"), output_field=JSONField()),
        )
    )
    versions = list(rows)
    confidential = {survey for survey, _, privacy, _ in versions if privacy in (CONFIDENTIAL, ANONYMOUS)}
    asked = {
        (survey, question["key"]): KINDS[kind].complete_settings(question.get("settings") or {})
        for survey, own, _, scored in versions
        if survey not in confidential and mode in ("", own)
        for question in scored
        if question["kind"] == kind
    }
    return Questions(asked, bool(confidential))


def splits(scope: Scope, *by: str, of: Questions | None = None, only: Q | None = None) -> Found:
    """Return detractors, passives and promoters of every group, confidential surveys left out.

    Of the answers in question, those that meet a condition; in two queries, beside what is asked.
    """
    of = of or likelihoods(scope)
    asked = of.asked
    if not asked:
        return {}
    which = Q(survey__in=of.surveys) & (only or Q())
    if not needs_scores(scope, by):
        return _tallied(scope, by, which, asked)
    if is_year(scope, by):
        years, nobodys = of_year(scope)
        counted = _counted(years.filter(which, kind="nps"), by, _sums(asked))
        return _read(counted.union(_counted(nobodys.filter(which, kind="nps"), by, _counts(asked)), all=True))
    rows: Any = Score.objects.filter(scope.answered) if scope.is_by_account else Score.objects.all()
    if scope.without_flagged:
        rows = rows.filter(response__flags=[])
    return _read(_counted(rows.filter(which, scope.days(), kind="nps", **scope.sliced), by, _counts(asked)))


def added(a: Split, b: Split) -> Split:
    """Return the answers of two groups together."""
    return Split(*(x + y for x, y in zip(a, b, strict=True)))


def _tallied(scope: Scope, by: Collection[str], which: Q, asked: Asked) -> Found:
    found: Found = {}
    for cell in read_cells(scope, ("nps",), *by, only=which):
        low, detractor_max, passive_max, high = cut_offs(asked[cell.survey, cell.question_key])
        one = split({cell.value: cell.total}, detractor_max, passive_max, scale_min=low, scale_max=high)
        found[cell.groups] = added(found.get(cell.groups, NOBODY), one)
    return found


def _counted(rows: Any, by: Collection[str], counts: Mapping[str, Any]) -> Any:
    """Return the groups that rows have, as the expressions count them."""
    groups = {f"group_{place}": group_of(name) for place, name in enumerate(by)}
    return rows.order_by().values(**groups).annotate(**counts).values_list(*Split._fields, *groups)


def _read(rows: Any) -> Found:
    """Return the groups by what they have in common; one that came in two parts is added up."""
    found: Found = {}
    for detractors, passives, promoters, *parts in rows:
        group, groups = tuple(each or "" for each in parts), Split(detractors, passives, promoters)
        found[group] = added(found[group], groups) if group in found else groups
    return found


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


def groups_of(asked: Asked) -> dict[str, Q]:
    """Return which scores are detractors, passives and promoters; none of no question."""
    parts = [
        (whose & Q(value__lte=low), whose & Q(value__gt=low, value__lte=high), whose & Q(value__gt=high))
        for whose, low, high in _rules(asked)
    ]
    conditions = (reduce(or_, each) for each in zip(*parts, strict=True))
    return dict(zip(Split._fields, conditions, strict=True)) if parts else {}


def _counts(asked: Asked) -> dict[str, Any]:
    """Return how scores are counted as detractors, passives and promoters."""
    return {name: Count("pk", filter=condition) for name, condition in groups_of(asked).items()}


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
