from collections.abc import Mapping
from typing import Any, ClassVar

from surveys.definition import Question
from surveys.kinds.kind import Answer, Kind, Sheet, clean_words, is_missing, whole_number


class Words(Kind):
    """Words of the respondent's own, up to a limit."""

    limit: ClassVar[int]
    role = ""
    text_settings = ("placeholder",)
    labels: ClassVar[Mapping[str, str]] = {
        "placeholder": "Hint inside the field",
        "max_length": "Characters at most",
    }

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse limits beyond what the kind can hold."""
        whole_number("max_length", settings["max_length"], 1, self.limit)

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the words, None when there are none, or raise AnswerRefused."""
        return clean_words(answer, question.settings["max_length"]) or None

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the words typed so far, how many are allowed and the example shown while there are none."""
        return {
            "value": sheet.value(question.key),
            "max_length": question.settings["max_length"],
            "placeholder": sheet.text(question.settings.get("placeholder")),
        }


class ShortText(Words):
    """One line."""

    name = "short_text"
    label = "Short text"
    template = "surveys/kinds/short_text.html"
    limit = 500
    defaults: ClassVar[Mapping[str, Any]] = {"max_length": 200}

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the line, its line ends turned into blanks."""
        words = super().check(question, answer)
        return " ".join(words.split("\n")) if words else None


class LongText(Words):
    """A comment: metrics read it for themes, people read it first."""

    name = "long_text"
    label = "Long text (comment)"
    template = "surveys/kinds/long_text.html"
    limit = 10_000
    defaults: ClassVar[Mapping[str, Any]] = {"max_length": 2000}
    is_comment = True

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the comment in one cell of a table, None when blank or NA."""
        return None if is_missing(cell) else super().read_cell(question, cell)
