"""From the rows of a table to drafts of responses. Reads no database."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from accounts.interchange import cells
from accounts.interchange.cells import Cell, CellRefused, is_blank, plain, quoted
from accounts.interchange.columns import Columns, MappingRefused, map_columns
from accounts.interchange.dates import Dates
from accounts.interchange.guesses import NOT_LETTERS, guessed_fields
from accounts.interchange.report import Report
from accounts.interchange.rows import Row, Table
from surveys.answers import check_answers
from surveys.definition import Definition
from surveys.kinds import KINDS, Answer, AnswerRefused
from surveys.wording import wording

SCALES = ("nps", "csat", "ces", "rating")
FIELDS = ("external_id", "account", "contact", "submitted_at", "language")
MAX_ID = 200
# What a file is told; what a respondent is told of the rest reads well enough in a report.
SENTENCES = {
    "off_scale": "the scale goes from {low} to {high}",
    "not_a_point": "is not a point of the scale, which is a whole number",
    "not_offered": "is none of the choices",
    "picked_twice": "names a choice twice",
    "exclusive": "joins others with a choice that stands alone",
    "one_answer": "holds more than one answer",
    "too_few_picks": "names too few choices; the least is {limit}",
    "too_many_picks": "names too many choices; the most is {limit}",
    "too_long": "is longer than {limit} characters",
    "unprintable": "holds characters that cannot be stored",
    "not_text": "is not a text",
    "required": "is missing, and the survey demands it",
    "nothing_answered": "nothing is answered",
    "not_asked": "is not asked of who answers like this",
    "unknown_question": "is no question of the survey",
    "not_a_number": "is not a number",
    "not_a_date": "is not a day such as 2024-12-31",
    "not_an_email": "is not an e-mail address",
}


@dataclass(frozen=True, slots=True)
class ResponseDraft:
    """One response as read: its answers, and those of its other fields that the table speaks of.

    One that is not complete has None for `submitted_at`.
    """

    line: int
    submission_key: str
    values: Mapping[str, Any]
    answers: Mapping[str, Answer]
    is_complete: bool = True


def field_names(definition: Definition) -> dict[str, str]:
    """Return the fields that a column may feed, each with its question's key, or '' when it is no question.

    A question whose key is a field's name as well is called `answers.<key>`.
    """
    questions = {f"answers.{key}" if key in FIELDS else key: key for key in definition.question_by_key}
    return dict.fromkeys(FIELDS, "") | questions


# What files of past scores call what they hold, without case, blanks and marks.
OTHER_NAMES = {
    "account": ("customer", "company"),
    "submitted_at": ("date", "day", "submitted", "submitdate", "respondedat", "completedat", "timestamp"),
    "contact": ("contactid", "personid", "respondent", "respondentid"),
}
SCORE_NAMES = ("score", "rating", "answer", "value", "points")
WORDS_NAMES = ("comment", "comments", "feedback", "reason", "verbatim", "why")


def guessed_columns(definition: Definition, header: Sequence[str]) -> list[str]:
    """Return the field or question that each column of a table probably feeds, "" where nothing is likely.

    A score is that of the survey's first scale, a comment that of its first long text.
    """
    names = field_names(definition)
    others = dict(OTHER_NAMES)
    for words, kinds in ((SCORE_NAMES, SCALES), (WORDS_NAMES, ("long_text",))):
        first = next((name for name, key in names.items() if key and _kind(definition, key) in kinds), None)
        if first:
            others[first] = words
    by_name = {word: name for name, words in others.items() for word in words}
    guesses = [guess or "" for guess in guessed_fields(header, names)]
    for place, column in enumerate(header):
        name = by_name.get(NOT_LETTERS.sub("", column.casefold()), "")
        if not guesses[place] and name not in guesses:
            guesses[place] = name
    return guesses


def _kind(definition: Definition, key: str) -> str:
    return definition.question_by_key[key].kind


def map_responses(definition: Definition, header: Sequence[str], wishes: Sequence[str]) -> Columns:
    """Return where the fields and the questions stand. Raises MappingRefused, also when no question does."""
    names = field_names(definition)
    columns = map_columns(header, names, wishes)
    if not any(names[field] for field in columns.by_field):
        questions = ", ".join(name for name, key in names.items() if key)
        raise MappingRefused(
            f"no column feeds a question: name one with --map; the questions are {questions}"
        )
    return columns


def read_responses(
    definition: Definition, table: Table, columns: Columns, *, dates: Dates, zone: tzinfo, report: Report
) -> Iterator[ResponseDraft]:
    """Yield the rows whose answers the definition allows; the others, and repeated ones, go to the report."""
    names = field_names(definition)
    questions = {names[field]: place for field, place in columns.by_field.items() if names[field]}
    fields = {field: place for field, place in columns.by_field.items() if not names[field]}
    first_lines: dict[str, int] = {}
    for row in table.rows:
        faults = [row.fault] if row.fault else []
        values: dict[str, Any] = {}
        answers: Mapping[str, Answer] = {}
        if not faults:
            values, faults = _read_fields(row, fields, definition, dates, zone)
            answers, refused = _read_answers(row, questions, definition)
            faults += refused
        key = submission_key(row, values)
        if not faults and (first := first_lines.setdefault(key, row.line)) != row.line:
            faults = [f"external_id: the same as in line {first}"]
        if faults:
            report.reject(row.line, *faults)
        else:
            yield ResponseDraft(row.line, key, values, answers)


def _read_fields(
    row: Row, fields: Mapping[str, int], definition: Definition, dates: Dates, zone: tzinfo
) -> tuple[dict[str, Any], list[str]]:
    values: dict[str, Any] = {}
    faults = []
    for field, place in fields.items():
        cell = row.cells[place]
        try:
            if field == "submitted_at":
                values[field] = dates.instant(_filled(cell), zone)
            elif field == "external_id":
                values[field] = cells.line(_filled(cell), MAX_ID)
            elif field == "language":
                values[field] = definition.language if is_blank(cell) else cells.language(cell)
            else:
                values[field] = cells.line(cell, MAX_ID)
        except CellRefused as refused:
            faults.append(f"{field}: {refused}")
    return values, faults


def _filled(cell: Cell) -> Cell:
    if is_blank(cell):
        raise CellRefused("is empty")
    return cell


def _read_answers(
    row: Row, questions: Mapping[str, int], definition: Definition
) -> tuple[Mapping[str, Answer], list[str]]:
    read: dict[str, Answer] = {}
    faults = []
    for key, place in questions.items():
        question, cell = definition.question_by_key[key], row.cells[place]
        try:
            answer = KINDS[question.kind].read_cell(question, plain(cell))
        except AnswerRefused as refused:
            faults.append(f"{key}: {quoted(cell)}: {refusal_sentence(refused)}")
        else:
            if answer is not None:
                read[key] = answer
    if not faults and not read:
        faults = ["holds no answer"]
    if faults:
        return {}, faults
    checked = check_answers(definition, read, is_complete=True)
    return checked.answers, [f"{key}: {refusal_sentence(refused)}" for key, refused in checked.errors.items()]


def refusal_sentence(refused: AnswerRefused) -> str:
    """Return why an answer is refused, to the person who made the file."""
    sentence = SENTENCES.get(refused.code)
    return (
        sentence.format_map(refused.params)
        if sentence
        else wording("en").say(f"error.{refused.code}", **refused.params)
    )


def submission_key(row: Row, values: Mapping[str, Any]) -> str:
    """Return what tells the response from all others of its survey, whenever the file is read again."""
    if "external_id" in values:
        return f"import:{values['external_id']}"
    content = "\x1f".join([str(row.line), *map(plain, row.cells)])
    return f"import-row:{hashlib.sha256(content.encode()).hexdigest()}"
