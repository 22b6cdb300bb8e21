"""Surveys from Qualtrics: .qsf. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from surveys.interchange.asked import Condition
from surveys.interchange.conditions import Inexpressible, Verdict, all_of, any_of, negated
from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import listed, mapping, read_json, refused, words
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish
from surveys.interchange.jumps import Jump, take_jumps
from surveys.interchange.qualtrics_logic import Logic
from surveys.interchange.qualtrics_questions import ask_question

PLACEHOLDER = re.compile(r"\$\{([a-z]+)://([^}/]{1,60})/?([^}]{0,120})\}")
CONTACT_FIELDS = {"FirstName": "contact.first_name", "LastName": "contact.name"}
UNSUPPORTED = {
    "WebService": "a call of a web service",
    "Authenticator": "a login",
    "Quota": "a quota check",
    "TableOfContents": "a table of contents",
    "ReferenceSurvey": "a survey within the survey",
    "SupplementalData": "supplemental data",
    "Conjoint": "a conjoint study",
    "MaxDiff": "a MaxDiff study",
}


def read_qualtrics(content: bytes) -> Conversion:
    """Return what became of a survey that Qualtrics exported."""
    document = mapping(read_json(content))
    elements = [mapping(element) for element in listed(document.get("SurveyElements"))]
    if not elements:
        raise refused("is JSON, but no survey that Qualtrics exported")
    return _Reader(mapping(document.get("SurveyEntry")), elements).conversion()


def payloads(elements: Sequence[Mapping[str, Any]], kind: str) -> list[Any]:
    """Return the payloads of the elements of one kind."""
    return [element.get("Payload") for element in elements if element.get("Element") == kind]


class _Reader:
    """Takes one Qualtrics survey over, in the order of its flow."""

    def __init__(self, entry: Mapping[str, Any], elements: Sequence[Mapping[str, Any]]) -> None:
        self.entry = entry
        self.elements = elements
        self.options = mapping(next(iter(payloads(elements, "SO")), None))
        own = words(entry.get("SurveyLanguage")) or "en"
        self.draft = Draft([own, *mapping(self.options.get("AvailableLanguages"))])
        self.draft.pipe = self.pipe
        self.logic = Logic()
        questions = [mapping(payload) for payload in payloads(elements, "SQ")]
        self.questions = {words(question.get("QuestionID")): question for question in questions}
        self.blocks = {
            words(block.get("ID")): block
            for payload in payloads(elements, "BL")
            for block in map(mapping, listed(payload))
        }
        # Where in the draft each block ends and each question begins, for skip logic.
        self.begins: dict[str, int] = {}
        self.ends: dict[str, int] = {}
        self.skips: list[tuple[int, str, str, Verdict]] = []
        self.visited: list[str] = []

    def conversion(self) -> Conversion:
        """Return what became of the survey; questions in the trash were none of its."""
        draft = self.draft
        draft.say("title", words(self.entry.get("SurveyName")))
        if flow := listed(mapping(next(iter(payloads(self.elements, "FL")), None)).get("Flow")):
            self.follow(flow, True)
        else:
            for block_id in self.blocks:
                self.take_block(block_id, True)
        take_jumps(draft, self.jumps())
        found = len(self.visited)
        self.report_rest()
        return finish(draft, found)

    def follow(self, flow: Sequence[Any], when: Verdict, depth: int = 0) -> Verdict:
        """Take over a part of the flow that is reached under a condition; return when it goes on after."""
        if depth > 20:
            raise refused("has a survey flow that is nested too deeply")
        for element in map(mapping, flow):
            kind, inner = words(element.get("Type")), listed(element.get("Flow"))
            if kind in ("Block", "Standard"):
                self.take_block(words(element.get("ID")), when)
            elif kind == "Branch":
                when = self.take_branch(element, inner, when, depth)
            elif kind in ("BlockRandomizer", "Group"):
                if kind == "BlockRandomizer":
                    self.draft.lose(
                        "survey flow", "a randomizer was not taken over: all its blocks are asked, in order."
                    )
                when = self.follow(inner, when, depth + 1)
            elif kind == "EmbeddedData":
                self.take_fields(element)
            elif kind == "EndSurvey":
                self.take_end(element, when)
                return False
            elif kind:
                what = UNSUPPORTED.get(kind, f"an element {kind[:40]!r}")
                self.draft.lose("survey flow", f"{what} was not taken over.")
        return when

    def take_branch(
        self, element: Mapping[str, Any], inner: Sequence[Any], when: Verdict, depth: int
    ) -> Verdict:
        place = "survey flow"
        try:
            told = self.logic.read(element.get("BranchLogic"))
        except Inexpressible as why:
            what = "so what it leads to is always asked" if self.has_questions(inner) else "nor what it did"
            self.draft.lose(place, f"the condition of a branch was not taken over, {what}: it {why}.")
            if not self.has_questions(inner):
                return when
            told = True
        after = self.follow(inner, all_of([when, told]), depth + 1)
        # Who was in the branch goes on unless the survey ended there; who was not goes on anyway.
        return when if after is not False else all_of([when, negated(told)])

    def has_questions(self, flow: Sequence[Any]) -> bool:
        """Whether a part of the flow asks anything."""
        return any(
            mapping(part).get("Type") in ("Block", "Standard")
            or self.has_questions(listed(mapping(part).get("Flow")))
            for part in flow
        )

    def take_fields(self, element: Mapping[str, Any]) -> None:
        for field in map(mapping, listed(element.get("EmbeddedData"))):
            name = words(field.get("Field"))
            if name and not words(field.get("Value")):
                self.draft.hide(name)
            elif name:
                self.draft.lose(
                    "survey flow", f"setting the embedded field {name[:60]!r} was not taken over."
                )

    def take_end(self, element: Mapping[str, Any], when: Verdict) -> None:
        options = mapping(element.get("Options"))
        url = words(options.get("EOSRedirectURL"))
        if url:
            self.draft.end(url=url, show_if=None if isinstance(when, bool) else when)
        elif words(options.get("EOSMessage")):
            self.draft.lose(
                "survey flow", "an end message from the library was not taken over: add an ending."
            )

    def take_block(self, block_id: str, when: Verdict) -> None:
        block = self.blocks.get(block_id, {})
        if when is False or block.get("Type") == "Trash":
            return
        options = mapping(block.get("Options"))
        place = f"block {words(block.get('Description')) or block_id}"
        page_if = None if isinstance(when, bool) else when
        if block_id in self.ends:
            self.draft.lose(place, "it came twice in the survey flow; now it is asked once.")
            return
        if words(options.get("Looping")) not in ("", "None"):
            self.draft.lose(place, "it was asked again and again (loop and merge); now it is asked once.")
        if words(options.get("RandomizeQuestions")).lower() not in ("", "false", "none"):
            self.draft.lose(place, "its questions came in random order; now they stand in order.")
        self.draft.turn_page(show_if=page_if)
        for element in map(mapping, listed(block.get("BlockElements"))):
            if element.get("Type") == "Page Break":
                self.draft.turn_page(show_if=page_if)
            elif question := self.questions.get(words(element.get("QuestionID"))):
                self.take_question(question, block_id, listed(element.get("SkipLogic")))
        self.ends[block_id] = len(self.draft.questions)

    def take_question(self, question: Mapping[str, Any], block_id: str, skips: Sequence[Any]) -> None:
        question_id = words(question.get("QuestionID"))
        if question_id in self.visited:
            return
        self.visited.append(question_id)
        self.begins[question_id] = len(self.draft.questions)
        place = self.draft.place(words(question.get("DataExportTag")), words(question.get("QuestionText")))
        ask_question(self.draft, self.logic, question, self.condition(place, question))
        if not (start := len(self.draft.questions)):
            return
        for rule in map(mapping, skips):
            try:
                when = self.logic.skip(rule)
            except Inexpressible as why:
                self.draft.lose(place, f"a skip was not taken over: it {why}.")
            else:
                self.skips.append((start - 1, block_id, words(rule.get("SkipToDestination")), when))

    def condition(self, place: str, question: Mapping[str, Any]) -> Condition | None:
        if not question.get("DisplayLogic"):
            return None
        try:
            told = self.logic.read(question["DisplayLogic"])
        except Inexpressible as why:
            self.draft.lose(place, f"its display logic was not taken over, so it is always asked: it {why}.")
            return None
        return None if isinstance(told, bool) else told

    def jumps(self) -> Iterator[Jump]:
        """Yield the skips; the first rule that holds is the one that is followed."""
        last = len(self.draft.questions)
        earlier: dict[int, list[Verdict]] = {}
        for start, block_id, destination, when in self.skips:
            before = earlier.setdefault(start, [])
            to = {"ENDOFBLOCK": self.ends.get(block_id, last), "ENDOFSURVEY": last}.get(
                destination, self.begins.get(destination, -1)
            )
            if when in before:
                continue
            told = all_of([when, negated(any_of(before))]) if before else when
            before.append(when)
            if to > start:
                yield Jump(start, to, told)
            else:
                place = self.draft.place_of[self.draft.questions[start]["key"]]
                self.draft.lose(place, f"a skip to {destination[:40]!r} was not taken over: it leads back.")

    def report_rest(self) -> None:
        """Name what the file holds beside the questions that are asked."""
        trashed = [
            words(element.get("QuestionID"))
            for block in self.blocks.values()
            if block.get("Type") == "Trash"
            for element in map(mapping, listed(block.get("BlockElements")))
        ]
        for question_id, question in self.questions.items():
            if question_id not in self.visited:
                where = "lies in the trash" if question_id in trashed else "is in no block of the survey flow"
                name = words(question.get("DataExportTag"))
                place = self.draft.place(name, words(question.get("QuestionText")))
                self.draft.lose(place, f"it was left out: it {where} of the survey in Qualtrics.")
        quotas = sum(len(listed(mapping(group).get("Quotas"))) for group in payloads(self.elements, "QG"))
        if quotas:
            self.draft.lose("survey", f"its quotas ({quotas}) were not taken over: set them up in Earshot.")
        if notes := len(payloads(self.elements, "NT")):
            self.draft.lose("survey", f"the notes of its builders ({notes}) were not taken over.")
        for scoring in map(mapping, payloads(self.elements, "SCO")):
            if listed(scoring.get("ScoringCategories")):
                self.draft.lose("survey", "its scoring was not taken over.")
        for name in ("Header", "Footer"):
            if words(self.options.get(name)).strip():
                self.draft.lose("survey", f"its {name.lower()} was not taken over.")
        self.report_options()

    def report_options(self) -> None:
        url = words(self.options.get("EOSRedirectURL"))
        if words(self.options.get("SurveyTermination")) == "Redirect" and url:
            self.draft.end(url=url)
        elif words(self.options.get("EOSMessage")):
            self.draft.lose("survey", "its end message lies in a library and was not in the file.")
        if words(self.options.get("SurveyExpiration")) not in ("", "None"):
            self.draft.lose("survey", "the day on which it closes was not taken over.")
        if words(self.options.get("BallotBoxStuffingPrevention")) == "true":
            self.draft.lose("survey", "its guard against answering twice was not taken over: set it up here.")

    def pipe(self, text: str) -> tuple[str, list[str]]:
        """Return the text with ${q://QID1/…} as {{key}}, and what else it quotes."""
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            scheme, name, rest = match.groups()
            asked = self.logic.asked.get(name)
            if scheme == "q" and asked and asked.kind != "matrix" and "ChoiceDescription" not in rest:
                return f"{{{{{asked.key}}}}}"
            if scheme == "m" and name in CONTACT_FIELDS:
                return f"{{{{{CONTACT_FIELDS[name]}}}}}"
            if scheme == "e" and name == "Field" and (hidden := self.draft.hide(rest)):
                return f"{{{{hidden.{hidden}}}}}"
            unknown.append(match[0])
            return "…"

        return PLACEHOLDER.sub(ours, text), unknown
