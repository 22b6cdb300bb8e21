"""A survey as it was published: an immutable tree that rendering, validation, branching and reports read.

Importers produce it, publishing compiles it, the native JSON is `to_json` of it. No Django here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

type_json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one or more languages; the survey's own language stands in for a missing one."""

    by_language: Mapping[str, str]
    language: str

    def into(self, language: str) -> str:
        """Return the text in the language, or in the survey's own one, or ''."""
        return self.by_language.get(language) or self.by_language.get(self.language, "")

    def __str__(self) -> str:
        return self.by_language.get(self.language, "")

    def __bool__(self) -> bool:
        return any(self.by_language.values())


@dataclass(frozen=True, slots=True)
class Choice:
    """One selectable answer; `is_other` asks for words of one's own, `is_exclusive` rules out the others."""

    key: str
    text: Text
    is_other: bool = False
    is_exclusive: bool = False


@dataclass(frozen=True)
class Question:
    """One thing asked. `settings` holds what its kind allows, `show_if` a condition on earlier answers."""

    key: str
    kind: str
    text: Text
    help: Text
    page: int = 1
    is_required: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    show_if: Mapping[str, Any] | None = None

    @cached_property
    def choice_by_key(self) -> Mapping[str, Choice]:
        """The choices by their key."""
        return {choice.key: choice for choice in self.choices}


@dataclass(frozen=True)
class Definition:
    """One questionnaire: its texts, its languages and its questions in the order they are asked."""

    title: Text
    intro: Text
    thank_you: Text
    closed: Text
    language: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]

    @cached_property
    def question_by_key(self) -> Mapping[str, Question]:
        """The questions by their key."""
        return {question.key: question for question in self.questions}

    @cached_property
    def has_branches(self) -> bool:
        """Whether any question is asked only on a condition."""
        return any(question.show_if is not None for question in self.questions)

    @cached_property
    def pages(self) -> tuple[tuple[Question, ...], ...]:
        """The questions of each page, in order; a survey has at least one page."""
        numbers = sorted({question.page for question in self.questions})
        return tuple(tuple(q for q in self.questions if q.page == number) for number in numbers) or ((),)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)
