"""What a kind of question is: the rules for its settings and its answers, free of Django and of language.

A new kind is one class in this package, one template under templates/surveys/kinds/ and one test.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from surveys.definition import Question, Text
from surveys.wording import Wording

Answer = Any  # what JSON can hold: int, str, list, dict
# The refusals of an answer that was not given.
MISSING = ("required", "consent_required")
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


@dataclass(frozen=True, slots=True)
class Sheet:
    """What questions are drawn on: the fields as they stand, the languages, and the seed of random orders."""

    fields: Mapping[str, Sequence[str]]
    language: str
    own_language: str
    words: Wording
    seed: str = ""

    def values(self, name: str) -> Sequence[str]:
        """Return what a field holds, () when it is not there."""
        return self.fields.get(name, ())

    def value(self, name: str) -> str:
        """Return the first value of a field, '' when it is not there."""
        return next(iter(self.values(name)), "")

    def text(self, by_language: Mapping[str, str] | None) -> str:
        """Return a setting's text in the language of the sheet, or in the survey's own, or ''."""
        return Text(by_language or {}, self.own_language).into(self.language)

    def stand_in(self, by_language: Mapping[str, str] | None) -> str:
        """Return the language that `text` falls back to, '' where it need not or there is no text."""
        return Text(by_language or {}, self.own_language).stand_in(self.language)


class Kind(ABC):
    """The rules of one kind of question."""

    name: ClassVar[str]
    label: ClassVar[str]
    # A Material symbol and one sentence, for who looks for the right kind.
    icon: ClassVar[str]
    about: ClassVar[str]
    template: ClassVar[str]
    defaults: ClassVar[Mapping[str, Any]] = {}
    # Settings that are left out unless they are given.
    optional: ClassVar[tuple[str, ...]] = ()
    # Settings that hold a text in several languages.
    text_settings: ClassVar[tuple[str, ...]] = ()
    # Settings that hold one of these words.
    options: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    # What settings hold that are neither a whole number, a flag, a word nor a line: "number", "day", "rows"
    # or "paragraph".
    holds: ClassVar[Mapping[str, str]] = {}
    # What the builder calls the settings that it offers; the others keep their value.
    labels: ClassVar[Mapping[str, str]] = {}
    # What a screen reader calls its controls together: radiogroup, group, or "" for a single control.
    role: ClassVar[str] = "radiogroup"
    has_choices: ClassVar[bool] = False
    # Whether a choice may ask for words of one's own.
    has_open_choice: ClassVar[bool] = False
    # Whether the setting `rows` lists what is asked about, each with a key and a text.
    has_rows: ClassVar[bool] = False
    # Whether it takes an answer at all.
    asks: ClassVar[bool] = True
    # A scored kind gives every answer one integer that metrics count.
    is_scored: ClassVar[bool] = False
    is_comment: ClassVar[bool] = False

    def complete_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings with defaults filled in, or raise SettingsRefused."""
        unknown = sorted(set(settings).difference(self.defaults, self.text_settings, self.optional))
        if unknown:
            raise SettingsRefused(f"{self.name} has no setting {', '.join(unknown)}")
        given = {
            name: value
            for name, value in settings.items()
            if name not in self.optional or value not in (None, "")
        }
        complete = {**self.defaults, **given}
        for name, words in self.options.items():
            if name in complete:
                one_of(name, complete[name], words)
        self.check_settings(complete)
        return complete

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Raise SettingsRefused when complete settings contradict themselves."""

    def names(self, question: Question) -> tuple[str, ...]:
        """Return the names of the form fields that an answer may come in."""
        return (question.key,)

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

    def read_cell(self, question: Question, cell: str) -> Answer | None:
        """Return the answer that one cell of a table holds, None when the question was left blank."""
        return self.read(question, {question.key: [cell.strip()]})

    @abstractmethod
    def check(self, question: Question, answer: Answer) -> Answer | None:
        """Return the answer as it is stored, None when it is blank, or raise AnswerRefused."""

    def missing(self, question: Question, answer: Answer | None) -> AnswerRefused | None:
        """Return what a required question still lacks, None when it lacks nothing."""
        return AnswerRefused("required") if answer is None else None

    def fields(self, question: Question, answer: Answer) -> dict[str, list[str]]:
        """Return the form fields that stand for an allowed answer; `read` gives it back."""
        return {question.key: [str(answer)]}

    def controls(self, question: Question, sheet: Sheet) -> dict[str, Any]:
        """Return what the kind's template draws besides the question's text, help and error."""
        return {}

    def score(self, answer: Answer) -> int | None:
        """Return the integer that metrics count for an allowed answer, None for a kind without scores."""
        return answer if self.is_scored else None

    def scorable(self, question: Question) -> Iterable[Answer]:
        """Return every answer that has a score, so that metrics can look scores up in SQL."""
        return ()

    def picked(self, answer: Answer) -> tuple[str, ...]:
        """Return the keys of the choices that an allowed answer picks."""
        return ()

    def rule(self, question: Question) -> list[Any] | None:
        """Return by which rule of static/surveys/answer.js a browser reads answers, None without any."""
        return None

    def refusals(self, question: Question) -> tuple[str, ...]:
        """Return why what its controls can send may be refused, besides that something is missing."""
        return ()

    def pickable(self, question: Question, language: str) -> dict[str, str]:
        """Return how a person reads each key that `picked` may name; the open choice counts as "other"."""
        return {
            "other" if choice.is_other else choice.key: choice.text.into(language)
            for choice in question.choices
        }

    def show(self, question: Question, answer: Answer, language: str) -> str:
        """Return an allowed answer as a person reads it."""
        return str(answer)


def fold(text: str) -> str:
    """Return the text without regard to case, as browsers can tell it too (they know no `casefold`)."""
    return text.upper().lower()


def yes_or_no(setting: str, value: object) -> None:
    """Raise SettingsRefused unless the value is true or false."""
    if not isinstance(value, bool):
        raise SettingsRefused(f"{setting} must be true or false")


def is_missing(cell: str) -> bool:
    """Whether a cell is blank or says NA, as statistics programs write what was not answered."""
    return cell.strip().upper() in ("", "NA", "N/A")


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
