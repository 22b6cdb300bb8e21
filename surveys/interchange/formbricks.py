"""Surveys from Formbricks: the JSON of its API, of questions or (since version 4) of blocks. Pure."""

import re
from collections.abc import Mapping
from typing import Any

from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import listed, mapping, read_json, refused, words
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish
from surveys.interchange.formbricks_logic import FormbricksLogic
from surveys.interchange.formbricks_questions import DEFAULT, FormbricksQuestions, joined
from surveys.interchange.jumps import Jump, take_jumps

RECALL = re.compile(r"#recall:([\w-]{1,80})/fallback:([^#]{0,120})#")


OF_SURVEY = {
    "triggers": "when it was shown on a website was not taken over: its triggers have no counterpart.",
    "segment": "the segment of people it was shown to was not taken over.",
    "variables": "its variables were not taken over.",
    "recaptcha": "its guard against robots was not taken over: Earshot has its own.",
    "pin": "its PIN was not taken over.",
    "autoClose": "its closing by itself after some seconds was not taken over.",
    "autoComplete": "its end after a number of answers was not taken over: set a quota.",
    "closeOnDate": "the day on which it closes was not taken over.",
    "customScripts": "its scripts were not taken over.",
}


def read_formbricks(content: bytes) -> Conversion:
    """Return what became of a survey that Formbricks' API gave out, bare or as its "data"."""
    document = mapping(read_json(content))
    data = document.get("data", document)
    surveys = [mapping(one) for one in (data if isinstance(data, list) else [data])]
    surveys = [one for one in surveys if listed(one.get("questions")) or listed(one.get("blocks"))]
    if not surveys:
        raise refused("is JSON, but no survey of Formbricks'")
    reader = _Reader(surveys[0])
    for other in surveys[1:]:
        reader.draft.lose(
            "file", f"it holds another survey, {words(other.get('name'))[:80]!r}: import it by itself."
        )
    return reader.conversion()


class _Reader(FormbricksQuestions):
    """Takes one survey over, block by block."""

    def __init__(self, survey: Mapping[str, Any]) -> None:
        self.survey = survey
        languages = [mapping(one) for one in listed(survey.get("languages"))]
        codes = {words(mapping(one.get("language")).get("code")): one.get(DEFAULT) for one in languages}
        self.own = next((code for code, is_own in codes.items() if code and is_own is True), "en")
        self.draft = Draft([self.own, *filter(None, codes)])
        self.draft.pipe = self.pipe
        self.logic = FormbricksLogic()
        self.begins: dict[str, int] = {}
        self.rules: list[tuple[int, str, Mapping[str, Any]]] = []
        self.found = 0

    def conversion(self) -> Conversion:
        """Return what became of the survey."""
        draft, survey = self.draft, self.survey
        draft.layout = "question"
        draft.say("title", words(survey.get("name")))
        welcome = mapping(survey.get("welcomeCard"))
        if welcome.get("enabled") is True:
            body = self.texts(welcome.get("html") or welcome.get("subheader"))
            draft.say("intro", joined(self.texts(welcome.get("headline")), body))
        for name in listed(mapping(survey.get("hiddenFields")).get("fieldIds")):
            draft.hide(words(name))
        blocks = [mapping(block) for block in listed(survey.get("blocks"))]
        if any(listed(block.get("elements")) for block in blocks):
            draft.layout = "page"
            for block in blocks:
                self.block(block)
        else:
            for question in map(mapping, listed(survey.get("questions"))):
                self.take(question)
                self.note_rules(question, words(question.get("id")))
        self.endings(take_rules(self))
        self.report()
        return finish(draft, self.found)

    def block(self, block: Mapping[str, Any]) -> None:
        self.draft.turn_page()
        self.begins[words(block.get("id"))] = len(self.draft.questions)
        for element in map(mapping, listed(block.get("elements"))):
            self.take(element)
        self.note_rules(block, words(block.get("id")))

    def note_rules(self, holder: Mapping[str, Any], name: str) -> None:
        start = len(self.draft.questions) - 1
        for rule in map(mapping, listed(holder.get("logic"))):
            self.rules.append((start, name, rule))
        if fallback := words(holder.get("logicFallback")):
            self.rules.append((start, name, {"destination": fallback, "condition": "always"}))

    def pipe(self, text: str) -> tuple[str, list[str]]:
        """Return the text with #recall:id/fallback:there# as {{key|there}}, and what else it quotes."""
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            name, fallback = match[1], match[2].replace("nbsp", " ").strip()
            asked = self.logic.asked.get(name)
            known = (
                asked.key if asked else f"hidden.{name.lower()}" if name.lower() in self.draft.hidden else ""
            )
            if known:
                return f"{{{{{known}|{fallback}}}}}" if fallback else f"{{{{{known}}}}}"
            unknown.append(match[0])
            return fallback or "…"

        return RECALL.sub(ours, text), unknown

    def endings(self, conditions: Mapping[str, Any]) -> None:
        """Make the first end screen the thank-you, and endings of those that logic leads to."""
        cards = [mapping(one) for one in listed(self.survey.get("endings"))]
        old = mapping(self.survey.get("thankYouCard"))
        if not cards and old.get("enabled") is True:
            cards = [old]
        for card in cards:
            text = joined(self.texts(card.get("headline")), self.texts(card.get("subheader")))
            url = words(card.get("url")) if card.get("type") == "redirectToUrl" else ""
            told = conditions.get(words(card.get("id")))
            if isinstance(told, dict) or url:
                self.draft.end(text, url=url, show_if=told if isinstance(told, dict) else None)
            elif "thank_you" not in self.draft.texts:
                self.draft.say("thank_you", text)
            else:
                self.draft.lose(self.draft.place("ending", text), "no logic leads to it, so it was left out.")
            if card.get("buttonLink"):
                self.draft.lose(
                    self.draft.place("ending", text), "its button to another address was left out."
                )
        # The one that always holds has to come last.
        self.draft.endings.sort(key=lambda ending: ending["show_if"] is None)
        if url := words(self.survey.get("redirectUrl")):
            self.draft.end(url=url)

    def report(self) -> None:
        for name, sentence in OF_SURVEY.items():
            if self.survey.get(name):
                self.draft.lose("survey", sentence)


def take_rules(reader: _Reader) -> dict[str, Any]:
    """Put the logic on the questions, and return when each ending is reached, by its id."""
    draft, logic = reader.draft, reader.logic
    endings = {words(mapping(one).get("id")) for one in listed(reader.survey.get("endings"))} | {"end"}
    last = len(draft.questions)
    jumps: list[tuple[Jump, str]] = []
    for start, target, when, place in logic.jumps(draft, reader.rules):
        goal = last if target in endings else reader.begins.get(target, -1)
        if start < 0 or goal <= start:
            draft.lose(place, "a jump was not taken over: it leads back or nowhere.")
        else:
            jumps.append((Jump(start, goal, when), target if target in endings else ""))
    take_jumps(draft, [jump for jump, _ in jumps])
    return logic.endings(draft, jumps)
