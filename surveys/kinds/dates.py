from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from surveys.definition import Question
from surveys.kinds.kind import Answer, AnswerRefused, Kind, SettingsRefused, Sheet, is_missing

LENGTH = len("2026-01-31")


class Day(Kind):
    """A day of the calendar, stored as 2026-01-31."""

    name = "date"
    label = "Date"
    icon = "event"
    about = "A day, such as when it happened."
    template = "surveys/kinds/date.html"
    role = ""
    defaults: ClassVar[Mapping[str, Any]] = {"min": None, "max": None}
    labels: ClassVar[Mapping[str, str]] = {"min": "Not before", "max": "Not after"}
    holds: ClassVar[Mapping[str, str]] = {"min": "day", "max": "day"}

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Refuse limits that are no days, and a last day before the first."""
        for name in self.defaults:
            if settings[name] is not None and not is_day(settings[name]):
                raise SettingsRefused(f"{name} must be a day such as 2026-01-31")
        if None not in (settings["min"], settings["max"]) and settings["min"] > settings["max"]:
            raise SettingsRefused("max must not be before the first day")

    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the day, or raise AnswerRefused when it is none or out of range."""
        answer = answer.strip() if isinstance(answer, str) else answer
        if answer == "":
            return None
        if not is_day(answer):
            raise AnswerRefused("not_a_date")
        # Days written this way stand in the order of their letters.
        low, high = (question.settings[name] for name in self.defaults)
        if low and answer < low:
            raise too_early(low)
        if high and answer > high:
            raise too_late(high)
        return answer

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the day in one cell of a table, with or without a time behind it, None when blank or NA."""
        cell = cell.strip()
        if is_missing(cell):
            return None
        has_time = len(cell) > LENGTH and cell[LENGTH] in " T"
        return self.check(question, cell[:LENGTH] if has_time else cell)

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the day typed so far and the limits."""
        return {
            "value": sheet.value(question.key),
            "min": question.settings["min"] or "",
            "max": question.settings["max"] or "",
        }

    def rule(self, question: Question) -> list[Any]:
        """Return that the answer is a day, and the limits."""
        return ["day", question.settings["min"], question.settings["max"]]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that it may be no whole date, or out of range."""
        return "not_a_date", "too_early", "too_late"


def too_early(low: str) -> AnswerRefused:
    """Return the refusal of a day before the first one allowed."""
    return AnswerRefused("too_early", low=date.fromisoformat(low))


def too_late(high: str) -> AnswerRefused:
    """Return the refusal of a day after the last one allowed."""
    return AnswerRefused("too_late", high=date.fromisoformat(high))


def is_day(value: object) -> bool:
    """Whether the value is a day written as 2026-01-31."""
    if not isinstance(value, str) or len(value) != LENGTH or not value.isascii():
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
