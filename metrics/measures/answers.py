"""Scored answers as counts, each question beside the settings by which it is read."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.db.models import F, Func, JSONField, Q

from metrics.formulas.histograms import Histogram
from metrics.measures.cells import Cell, read_cells_each
from metrics.measures.confidentiality import HIDDEN, Disclosed, confidential_surveys, disclosed
from metrics.measures.scope import Scope
from surveys.kinds import KINDS
from surveys.models import Version

Settings = Mapping[str, Any]
SCORED = " || ".join(f'@.kind == "{kind.name}"' for kind in KINDS.values() if kind.is_scored)


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts of scored answers, by what settings each question reads them, and of which groups some hide.

    Where None is among the hidden, it is of every group.
    """

    cells: Sequence[Cell]
    settings: Mapping[tuple[int, str], Settings]
    hidden: frozenset[Any] = frozenset()

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence where answers are hidden."""
        return (HIDDEN,) if self.hidden else ()

    def of(self, kind: str) -> "Answers":
        """Return the answers to questions of one kind."""
        return Answers([cell for cell in self.cells if cell.kind == kind], self.settings, self.hidden)

    def in_mode(self, mode: str) -> "Answers":
        """Return the answers to programmes of one mode."""
        return Answers([cell for cell in self.cells if cell.mode == mode], self.settings, self.hidden)

    def by(self, part: str) -> "dict[Any, Answers]":
        """Return the answers split by one part of their cells, such as the group."""
        parts: dict[Any, list[Cell]] = defaultdict(list)
        for cell in self.cells:
            parts[getattr(cell, part)].append(cell)
        if part != "group":
            return {key: Answers(cells, self.settings, self.hidden) for key, cells in parts.items()}
        return {
            key: Answers(parts.get(key, []), self.settings, self.hidden & {key, None})
            for key in {*parts, *self.hidden}
        }

    def regrouped(self, group_of: Callable[[Any], Any]) -> "Answers":
        """Return the answers with another group for each of their groups."""
        cells = [replace(cell, groups=(group_of(cell.group),)) for cell in self.cells]
        return Answers(cells, self.settings, frozenset(group and group_of(group) for group in self.hidden))

    def histograms(self) -> list[tuple[Settings, Histogram]]:
        """Return the counts per scale point of each question, beside the question's settings."""
        counts: dict[tuple[int, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for cell in self.cells:
            counts[cell.survey, cell.question_key][cell.value] += cell.total
        return [(self.settings[key], dict(histogram)) for key, histogram in sorted(counts.items())]


def read_answers(scope: Scope, kinds: Iterable[str], by: str | None = None) -> Answers:
    """Return the scored answers of some kinds, split by a dimension, in four queries at most.

    Surveys that promised confidentiality give what they may, with a few queries more.
    """
    return read_each([(scope, (by,) if by else ())], kinds, confidential_surveys(scope))[0]


def read_each(
    asked: Sequence[tuple[Scope, tuple[str, ...]]],
    kinds: Iterable[str],
    confidential: frozenset[int],
    known: Mapping[tuple[int, str], Settings] = MappingProxyType({}),
) -> list[Answers]:
    """Return the scored answers of windows of one scope, split by dimensions: a query each and one for all.

    `confidential` are the surveys in question that promised confidentiality, `known` settings of questions
    that need not be read again.
    """
    kinds = tuple(kinds)
    only = ~Q(survey__in=confidential) if confidential else None
    told = [
        _with_disclosed(cells, scope, kinds, by, confidential)
        for cells, (scope, by) in zip(read_cells_each(asked, kinds, only), asked, strict=True)
    ]
    named = {(cell.survey, cell.question_key): cell.kind for cells, _ in told for cell in cells}
    settings = question_settings(named, known)
    return [Answers(cells, settings, hidden) for cells, hidden in told]


def _with_disclosed(
    cells: list[Cell], scope: Scope, kinds: tuple[str, ...], by: tuple[str, ...], confidential: frozenset[int]
) -> Disclosed:
    """Return the cells with what confidential surveys may show, which is split by one dimension at most."""
    if not confidential:
        return Disclosed(cells, frozenset())
    if len(by) > 1:
        return Disclosed(cells, frozenset({None}))
    shown, hidden = disclosed(scope, kinds, by[0] if by else None, confidential)
    return Disclosed(cells + shown, hidden)


def question_settings(
    kinds: Mapping[tuple[int, str], str], known: Mapping[tuple[int, str], Settings] = MappingProxyType({})
) -> dict[tuple[int, str], Settings]:
    """Return the settings of scored questions, named by survey and key, from the newest version that asks.

    Versions of one survey agree on the scale of a key: publishing refuses anything else. Those known already
    are not read again.
    """
    unknown = {survey for survey, key in kinds if (survey, key) not in known}
    if not unknown:
        return {each: known[each] for each in kinds}
    versions = (
        Version.objects.filter(survey__in=unknown)
        .order_by("survey", "number")
        .values_list("survey", ScoredQuestions(F("definition"), output_field=JSONField()))
    )
    asked = {
        (survey, question["key"]): question.get("settings") or {}
        for survey, questions in versions
        for question in questions
    }
    return {
        each: known.get(each) or KINDS[kind].complete_settings(asked.get(each, {}))
        for each, kind in kinds.items()
    }


class ScoredQuestions(Func):
    """The scored questions of a definition; its texts and choices stay in the database."""

    function = "jsonb_path_query_array"
    template = f"%(function)s(%(expressions)s, '$.questions[*] ? ({SCORED})')"
