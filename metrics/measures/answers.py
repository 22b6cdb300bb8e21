"""Scored answers as counts: from tallies over all accounts, from scores where accounts matter."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, NamedTuple

from django.db.models import Count, F, Func, JSONField, Sum
from django.db.models.functions import TruncMonth, TruncQuarter

from metrics.formulas.histograms import Histogram
from metrics.measures.scope import Scope
from metrics.models import Score, Tally
from surveys.kinds import KINDS
from surveys.models import Version

By = Literal["month", "quarter"]
TRUNC = {"month": TruncMonth, "quarter": TruncQuarter}
Settings = Mapping[str, Any]
GROUPED = ("kind", "survey", "question_key", "value")
PROGRAMME = "survey__programme"
SCORED = " || ".join(f'@.kind == "{kind.name}"' for kind in KINDS.values() if kind.is_scored)


class Cell(NamedTuple):
    """How many gave one value to one question of one survey, in one period or altogether."""

    kind: str
    programme: int
    mode: str
    survey: int
    question_key: str
    value: int
    total: int
    period: date | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Counts of scored answers, and by what settings each question reads them."""

    cells: Sequence[Cell]
    settings: Mapping[tuple[int, str], Settings]

    def of(self, kind: str) -> "Answers":
        """Return the answers to questions of one kind."""
        return Answers([cell for cell in self.cells if cell.kind == kind], self.settings)

    def in_mode(self, mode: str) -> "Answers":
        """Return the answers to programmes of one mode."""
        return Answers([cell for cell in self.cells if cell.mode == mode], self.settings)

    def by(self, part: str) -> "dict[Any, Answers]":
        """Return the answers split by one part of their cells, such as the period."""
        parts: dict[Any, list[Cell]] = defaultdict(list)
        for cell in self.cells:
            parts[getattr(cell, part)].append(cell)
        return {key: Answers(cells, self.settings) for key, cells in parts.items()}

    def histograms(self) -> list[tuple[Settings, Histogram]]:
        """Return the counts per scale point of each question, beside the question's settings."""
        counts: dict[tuple[int, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
        for cell in self.cells:
            counts[cell.survey, cell.question_key][cell.value] += cell.total
        return [(self.settings[key], dict(histogram)) for key, histogram in sorted(counts.items())]


def read_answers(scope: Scope, kinds: Iterable[str], by: By | None = None) -> Answers:
    """Return the scored answers of some kinds, in two queries whatever there is.

    A tally holds the answers of everyone; whoever sees only some accounts, or asks about one, is answered
    from the scores of these accounts.
    """
    rows: Any
    if scope.is_by_account:
        # Scores without an account belong to nobody in particular (SECURITY T21).
        rows = Score.objects.filter(account__in=scope.accounts)
        total: Any = Count("pk")
    else:
        rows = Tally.objects.all()
        total = Sum("count")
    sliced = {f"slice__{name}": value for name, value in scope.attributes.items()}
    period = {"period": TRUNC[by]("day")} if by else {}
    rows = (
        rows.filter(scope.days(), scope.surveys(), kind__in=tuple(kinds), **sliced)
        .values(*GROUPED, programme=F(PROGRAMME), mode=F(f"{PROGRAMME}__mode"), **period)
        .annotate(total=total)
        .filter(total__gt=0)
        .values_list("kind", "programme", "mode", "survey", "question_key", "value", "total", *period)
    )
    cells = [Cell(*row) for row in rows]
    kinds_by_question = {(cell.survey, cell.question_key): cell.kind for cell in cells}
    return Answers(cells, question_settings(kinds_by_question))


def question_settings(kinds: Mapping[tuple[int, str], str]) -> dict[tuple[int, str], Settings]:
    """Return the settings of scored questions, named by survey and key, from the newest version that asks.

    Versions of one survey agree on the scale of a key: publishing refuses anything else.
    """
    versions = (
        Version.objects.filter(survey__in={survey for survey, _ in kinds})
        .order_by("survey", "number")
        .values_list("survey", _ScoredQuestions(F("definition"), output_field=JSONField()))
    )
    asked = {
        (survey, question["key"]): question.get("settings") or {}
        for survey, questions in versions
        for question in questions
    }
    return {key: KINDS[kind].complete_settings(asked.get(key, {})) for key, kind in kinds.items()}


class _ScoredQuestions(Func):
    """The scored questions of a definition; its texts and choices stay in the database."""

    function = "jsonb_path_query_array"
    template = f"%(function)s(%(expressions)s, '$.questions[*] ? ({SCORED})')"
