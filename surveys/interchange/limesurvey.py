"""Surveys from LimeSurvey: .lss, .lsg, .lsq, .lsa and tab separated .txt. Pure."""

import re
from collections.abc import Mapping

from surveys.interchange.asked import Asked
from surveys.interchange.conditions import show_if
from surveys.interchange.conversion import Conversion
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish
from surveys.interchange.limesurvey_files import read_structure
from surveys.interchange.limesurvey_model import LimeGroup, LimeQuestion, LimeSurvey
from surveys.interchange.limesurvey_questions import LimeSurveyQuestions
from surveys.interchange.limesurvey_settings import report_settings

SUFFIX = re.compile(r"\.(?:NAOK|code|value|valueNAOK|shown)$")
FIELD = re.compile(r"\d+X\d+X(\d.*)")
PLACEHOLDER = re.compile(r"\{([^{}\n]{1,120})\}")
TOKEN_FIELDS = {
    "TOKEN:FIRSTNAME": "contact.first_name",
    "FIRSTNAME": "contact.first_name",
    "SURVEYNAME": "survey.title",
    "TITLE": "survey.title",
}


def read_limesurvey(content: bytes) -> Conversion:
    """Return what became of a survey, group or question that LimeSurvey exported."""
    return _Reader(read_structure(content)).conversion()


class _Reader(LimeSurveyQuestions):
    """Takes one LimeSurvey survey over, group by group."""

    def __init__(self, survey: LimeSurvey) -> None:
        self.survey = survey
        self.draft = Draft(survey.languages)
        self.draft.pipe = self.pipe
        # What expressions may speak of, by question code or by code and sub-question.
        self.names: dict[str, Asked] = {}
        self.codes: dict[str, str] = {}

    def conversion(self) -> Conversion:
        """Return what became of the survey."""
        draft, texts = self.draft, self.survey.texts
        draft.say("title", texts.get("surveyls_title") or self.title_of_group())
        welcome = texts.get("surveyls_welcometext", {})
        draft.say("intro", welcome if any(welcome.values()) else texts.get("surveyls_description", {}))
        draft.say("thank_you", texts.get("surveyls_endtext", {}))
        report_settings(draft, self.survey)
        for group, questions in self.survey.in_order():
            self.begin_group(group)
            for question in questions:
                self.ask(question)
        return finish(draft, len(self.survey.questions))

    def title_of_group(self) -> Mapping[str, str]:
        """Return the name of the first group: a file of one group or question has no title of its own."""
        return self.survey.groups[0].names if self.survey.groups else {}

    def begin_group(self, group: LimeGroup) -> None:
        place = self.draft.place(f"group {group.id}", group.names)
        relevance = group.row.get("grelevance", "")
        condition = show_if(self.draft, place, relevance, self.resolve)
        self.draft.turn_page(group.names, condition)
        if group.row.get("randomization_group"):
            self.draft.lose(place, "its place among other groups was random; now it stands where it stood.")
        if any(map(str.strip, group.descriptions.values())):
            self.draft.remark(f"group_{group.id}", group.descriptions)

    def resolve(self, name: str) -> Asked | None:
        """Return the question, choice or row that a name in an expression stands for."""
        name = SUFFIX.sub("", name).removeprefix("that.")
        if match := FIELD.fullmatch(name):
            # A field's name is the question's id and then the code of a part, which may be digits too.
            ids = (match[1][:length] for length in range(len(match[1]), 0, -1))
            own = next((one for one in ids if one in self.codes), "")
            name = "_".join(filter(None, [self.codes.get(own, ""), match[1][len(own) :]]))
        return self.names.get(name)

    def pipe(self, text: str) -> tuple[str, list[str]]:
        """Return the text with {Q1.shown} as {{q1}}, and what else it quotes."""
        unknown: list[str] = []

        def ours(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in TOKEN_FIELDS:
                return f"{{{{{TOKEN_FIELDS[name]}}}}}"
            asked = self.resolve(name)
            if asked and not asked.choice and not asked.row:
                return f"{{{{{asked.key}}}}}"
            # Words in braces that are neither a name nor a formula are just words.
            if " " in name and not re.search(r"[()=<>+*/!|&]", name):
                return match[0]
            unknown.append(match[0])
            return "…"

        return PLACEHOLDER.sub(ours, text), unknown

    def ask(self, question: LimeQuestion) -> None:
        place = self.draft.place(question.code, question.texts)
        self.codes[question.id] = question.code
        if question.attribute("hidden") == "1" and question.type != "*":
            self.draft.lose_question(
                question.id, question.code, question.texts, "it is hidden from who answers"
            )
            return
        convert = self.converters().get(question.type)
        if convert is None:
            why = {
                "I": "the page has a choice of languages of its own",
                "*": "it calculates a value and asks nothing",
            }.get(question.type, f"LimeSurvey's type {question.type!r} is not known here")
            self.draft.lose_question(question.id, question.code, question.texts, why)
            return
        condition = show_if(self.draft, place, question.row.get("relevance", ""), self.resolve)
        convert(question, condition)
        report_settings(self.draft, self.survey, question)
