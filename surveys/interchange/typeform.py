"""Surveys from Typeform: the JSON of its Create API. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from surveys.interchange.asked import Asked
from surveys.interchange.conditions import (
    Inexpressible,
    Verdict,
    all_of,
    any_of,
    compared,
    holds,
    negated,
    picks,
)
from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import listed, mapping, read_json, refused, words
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish
from surveys.interchange.jumps import Jump, reached, take_jumps
from surveys.interchange.typeform_questions import TypeformQuestions

PLACEHOLDER = re.compile(r"\{\{(\w+):([^{}]{1,120})\}\}")


OPERATORS = {
    "equal": "equals",
    "is": "equals",
    "not_equal": "differs",
    "is_not": "differs",
    "greater_than": "greater",
    "lower_than": "less",
    "contains": "contains",
    "not_contains": "notcontains",
    "greater_equal_than": "at_least",
    "lower_equal_than": "at_most",
}


MAX_NESTING = 10


def read_typeform(content: bytes) -> Conversion:
    """Return what became of a form that Typeform's API gave out."""
    document = mapping(read_json(content))
    if not listed(document.get("fields")):
        raise refused("is JSON, but no form of Typeform's")
    return _Reader(document).conversion()


class _Reader(TypeformQuestions):
    """Takes one form over, field by field."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.draft = Draft([words(mapping(document.get("settings")).get("language")) or "en"])
        self.draft.pipe = self.pipe
        self.asked: dict[str, Asked] = {}
        # Where in the draft each field begins and ends.
        self.begins: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self.choice: dict[str, str] = {}
        self.found = 0

    def conversion(self) -> Conversion:
        """Return what became of the form."""
        draft, document = self.draft, self.document
        draft.layout = "question"
        draft.say("title", self.text(document.get("title")))
        for screen in map(mapping, listed(document.get("welcome_screens"))[:1]):
            description = self.text(mapping(screen.get("properties")).get("description"))
            draft.say("intro", "\n".join(filter(None, [self.text(screen.get("title")), description])))
            self.report_picture("welcome", screen)
        for name in listed(document.get("hidden")):
            draft.hide(words(name))
        if mapping(document.get("variables")):
            draft.lose("form", "its variables (a score, a price) were not taken over.")
        for field in map(mapping, listed(document.get("fields"))):
            self.take(field)
        jumps = list(self.jumps())
        take_jumps(draft, [jump for jump, _ in jumps])
        self.take_endings([(jump, to) for jump, to in jumps if to])
        if url := words(mapping(document.get("settings")).get("redirect_after_submit_url")):
            draft.end(url=url)
        return finish(draft, self.found)

    def pipe(self, text: str) -> tuple[str, list[str]]:
        """Return the text with {{field:ref}} as {{key}}, and what else it quotes."""
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            asked = self.asked.get(match[2])
            if match[1] == "field" and asked and asked.kind != "matrix":
                return f"{{{{{asked.key}}}}}"
            if match[1] == "hidden" and (name := self.draft.hide(match[2])):
                return f"{{{{hidden.{name}}}}}"
            unknown.append(match[0])
            return "…"

        return PLACEHOLDER.sub(ours, text), unknown

    def take(self, field: Mapping[str, Any], depth: int = 0) -> None:
        if depth > MAX_NESTING:
            raise refused("has groups nested too deeply")
        ref, kind = words(field.get("ref")) or words(field.get("id")), words(field.get("type"))
        self.begins[ref] = len(self.draft.questions)
        inner = listed(mapping(field.get("properties")).get("fields"))
        if kind in ("group", "inline_group", "contact_info", "address", "multi_question") and inner:
            self.draft.turn_page(self.text(field.get("title")))
            if description := self.text(mapping(field.get("properties")).get("description")):
                self.draft.remark("", description)
            for one in map(mapping, inner):
                self.take(one, depth + 1)
            self.draft.turn_page()
        elif kind:
            self.found += 1
            self.ask(field, ref or str(self.found), kind)
        self.ends[ref] = len(self.draft.questions)

    def jumps(self) -> list[tuple[Jump, str]]:
        """Return the jumps, each with the ref of the end screen that it leads to, '' for a field."""
        found = []
        last = len(self.draft.questions)
        for logic in map(mapping, listed(self.document.get("logic"))):
            ref = words(logic.get("ref"))
            start, before = self.ends.get(ref, 0) - 1, list[Verdict]()
            for action in map(mapping, listed(logic.get("actions"))):
                place = self.asked[ref].place if ref in self.asked else f"field {ref[:40]}"
                if action.get("action") != "jump":
                    self.draft.lose(place, "a calculation in its logic was not taken over.")
                    continue
                to = mapping(mapping(action.get("details")).get("to"))
                target = words(to.get("value"))
                is_end = to.get("type") in ("thankyou", "outcome")
                goal = last if is_end else self.begins.get(target, -1)
                try:
                    when = self.when(mapping(action.get("condition")))
                except Inexpressible as why:
                    self.draft.lose(place, f"a jump was not taken over: it {why}.")
                    continue
                told = all_of([when, *map(negated, before)])
                before.append(when)
                if goal <= start or start < 0:
                    self.draft.lose(place, "a jump was not taken over: it leads back or nowhere.")
                else:
                    found.append((Jump(start, goal, told), target if is_end else ""))
        return found

    def when(self, condition: Mapping[str, Any], depth: int = 0) -> Verdict:
        """Return what a condition says. Raises Inexpressible."""
        operator, operands = (
            words(condition.get("op")),
            [mapping(one) for one in listed(condition.get("vars"))],
        )
        if depth > MAX_NESTING:
            raise Inexpressible("is nested too deeply")
        if operator in ("and", "or"):
            join = all_of if operator == "and" else any_of
            return join(self.when(mapping(one), depth + 1) for one in listed(condition.get("vars")))
        if operator in ("always", ""):
            return True
        asked = self.asked.get(words(operands[0].get("value"))) if operands else None
        if asked is None or operands[0].get("type") != "field":
            raise Inexpressible("asks about something else than an answer")
        if operator in ("answered", "not_answered"):
            return holds(asked) if operator == "answered" else negated(holds(asked))
        if operator not in OPERATORS or len(operands) < 2:
            raise Inexpressible(f"uses Typeform's operator {operator[:40]!r}")
        value = operands[1].get("value")
        if operands[1].get("type") == "choice":
            picked = picks(asked, self.choice.get(words(value), words(value)))
            return negated(picked) if OPERATORS[operator] == "differs" else picked
        if isinstance(value, bool):
            value = "true" if value else "false"
        return compared(OPERATORS[operator], asked, value if isinstance(value, int | float) else words(value))

    def take_endings(self, jumps: list[tuple[Jump, str]]) -> None:
        """Make an ending of each end screen that a jump leads to; the first other one is the thank-you."""
        by_ref: dict[str, list[Verdict]] = {}
        for jump, ref in jumps:
            by_ref.setdefault(ref, []).append(all_of([reached(self.draft, jump), jump.when]))
        for screen in map(mapping, listed(self.document.get("thankyou_screens"))):
            ref, properties = words(screen.get("ref")), mapping(screen.get("properties"))
            description = self.text(properties.get("description"))
            text = "\n".join(filter(None, [self.text(screen.get("title")), description]))
            url = words(properties.get("redirect_url")) if screen.get("type") == "url_redirect" else ""
            told = any_of(by_ref[ref]) if ref in by_ref else True
            self.report_picture("end screen", screen)
            if isinstance(told, dict):
                self.draft.end(text, url=url, show_if=told)
            elif url:
                self.draft.end(text, url=url)
            elif "thank_you" not in self.draft.texts:
                self.draft.say("thank_you", text)
            else:
                self.draft.lose(
                    self.draft.place("end screen", text), "no jump leads to it, so it was left out."
                )
