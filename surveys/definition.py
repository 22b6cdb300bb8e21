"""A survey as it was published: an immutable tree that rendering, validation, branching and reports read.

Importers produce it, publishing compiles it, the native JSON is `to_json` of it. No Django here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from surveys.piping import names_in

LAYOUTS = ("page", "question", "all")
PRIVACY = ("identified", "confidential", "anonymous")
ASKS = ("", "quote", "call_back")


@dataclass(frozen=True, slots=True)
class Text:
    """One text in one or more languages; the survey's own language stands in for a missing one."""

    by_language: Mapping[str, str]
    language: str

    def into(self, language: str) -> str:
        """Return the text in the language, or in the survey's own one, or ''."""
        return self.by_language.get(language) or self.by_language.get(self.language, "")

    def stand_in(self, language: str) -> str:
        """Return the language that `into` falls back to, '' where it need not or there is no text."""
        return self.language if self.into(language) and not self.by_language.get(language) else ""

    def __str__(self) -> str:
        return self.by_language.get(self.language, "")

    def __bool__(self) -> bool:
        return any(self.by_language.values())

    @property
    def piped(self) -> frozenset[str]:
        """The names that stand in double braces in any of its languages."""
        return frozenset(
            name for words in self.by_language.values() if "{{" in words for name in names_in(words)
        )


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

    @cached_property
    def piped(self) -> frozenset[str]:
        """The names in double braces in its texts."""
        texts = (self.text, self.help, *(part.text for part in (*self.choices, *self.rows)))
        return frozenset().union(*(text.piped for text in texts))

    @cached_property
    def rows(self) -> tuple[Choice, ...]:
        """What a matrix asks about, each with its key and text; () for any other kind."""
        language = self.text.language
        return tuple(Choice(row["key"], Text(row["text"], language)) for row in self.settings.get("rows", ()))

    @cached_property
    def row_by_key(self) -> Mapping[str, Choice]:
        """The rows by their key."""
        return {row.key: row for row in self.rows}


@dataclass(frozen=True, slots=True)
class Page:
    """What is said of a page beyond its questions: a title, and a condition on all that it asks."""

    number: int
    title: Text
    show_if: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """One way a visit may end: a text, an address to go on to, or an offer ("quote" or "call_back")."""

    key: str
    text: Text
    show_if: Mapping[str, Any] | None = None
    redirect_url: str = ""
    ask: str = ""


@dataclass(frozen=True)
class Definition:
    """One questionnaire: its texts, its languages and its questions in the order they are asked.

    `pages_meta` holds the pages of which more is said than their number. The first of the `endings` whose
    condition holds is shown, else `thank_you`. `layout` is how questions become screens, `theme` how they
    look, `hidden` which fields a link may carry, `privacy` how much is kept of who answers.
    """

    title: Text
    intro: Text
    thank_you: Text
    closed: Text
    language: str
    languages: tuple[str, ...]
    questions: tuple[Question, ...]
    pages_meta: tuple[Page, ...] = ()
    endings: tuple[Ending, ...] = ()
    layout: str = "page"
    theme: Mapping[str, Any] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    privacy: str = "identified"

    @cached_property
    def question_by_key(self) -> Mapping[str, Question]:
        """The questions by their key."""
        return {question.key: question for question in self.questions}

    @cached_property
    def has_branches(self) -> bool:
        """Whether any question or page is asked only on a condition."""
        conditions = [part.show_if for part in self.questions] + [page.show_if for page in self.pages_meta]
        return any(condition is not None for condition in conditions)

    @cached_property
    def piped(self) -> frozenset[str]:
        """The names in double braces in any text that is filled for a visit."""
        texts = [
            *(self.intro, self.thank_you),
            *(page.title for page in self.pages_meta),
            *(ending.text for ending in self.endings),
        ]
        return frozenset().union(
            *(text.piped for text in texts), *(question.piped for question in self.questions)
        )

    @cached_property
    def page_by_number(self) -> Mapping[int, Page]:
        """What is said of pages, by their number."""
        return {page.number: page for page in self.pages_meta}

    def page_condition(self, question: Question) -> Mapping[str, Any] | None:
        """Return the condition on the question's page, None when there is none."""
        page = self.page_by_number.get(question.page)
        return page.show_if if page else None

    @cached_property
    def pages(self) -> tuple[tuple[Question, ...], ...]:
        """The questions of each screen, in order; a survey has at least one."""
        if self.layout == "all":
            return (self.questions,)
        if self.layout == "question":
            return tuple((question,) for question in self.questions) or ((),)
        numbers = sorted({question.page for question in self.questions})
        return tuple(tuple(q for q in self.questions if q.page == number) for number in numbers) or ((),)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)
