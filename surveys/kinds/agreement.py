from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar

from surveys.definition import Question
from surveys.kinds.kind import Answer, AnswerRefused, Kind, Sheet, is_missing
from surveys.wording import LANGUAGES, wording

# How programs write it; people write it in the words of any of our languages.
WRITTEN = {"yes": ("true", "1", "y", "t", "on"), "no": ("false", "0", "n", "f", "off")}


class YesNo(Kind):
    """Yes or no, stored as these words."""

    name = "yes_no"
    label = "Yes or no"
    icon = "thumbs_up_down"
    about = "The quickest question there is."
    template = "surveys/kinds/choices.html"
    text_settings = ("yes_label", "no_label")
    labels: ClassVar[Mapping[str, str]] = {"yes_label": "Label of yes", "no_label": "Label of no"}

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return yes or no, or raise AnswerRefused."""
        if not isinstance(answer, str) or answer not in WRITTEN:
            raise AnswerRefused("not_offered")
        return answer

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return yes or no from one cell of a table, in any language, None when blank or NA."""
        if is_missing(cell):
            return None
        word = cell.strip().casefold()
        for answer in WRITTEN:
            labels = (question.settings.get(f"{answer}_label") or {}).values()
            if word in {*words_for(answer), *(label.casefold() for label in labels)}:
                return answer
        raise AnswerRefused("not_offered")

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the two answers and which is picked."""
        return {
            "input": "radio",
            "choices": [
                {
                    "key": answer,
                    "text": sheet.text(question.settings.get(f"{answer}_label")) or sheet.words[answer],
                    "language": sheet.stand_in(question.settings.get(f"{answer}_label")),
                    "is_picked": answer in sheet.values(question.key),
                }
                for answer in WRITTEN
            ],
        }

    def rule(self, question: Question) -> list[Any]:
        """Return that the answer is a word."""
        return ["words", 1, 3]

    def picked(self, answer: Answer) -> tuple[str, ...]:
        """Return the one answer."""
        return (answer,)

    def pickable(self, question: Question, language: str) -> dict[str, str]:
        """Return both answers as a person reads them."""
        return {answer: self.show(question, answer, language) for answer in WRITTEN}

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return the answer as a person reads it."""
        labels = question.settings.get(f"{answer}_label") or {}
        return labels.get(language) or labels.get(question.text.language) or wording(language)[answer]


class Consent(Kind):
    """Agreement to a text that the version keeps; stored as true, and never as anything else."""

    name = "consent"
    label = "Consent"
    icon = "verified_user"
    about = "A box to tick; its words are kept with each answer."
    template = "surveys/kinds/consent.html"
    role = "group"
    text_settings = ("statement",)
    labels: ClassVar[Mapping[str, str]] = {"statement": "What is agreed to"}
    holds: ClassVar[Mapping[str, str]] = {"statement": "paragraph"}

    def parse(self, raw: str) -> Answer:
        """Return true for a ticked box."""
        return raw == "yes"

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return true, None where consent was not given, or raise AnswerRefused."""
        if not isinstance(answer, bool):
            raise AnswerRefused("not_offered")
        return answer or None

    def missing(self, question: Question, answer: Answer | None) -> AnswerRefused | None:
        """Return that the box is to be ticked."""
        return AnswerRefused("consent_required") if answer is None else None

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return true for a yes in one cell of a table, None for a no, blank or NA."""
        word = cell.strip().casefold()
        if is_missing(cell) or word in words_for("no"):
            return None
        if word in words_for("yes"):
            return True
        raise AnswerRefused("not_offered")

    def fields(self, question: Question, answer: Answer) -> dict[str, list[str]]:
        """Return the ticked box."""
        return {question.key: ["yes"]}

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the text agreed to and whether the box is ticked."""
        return {
            "statement": sheet.text(question.settings.get("statement")) or sheet.words["i_agree"],
            "language": sheet.stand_in(question.settings.get("statement")),
            "is_picked": sheet.value(question.key) == "yes",
        }

    def rule(self, question: Question) -> list[Any]:
        """Return that it is one tick."""
        return ["pick", ""]

    def picked(self, answer: Answer) -> tuple[str, ...]:
        """Return that it was given."""
        return ("yes",)

    def pickable(self, question: Question, language: str) -> dict[str, str]:
        """Return that it was given."""
        return {"yes": wording(language)["yes"]}

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return that it was given."""
        return wording(language)["yes"]


@lru_cache
def words_for(answer: str) -> frozenset[str]:
    """Return how yes or no is written, by programs and in every language that we speak."""
    return frozenset((*WRITTEN[answer], *(wording(code)[answer].casefold() for code in LANGUAGES)))
