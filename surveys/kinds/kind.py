"""What a kind of question is: the rules for its settings and its answers, free of Django and of language.

A new kind is one class in this package, one template under templates/surveys/kinds/ and one test.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from surveys.definition import Question

Answer = Any  # what JSON can hold: int, str, list, dict
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class AnswerRefused(Exception):
    """An answer that its question does not allow; `code` names the sentence a respondent reads."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        details = ", ".join(f"{name} {value}" for name, value in self.params.items())
        return f"{self.code} ({details})" if details else self.code


class SettingsRefused(Exception):
    """Settings or choices that a kind does not know, in words for the person who builds the survey."""


class Kind(ABC):
    """The rules of one kind of question."""

    name: ClassVar[str]
    label: ClassVar[str]
    template: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {}
    # Settings that hold a text in several languages.
    text_settings: ClassVar[tuple[str, ...]] = ()
    # Settings that hold one of these words.
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # What the builder calls the settings that it offers; the others keep their value.
    labels: ClassVar[Mapping[str, str]] = {}
    has_choices: ClassVar[bool] = False
    # A scored kind gives every answer one integer that metrics count.
    is_scored: ClassVar[bool] = False
    is_comment: ClassVar[bool] = False

    def complete_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings with defaults filled in, or raise SettingsRefused."""
        unknown = sorted(set(settings) - set(self.defaults) - set(self.text_settings))
        if unknown:
            raise SettingsRefused(f"{self.name} has no setting {', '.join(unknown)}")
        complete = {**self.defaults, **settings}
        for name, words in self.options.items():
            one_of(name, complete[name], words)
        self.check_settings(complete)
        return complete

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Raise SettingsRefused when complete settings contradict themselves."""

    def read(self, question: Question, fields: Mapping[str, Sequence[str]]) -> Answer | None:
        """Return the answer that a submitted form holds, None when the question was left blank."""
        raw = [value for value in fields.get(question.key, ()) if value.strip()]
        if not raw:
            return None
        if len(raw) > 1:
            raise AnswerRefused("one_answer")
        return self.check(question, self.parse(raw[0]))

    def parse(self, raw: str) -> Answer:
        """Return the JSON value that a form's text stands for."""
        return raw

    @abstractmethod
    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the answer as it is stored, None when it is blank, or raise AnswerRefused."""

    def score(self, answer: Answer) -> int | None:
        """Return the integer that metrics count for an allowed answer, None for a kind without scores."""
        return answer if self.is_scored else None

    def picked(self, answer: Answer) -> tuple[str, ...]:
        """Return the keys of the choices that an allowed answer picks."""
        return ()

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return an allowed answer as a person reads it."""
        return str(answer)


def whole_number(setting: str, value: object, low: int, high: int) -> int:
    """Return the value of an integer setting, or raise SettingsRefused naming its range."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SettingsRefused(f"{setting} must be a whole number from {low} to {high}")
    return value


def one_of(setting: str, value: object, allowed: Iterable[str]) -> None:
    """Raise SettingsRefused unless the value is one of the allowed words."""
    allowed = tuple(allowed)
    if value not in allowed:
        raise SettingsRefused(f"{setting} must be one of {', '.join(allowed)}")


def clean_words(value: object, max_length: int) -> str:
    """Return words without surrounding blanks and with plain line ends, or raise AnswerRefused.

    NUL and lone surrogates are refused and not repaired: PostgreSQL takes neither, and whoever sends them is
    not a person typing (SECURITY T56).
    """
    if not isinstance(value, str):
        raise AnswerRefused("not_text")
    words = value.replace("\r\n", "\n").replace("\r", "\n").strip()
    if UNPRINTABLE.search(words):
        raise AnswerRefused("unprintable")
    if len(words) > max_length:
        raise AnswerRefused("too_long", limit=max_length)
    return words
