"""One element of a SurveyJS page: its texts, its choices, and asking (a part of) it. Pure."""

from collections.abc import Mapping
from typing import Any

from surveys.interchange.asked import Asked, Condition, Option, Texts
from surveys.interchange.documents import listed, number, words
from surveys.interchange.drafting import Draft

DEFAULT = "default"
# What changes how answers are checked or counted, and has no counterpart.
SETTINGS = {
    "enableIf": "the condition on which it can be answered ({value})",
    "requiredIf": "the condition on which it is required ({value})",
    "choicesVisibleIf": "the condition on its choices ({value})",
    "choicesEnableIf": "the condition on its choices ({value})",
    "rowsVisibleIf": "the condition on its rows ({value})",
    "columnsVisibleIf": "the condition on its columns ({value})",
    "setValueIf": "setting its value by a condition ({value})",
    "setValueExpression": "setting its value by a formula ({value})",
    "defaultValue": "its default answer ({value})",
    "defaultValueExpression": "its calculated default answer ({value})",
    "resetValueIf": "taking its answer back by a condition ({value})",
    "validators": "its own checks",
    "choicesByUrl": "choices read from an address",
    "choicesFromQuestion": "choices taken from the question {value}",
    "imageLink": "its picture",
    "correctAnswer": "its correct answer",
    "score": "its score",
}


class SurveyJsElements:
    """What the elements of a page share."""

    draft: Draft
    own: str
    names: dict[str, Asked]
    found: int

    def texts(self, value: object) -> dict[str, str]:
        """Return a text of SurveyJS by language; "default" is the survey's own."""
        if isinstance(value, dict):
            by_language = {self.own if code == DEFAULT else code: words(text) for code, text in value.items()}
            return {code: text for code, text in by_language.items() if text}
        return {self.own: words(value)} if words(value) else {}

    def place(self, element: Mapping[str, Any]) -> str:
        """Return how the report calls an element."""
        return self.draft.place(words(element.get("name")), self.texts(element.get("title")))

    def options(self, values: object) -> list[Option]:
        """Return choices, rows or columns: values, or objects of a value and a text."""
        options = []
        for value in listed(values):
            if isinstance(value, dict):
                code = words(value.get("value")) or words(value.get("name")) or str(value.get("value", ""))
                texts: Texts = self.texts(value.get("text") or value.get("title")) or code
            else:
                code = str(value).lower() if isinstance(value, bool) else words(value)
                texts = code
            options.append(Option(code, texts))
        return options

    def source(self) -> str:
        """Return what tells this element from all others: its place."""
        return str(self.found)

    def put(
        self, element: Mapping[str, Any], kind: str, when: Condition | None, **details: Any
    ) -> Asked | None:
        """Ask one question for (a part of) an element."""
        name = words(element.get("name")) or f"q{self.found}"
        own_name = details.pop("name", name)
        title = self.texts(element.get("title")) or {self.own: name}
        asked = self.draft.ask(
            self.source(),
            kind,
            details.pop("text", None) or title,
            name=own_name,
            help=self.texts(element.get("description")),
            is_required=element.get("isRequired") is True and kind != "statement",
            show_if=when,
            **details,
        )
        if asked:
            self.names[own_name] = asked
            if element.get("valueName") and own_name == name:
                self.names[words(element.get("valueName"))] = asked
            if element.get("showCommentArea") is True or element.get("hasComment") is True:
                self.comment(element, when, own_name)
        return asked

    def comment(self, element: Mapping[str, Any], when: Condition | None, name: str) -> None:
        """Ask for the comment below a question as a question of its own."""
        if name != words(element.get("name")):
            return
        text = self.texts(element.get("commentText")) or {self.own: "Comment"}
        self.draft.ask(self.source(), "long_text", text, name=f"{name}-Comment", show_if=when)

    @staticmethod
    def length(element: Mapping[str, Any], limit: int) -> dict[str, Any]:
        """Return the setting for the most characters, {} without one."""
        longest = number(element.get("maxLength"))
        return {"max_length": int(min(longest, limit))} if longest and longest >= 1 else {}

    def report(self, element: Mapping[str, Any]) -> None:
        """Add what is lost of an element to the losses."""
        place = self.place(element)
        for name, what in SETTINGS.items():
            value = element.get(name)
            if value not in (None, "", [], {}, False):
                short = " ".join(str(value).split())
                told = what.format(value=short if len(short) <= 80 else f"{short[:79]}…")
                self.draft.lose(place, f"{told} was not taken over.")
        if element.get("readOnly") is True:
            self.draft.lose(place, "it could not be changed by who answers; now it can.")
