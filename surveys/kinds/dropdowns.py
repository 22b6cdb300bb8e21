from collections.abc import Mapping, Sequence
from typing import Any

from surveys.definition import Question
from surveys.kinds.choices import SingleChoice, choice_named
from surveys.kinds.kind import Sheet

# From here on a list is searched by typing: more than fits on a phone's screen.
LONG_LIST = 15


class Dropdown(SingleChoice):
    """One of a list of choices; a long list is searched by typing."""

    name = "dropdown"
    label = "Dropdown"
    icon = "arrow_drop_down_circle"
    about = "One of a long list, such as countries or products."
    role = ""
    template = "surveys/kinds/dropdown.html"

    def read_picks(self, question: Question, fields: Mapping[str, Sequence[str]]) -> list[object]:
        """Return the picks of a submitted form, where a choice may be typed as its text."""
        picks: list[object] = []
        for typed in filter(str.strip, fields.get(question.key, ())):
            choice = choice_named(question, typed)
            if choice is not None:
                picks.append({"other": self.read_words(question, fields)} if choice.is_other else choice.key)
            else:
                picks.append({"other": typed} if self.open_choice(question) else typed)
        return picks

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return the choices, and for a long list what stands in the field that searches it."""
        picked = question.choice_by_key.get(sheet.value(question.key))
        choice = self.open_choice(question)
        return {
            **super().controls(question, sheet),
            "is_long": self._is_long(question),
            "value": picked.text.into(sheet.language) if picked else sheet.value(question.key),
            "open_text": choice.text.into(sheet.language) if choice else "",
        }

    def rule(self, question: Question) -> list[Any]:
        """Return as for a single choice; for a list that is searched by typing, what may be typed."""
        if not self._is_long(question):
            return super().rule(question)
        texts = ((choice.key, choice.text.by_language.values()) for choice in question.choices)
        return ["typed", self._open_key(question), [[key, *dict.fromkeys(names)] for key, names in texts]]

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return that what is typed may not be in the list."""
        return ("not_offered",) if self._is_long(question) and not self.open_choice(question) else ()

    def _is_long(self, question: Question) -> bool:
        return len(question.choices) > LONG_LIST
