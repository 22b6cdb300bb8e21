"""What may stand on one side of a cross-tab: a question, a row of a matrix, or what a response is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from metrics.measures.pairs import OF_RESPONSES, OF_SLICES
from metrics.measures.sentiment import cut_offs
from surveys.definition import Question
from surveys.kinds import KINDS, Scale

PROMOTERS, PASSIVES, DETRACTORS = "promoters", "passives", "detractors"
MOST_ROWS = 30
# What of a response may stand in the place of a second question.
OF_WHAT = (*OF_SLICES, *OF_RESPONSES)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a table: a question, a row of a matrix, or without one what a response is."""

    key: str
    text: str
    question: Question | None = None

    @property
    def is_many(self) -> bool:
        """Whether one person may give several answers."""
        question = self.question
        if question is None:
            return False
        return question.kind == "multiple_choice" or bool(question.rows and question.settings.get("many"))

    def fold(self, pick: str) -> str:
        """Return the key under which a pick counts: a point of an NPS scale under its group."""
        if self.question is None or self.question.kind != "nps" or not pick.isdecimal():
            return pick
        _, detractor_max, passive_max, _ = cut_offs(self.question.settings)
        return (
            DETRACTORS if int(pick) <= detractor_max else PASSIVES if int(pick) <= passive_max else PROMOTERS
        )

    def labels(self, given: Any, names: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the label of each answer: of a question all there are, in their order, else those given."""
        found = sorted(set(given))
        if self.question is None:
            return {each: (names or {}).get(each, each) or "none given" for each in found[:MOST_ROWS]}
        kind, question = KINDS[self.question.kind], self.question
        if question.kind == "nps":
            return _groups(*cut_offs(question.settings))
        if isinstance(kind, Scale):
            return {str(point): str(point) for point in kind.points(question.settings)}
        labels = kind.pickable(question, question.text.language)
        return labels | {each: f"{each} (no longer offered)" for each in found if each not in labels}


def _groups(low: int, detractor_max: int, passive_max: int, high: int) -> dict[str, str]:
    return {
        PROMOTERS: f"Promoters ({passive_max + 1}–{high})",
        PASSIVES: f"Passives ({detractor_max + 1}–{passive_max})",
        DETRACTORS: f"Detractors ({low}–{detractor_max})",
    }


def dimension(name: str) -> Side:
    """Return a dimension of responses as a side."""
    if name not in OF_WHAT:
        raise KeyError(name)
    return Side(name, name.capitalize())
