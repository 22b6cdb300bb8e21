"""Reads LimeSurvey's tab separated structure: one row a thing and language, its kind in "class". Pure."""

import csv
import io

from surveys.interchange.documents import refused
from surveys.interchange.limesurvey_model import LimeGroup, LimeQuestion, LimeSurvey, Part, Row

MARKS = (b"class\t", b'"class"\t')
MAX_ROWS = 20_000
NOT_ATTRIBUTES = {
    *("id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language"),
    *("validation", "mandatory", "other", "default", "same_default", "same_script", "encrypted"),
}


def is_tsv(content: bytes) -> bool:
    """Whether a file begins as LimeSurvey's tab separated ones do."""
    return content[:20].lstrip(b"\xef\xbb\xbf").startswith(MARKS)


def read_tsv(content: bytes) -> LimeSurvey:
    """Return what a tab separated file holds, or raise DefinitionRefused."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refused(f"is not UTF-8 at offset {error.start}") from None
    rows: list[Row] = []
    try:
        for cells in csv.DictReader(io.StringIO(text, newline=""), delimiter="\t", restval=""):
            rows.append({name: cell for name, cell in cells.items() if name and isinstance(cell, str)})
            if len(rows) > MAX_ROWS:
                raise refused(f"has more than {MAX_ROWS:,} rows")
    except csv.Error as error:
        raise refused(f"is no table: {error}") from None
    settings = {row.get("name", ""): row.get("text", "") for row in rows if row.get("class") == "S"}
    first = settings.get("language", "")
    languages = [row["language"] for row in rows if row.get("language")]
    reader = _Reader(list(dict.fromkeys([*([first] if first else []), *languages])) or ["en"], settings)
    for row in rows:
        reader.take(row)
    survey = reader.survey
    survey.others = {
        "quota": sum(row.get("class") == "QTA" for row in rows),
        "assessments": sum(row.get("class") == "AS" for row in rows),
    }
    return survey


class _Reader:
    """Takes row after row; sub-questions and answers belong to the question before them.

    A further language repeats all rows: questions are found again by their code, groups by their place.
    """

    def __init__(self, languages: list[str], settings: Row) -> None:
        self.survey = LimeSurvey(languages, settings, {}, [], [])
        self.groups: dict[str, LimeGroup] = {}
        self.questions: dict[str, LimeQuestion] = {}
        self.parts: dict[tuple[str, str, str, str], Part] = {}
        self.group: LimeGroup | None = None
        self.question: LimeQuestion | None = None
        self.language = ""
        self.place = 0

    def take(self, row: Row) -> None:
        language = row.get("language") or self.survey.languages[0]
        if language != self.language:
            self.language, self.place = language, 0
        kind = row.get("class", "")
        if kind == "SL":
            self.survey.texts.setdefault(row.get("name", ""), {})[language] = row.get("text", "")
        elif kind == "G":
            self.take_group(row)
        elif kind == "Q":
            self.take_question(row)
        elif kind in ("SQ", "A") and self.question:
            self.take_part(row, self.question, kind)

    def take_group(self, row: Row) -> None:
        place = row.get("id") or str(self.place)
        self.place += 1
        if place not in self.groups:
            self.groups[place] = LimeGroup(
                place, len(self.groups), {**row, "grelevance": row.get("relevance", "")}
            )
            self.survey.groups.append(self.groups[place])
        self.group = self.groups[place]
        self.group.names[self.language] = row.get("name", "")
        self.group.descriptions[self.language] = row.get("text", "")

    def take_question(self, row: Row) -> None:
        code = row.get("name", "")
        if code not in self.questions:
            number = len(self.questions)
            group = self.group.id if self.group else ""
            details = {**row, "preg": row.get("validation", "")}
            question = LimeQuestion(str(number), row.get("type/scale", ""), code, group, number, details)
            self.questions[code] = question
            self.survey.questions.append(question)
        question = self.question = self.questions[code]
        question.texts[self.language] = row.get("text", "")
        question.helps[self.language] = row.get("help", "")
        is_own = self.language == self.survey.languages[0]
        for name, value in row.items():
            if name not in NOT_ATTRIBUTES and value:
                question.attributes.setdefault(name, {})["" if is_own else self.language] = value
        question.has_default = question.has_default or bool(row.get("default"))

    def take_part(self, row: Row, question: LimeQuestion, kind: str) -> None:
        code, scale = row.get("name", ""), row.get("type/scale") or "0"
        if kind == "SQ" and code == "other" and question.row.get("other") == "Y":
            question.attributes.setdefault("other_replace_text", {})[self.language] = row.get("text", "")
            return
        place = (question.id, kind, scale, code)
        if place not in self.parts:
            parts = question.subquestions if kind == "SQ" else question.answers
            self.parts[place] = Part(code, len(parts), scale, relevance=row.get("relevance", ""))
            parts.append(self.parts[place])
        self.parts[place].texts[self.language] = row.get("text", "")
