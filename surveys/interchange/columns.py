"""Which columns a survey's answers make in a table: one a question, or one for each choice or row. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Any

from accounts.interchange.datasets import Column, Type, Value
from surveys.definition import Choice, Definition, Question
from surveys.kinds import KINDS, Answer

# What is no answer of the kind raises one of these: a row that was written past the application.
UNREADABLE = (TypeError, ValueError, KeyError, AttributeError)
OTHER = "other"


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    """One column of answers: whose question it is of, and how its value is read from an answer."""

    key: str
    column: Column
    read: Callable[[Answer], Value]


def answer_columns(definitions: Sequence[Definition]) -> list[AnswerColumn]:
    """Return the columns of the questions of all versions, the newest first; what was offered once stays."""
    merged: dict[str, Question] = {}
    for definition in definitions:
        for question in definition:
            known = merged.get(question.key)
            merged[question.key] = _joined(known, question) if known else question
    language = definitions[0].language if definitions else ""
    asked = (question for question in merged.values() if KINDS[question.kind].asks)
    return [column for question in asked for column in _columns(question, language)]


def _joined(newer: Question, older: Question) -> Question:
    gone = [choice for choice in older.choices if choice.key not in newer.choice_by_key]
    rows = [row for row in older.settings.get("rows", ()) if row["key"] not in newer.row_by_key]
    if not gone and not rows:
        return newer
    settings = (
        {**newer.settings, "rows": (*newer.settings.get("rows", ()), *rows)} if rows else newer.settings
    )
    return replace(newer, choices=(*newer.choices, *gone), settings=settings)


def _columns(question: Question, language: str) -> list[AnswerColumn]:
    kind = KINDS[question.kind]
    if kind.is_scored:
        return [_column(question, Type.INTEGER, _integer, language)]
    made = BY_KIND.get(question.kind)
    if made:
        return made(question, language)
    return [_column(question, Type.TEXT, lambda answer: kind.show(question, answer, language), language)]


def _column(
    question: Question,
    type_: Type,
    read: Callable[[Answer], Value],
    language: str,
    *,
    of: Sequence[Choice] = (),
    choices: Mapping[str, str] | None = None,
) -> AnswerColumn:
    name = ".".join((question.key, *(choice.key for choice in of)))
    label = ": ".join((question.text.into(language), *(choice.text.into(language) for choice in of)))
    return AnswerColumn(question.key, Column(name, type_, label, choices or {}), read)


def _texts(question: Question, language: str) -> dict[str, str]:
    return {choice.key: choice.text.into(language) for choice in question.choices}


def _single(question: Question, language: str) -> list[AnswerColumn]:
    own = next((choice.key for choice in question.choices if choice.is_other), OTHER)
    read = partial(_pick, own)
    column = _column(question, Type.CHOICE, read, language, choices=_texts(question, language))
    return [column, *_own_words(question, language)]


def _multiple(question: Question, language: str) -> list[AnswerColumn]:
    own = next((choice.key for choice in question.choices if choice.is_other), OTHER)
    picks = [
        _column(question, Type.TRUTH, partial(_is_picked, own, choice.key), language, of=[choice])
        for choice in question.choices
    ]
    return [*picks, *_own_words(question, language)]


def _own_words(question: Question, language: str) -> list[AnswerColumn]:
    """Return the column of the words typed at the open choice, if the question has one."""
    if not any(choice.is_other for choice in question.choices):
        return []
    words = _column(question, Type.TEXT, _words, language)
    name = f"{question.key}.{OTHER}_text"
    return [replace(words, column=replace(words.column, name=name))]


def _ranking(question: Question, language: str) -> list[AnswerColumn]:
    return [
        _column(question, Type.INTEGER, partial(_rank, choice.key), language, of=[choice])
        for choice in question.choices
    ]


def _matrix(question: Question, language: str) -> list[AnswerColumn]:
    texts = _texts(question, language)
    columns = []
    for row in question.rows:
        if question.settings["many"]:
            columns += [
                _column(
                    question, Type.TRUTH, partial(_is_ticked, row.key, choice.key), language, of=[row, choice]
                )
                for choice in question.choices
            ]
        else:
            read = partial(_of_row, row.key)
            columns.append(_column(question, Type.CHOICE, read, language, of=[row], choices=texts))
    return columns


def _yes_no(question: Question, language: str) -> list[AnswerColumn]:
    kind = KINDS[question.kind]
    choices = {answer: kind.show(question, answer, language) for answer in ("yes", "no")}
    return [_column(question, Type.CHOICE, _text, language, choices=choices)]


def _plain(type_: Type, read: Callable[[Answer], Value]) -> Callable[[Question, str], list[AnswerColumn]]:
    return lambda question, language: [_column(question, type_, read, language)]


def _text(answer: Answer) -> str:
    if not isinstance(answer, str):
        raise TypeError
    return answer


def _integer(answer: Answer) -> int:
    if type(answer) is not int:
        raise TypeError
    return answer


def _number(answer: Answer) -> float:
    if isinstance(answer, bool):
        raise TypeError
    return float(answer)


def _truth(answer: Answer) -> bool:
    if not isinstance(answer, bool):
        raise TypeError
    return answer


def _pick(own: str, answer: Answer) -> str:
    return own if isinstance(answer, dict) else _text(answer)


def _is_picked(own: str, key: str, answer: Answer) -> bool:
    if not isinstance(answer, list):
        raise TypeError
    return key in answer or (key == own and any(isinstance(pick, dict) for pick in answer))


def _words(answer: Answer) -> str | None:
    picks: list[Any] = answer if isinstance(answer, list) else [answer]
    return next((_text(pick["other"]) for pick in picks if isinstance(pick, dict)), None) or None


def _rank(key: str, answer: Answer) -> int | None:
    if not isinstance(answer, list):
        raise TypeError
    return answer.index(key) + 1 if key in answer else None


def _of_row(row: str, answer: Answer) -> str | None:
    picked = answer.get(row)
    return None if picked is None else _text(picked)


def _is_ticked(row: str, key: str, answer: Answer) -> bool | None:
    picked = answer.get(row)
    return None if picked is None else key in picked


BY_KIND: Mapping[str, Callable[[Question, str], list[AnswerColumn]]] = {
    "single_choice": _single,
    "dropdown": _single,
    "multiple_choice": _multiple,
    "ranking": _ranking,
    "matrix": _matrix,
    "yes_no": _yes_no,
    "consent": _plain(Type.TRUTH, _truth),
    "number": _plain(Type.NUMBER, _number),
    "date": _plain(Type.DATE, date.fromisoformat),
    "short_text": _plain(Type.TEXT, _text),
    "long_text": _plain(Type.TEXT, _text),
    "email": _plain(Type.TEXT, _text),
}
