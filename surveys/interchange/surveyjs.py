"""Surveys from SurveyJS: its JSON of pages and elements. Pure."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from surveys.interchange.asked import Asked, Condition
from surveys.interchange.conditions import all_of, show_if
from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import listed, mapping, read_json, refused, words
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish
from surveys.interchange.surveyjs_elements import DEFAULT
from surveys.interchange.surveyjs_questions import SurveyJsQuestions

CONTAINERS = {"panel", "paneldynamic", "flowpanel"}
PLACEHOLDER = re.compile(r"(?<!\{)\{([^{}\n]{1,120})\}(?!\})")
MAX_NESTING = 20
# What a survey may have that has no counterpart.
OF_SURVEY = {
    "triggers": "its triggers",
    "calculatedValues": "its calculated values",
    "maxTimeToFinish": "its time limit",
    "timeLimit": "its time limit",
    "completedHtmlOnCondition": "end texts on a condition",
    "navigateToUrlOnCondition": "addresses to go on to on a condition",
    "completedBeforeHtml": "its text for who answered before",
    "logo": "its logo",
}


def read_surveyjs(content: bytes) -> Conversion:
    """Return what became of a survey made with SurveyJS."""
    document = mapping(read_json(content))
    if not listed(document.get("pages")) and not listed(
        document.get("elements") or document.get("questions")
    ):
        raise refused("is JSON, but no survey that SurveyJS could show")
    return _Reader(document).conversion()


def _languages(value: object, found: dict[str, None], depth: int = 0) -> None:
    """Collect the languages of all texts: an object with a text under "default" holds translations."""
    if depth > MAX_NESTING:
        return
    if isinstance(value, dict):
        if isinstance(value.get(DEFAULT), str):
            found.update(dict.fromkeys(code for code, text in value.items() if isinstance(text, str)))
        for inner in value.values():
            _languages(inner, found, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _languages(inner, found, depth + 1)


class _Reader(SurveyJsQuestions):
    """Takes one SurveyJS survey over, page by page."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.own = words(document.get("locale")) or "en"
        found: dict[str, None] = {}
        _languages(document, found)
        self.draft = Draft([self.own, *(code for code in found if code != DEFAULT)])
        self.draft.pipe = self.pipe
        self.names: dict[str, Asked] = {}
        self.found = 0

    def conversion(self) -> Conversion:
        """Return what became of the survey."""
        draft, document = self.draft, self.document
        draft.say("title", self.texts(document.get("title")))
        draft.say("intro", self.texts(document.get("description")))
        draft.say("thank_you", self.texts(document.get("completedHtml")))
        for name, what in OF_SURVEY.items():
            if document.get(name):
                draft.lose("survey", f"{what} could not be taken over.")
        if url := words(document.get("navigateToUrl")):
            draft.end(url=url)
        if document.get("questionsOnPageMode") in ("singlePage", "questionPerPage"):
            draft.layout = "all" if document["questionsOnPageMode"] == "singlePage" else "question"
        pages = listed(document.get("pages")) or [
            {"elements": document.get("elements") or document.get("questions")}
        ]
        for page in map(mapping, pages):
            name = words(page.get("name")) or "page"
            condition = self.condition(f"page {name}", page)
            draft.turn_page(self.texts(page.get("title")), condition)
            if any(self.texts(page.get("description")).values()):
                draft.remark(f"{name}_description", self.texts(page.get("description")))
            self.elements(listed(page.get("elements") or page.get("questions")), None)
        return finish(draft, self.found)

    def elements(self, elements: list[Any], when: Condition | None, depth: int = 0) -> None:
        if depth > MAX_NESTING:
            raise refused("has panels nested too deeply")
        for element in map(mapping, elements):
            kind = words(element.get("type"))
            own = self.condition(self.place(element), element)
            told = all_of([when or True, own or True])
            both = None if isinstance(told, bool) else told
            if kind in CONTAINERS:
                self.panel(element, both, depth)
            elif kind:
                self.found += 1
                self.ask(element, kind, both)

    def panel(self, element: Mapping[str, Any], when: Condition | None, depth: int) -> None:
        name = words(element.get("name")) or "panel"
        if any(title := self.texts(element.get("title")).values()) and any(map(str.strip, title)):
            self.draft.ask("", "statement", self.texts(element.get("title")), name=name, show_if=when)
        if element.get("type") == "paneldynamic":
            self.draft.lose(
                f"panel {name}", "it was filled in several times; now its questions are asked once."
            )
        self.elements(listed(element.get("elements") or element.get("templateElements")), when, depth + 1)

    def condition(self, place: str, element: Mapping[str, Any]) -> Condition | None:
        expression = words(element.get("visibleIf"))
        if expression:
            return show_if(self.draft, place, expression, self.resolve)
        if element.get("visible") is False:
            self.draft.lose(place, "it was hidden until something showed it; now it is shown.")
        return None

    def resolve(self, name: str) -> Asked | None:
        """Return the question that a name in an expression stands for, or the row of a matrix."""
        if name in self.names:
            return self.names[name]
        matrix, _, row = name.partition(".")
        asked = self.names.get(matrix)
        return replace(asked, row=asked.rows[row]) if asked and row in asked.rows else None

    def pipe(self, text: str) -> tuple[str, list[str]]:
        """Return the text with {name} as {{name}}, and what else it quotes."""
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            asked = self.resolve(match[1].strip())
            if asked and asked.kind != "matrix":
                return f"{{{{{asked.key}}}}}"
            if " " in match[1].strip():
                return match[0]
            unknown.append(match[0])
            return "…"

        return PLACEHOLDER.sub(ours, text), unknown
