import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from surveys.definition import Choice, Question
from surveys.kinds.choices import choice_named
from surveys.kinds.kind import Answer, AnswerRefused, Kind, Sheet, is_missing, yes_or_no

BETWEEN_ROWS = re.compile("[;\n]")
# Letters of the longest word that stands unbroken in three columns on a phone, and in two.
THREE_COLUMNS, TWO_COLUMNS = 9, 15


class Matrix(Kind):
    """The same choices asked about several rows; stored by row: a key, or a list where many may be."""

    name = "matrix"
    label = "Matrix"
    icon = "grid_on"
    about = "The same answers for several things, one row each."
    template = "surveys/kinds/matrix.html"
    role = "group"
    has_choices = True
    has_rows = True
    defaults: ClassVar[Mapping[str, Any]] = {"rows": (), "many": False}
    labels: ClassVar[Mapping[str, str]] = {"rows": "Rows", "many": "Several answers a row"}
    holds: ClassVar[Mapping[str, str]] = {"rows": "rows"}

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse a number of answers that is neither one nor many."""
        yes_or_no("many", settings["many"])

    def names(self, question: Question) -> tuple[str, ...]:
        """Return a field for each row."""
        return tuple(f"{question.key}.{row.key}" for row in question.rows)

    def read(self, question: Question, fields: Mapping[str, Sequence[str]]) -> Answer | None:
        """Return the answers that a submitted form holds by row, None when there are none."""
        answer: dict[str, object] = {}
        for row in question.rows:
            keys = [key for key in fields.get(f"{question.key}.{row.key}", ()) if key.strip()]
            if keys and not question.settings["many"]:
                if len(keys) > 1:
                    raise AnswerRefused("one_answer")
                answer[row.key] = keys[0]
            elif keys:
                answer[row.key] = keys
        return self.check(question, answer)

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the answers in the order of the rows, None for none, or raise AnswerRefused."""
        if not isinstance(answer, Mapping) or not all(key in question.row_by_key for key in answer):
            raise AnswerRefused("not_offered")
        checked = {
            row.key: self._check_row(question, answer[row.key])
            for row in question.rows
            if answer.get(row.key) not in (None, [])
        }
        return checked or None

    def _check_row(self, question: Question, given: object) -> str | list[str]:
        keys: list[Any] = given if isinstance(given, list) else [given]
        if not all(isinstance(key, str) and key in question.choice_by_key for key in keys):
            raise AnswerRefused("not_offered")
        if not question.settings["many"]:
            if isinstance(given, str):
                return given
            raise AnswerRefused("one_answer")
        if len(set(keys)) != len(keys):
            raise AnswerRefused("picked_twice")
        if len(keys) > 1 and any(question.choice_by_key[key].is_exclusive for key in keys):
            raise AnswerRefused("exclusive")
        return [choice.key for choice in question.choices if choice.key in keys]

    def missing(self, question: Question, answer: Answer | None) -> AnswerRefused | None:
        """Return that rows are missing where some are answered; a required question asks for all."""
        if answer is None or len(answer) == len(question.rows):
            return super().missing(question, answer)
        return AnswerRefused("rows_missing")

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the answers in one cell of a table, such as `Speed: good; Price: poor`."""
        if is_missing(cell):
            return None
        answer: dict[str, object] = {}
        for part in filter(str.strip, BETWEEN_ROWS.split(cell)):
            row, picks = self._cut_part(question, part)
            keys = [self._named(question, pick) for pick in picks.split("|")]
            answer[row.key] = keys if question.settings["many"] else keys[0]
        return self.check(question, answer)

    def _cut_part(self, question: Question, part: str) -> tuple[Choice, str]:
        for row in question.rows:
            for name in (row.key, *row.text.by_language.values()):
                if part.strip().casefold().startswith(f"{name.casefold()}:"):
                    return row, part.strip()[len(name) + 1 :]
        raise AnswerRefused("not_offered")

    def _named(self, question: Question, name: str) -> str:
        choice = choice_named(question, name)
        if choice is None:
            raise AnswerRefused("not_offered")
        return choice.key

    def fields(self, question: Question, answer: Answer) -> dict[str, list[str]]:
        """Return the ticked keys of each row in a field of its own."""
        return {
            f"{question.key}.{row}": picks if isinstance(picks, list) else [picks]
            for row, picks in answer.items()
        }

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the rows, each with the choices and which of them are picked."""
        return {
            "input": "checkbox" if question.settings["many"] else "radio",
            "wordiness": wordiness(choice.text.into(sheet.language) for choice in question.choices),
            "rows": [
                {
                    "key": row.key,
                    "text": row.text.into(sheet.language),
                    "language": row.text.stand_in(sheet.language),
                    "choices": [
                        {
                            "key": choice.key,
                            "text": choice.text.into(sheet.language),
                            "language": choice.text.stand_in(sheet.language),
                            "is_picked": choice.key in sheet.values(f"{question.key}.{row.key}"),
                        }
                        for choice in question.choices
                    ],
                }
                for row in question.rows
            ],
        }

    def rule(self, question: Question) -> list[Any]:
        """Return the rows, and which choices stand alone."""
        alone = [choice.key for choice in question.choices if choice.is_exclusive]
        return ["rows", [*question.row_by_key], alone if question.settings["many"] else []]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that rows may be missing, or hold what stands alone beside others."""
        return "rows_missing", "exclusive"

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return the answers as a person reads them, row by row."""
        parts = []
        for key, picks in answer.items():
            row = question.row_by_key.get(key)
            choices = (
                question.choice_by_key.get(pick) for pick in (picks if isinstance(picks, list) else [picks])
            )
            names = " | ".join(choice.text.into(language) if choice else "?" for choice in choices)
            parts.append(f"{row.text.into(language) if row else key}: {names}")
        return "; ".join(parts)


def wordiness(labels: Iterable[str]) -> str:
    """Return how much room the longest word of the labels needs: "", "long" or "longest"."""
    length = max((len(word) for label in labels for word in label.split()), default=0)
    return "" if length <= THREE_COLUMNS else "long" if length <= TWO_COLUMNS else "longest"
