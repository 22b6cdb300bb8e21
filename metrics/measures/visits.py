"""One response whole: the path through its questionnaire, what was answered on it and what came of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from accounts.models import Viewer
from metrics.measures.voices import Mood, mood_of
from metrics.models import Comment
from surveys.branching import asked, ending_of
from surveys.definition import Definition, Ending, Question
from surveys.kinds import KINDS, Scale
from surveys.models import Response
from surveys.privacy import answer_read

FLAGS: Mapping[str, str] = {
    "fast": "sent faster than anyone reads",
    "honeypot": "filled in a field that people do not see",
    "no_page": "sent without the page having been opened",
    "address": "one of many from the same address",
}
# Longer than that a page was left open: the time says nothing about the answers.
LONGEST_VISIT = timedelta(hours=12)


class State(StrEnum):
    """What became of one question on the way."""

    ANSWERED = "answered"
    SKIPPED = "not answered"
    NOT_ASKED = "not asked"
    SAID = "shown"


class Step(NamedTuple):
    """One question on the way: its answer in words or '', its mood, and as what its words were read.

    An answer on a scale has the highest point there is.
    """

    question: Question
    state: State
    answer: str = ""
    mood: Mood = Mood.NEUTRAL
    comment: Comment | None = None
    highest: int | None = None

    @property
    def text(self) -> str:
        """What was asked, in the survey's own language."""
        return str(self.question.text)

    @property
    def kind(self) -> str:
        """The kind in words."""
        return KINDS[self.question.kind].label


@dataclass(frozen=True, slots=True)
class Visit:
    """The steps of a response by page, how it ended, how long it took, and what speaks against it."""

    pages: tuple[tuple[str, tuple[Step, ...]], ...]
    ending: Ending | None
    took: timedelta | None
    flags: tuple[str, ...]
    answered: int
    asked: int


def visit(response: Response, definition: Definition, viewer: Viewer) -> Visit:
    """Return the way of one response through its version, in one query.

    An e-mail address is masked for who may not see who contacts are.
    """
    comments = {each.question_key: each for each in Comment.objects.filter(response=response)}
    on_the_way = {question.key for question in asked(definition, response.answers)}
    steps = {
        question.key: _step(question, response, question.key in on_the_way, comments, viewer)
        for question in definition
    }
    took = response.submitted_at and response.submitted_at - response.started_at
    asks = [step for step in steps.values() if step.state in (State.ANSWERED, State.SKIPPED)]
    return Visit(
        pages=tuple(_pages(definition, steps)),
        ending=ending_of(definition, response.answers) if response.submitted_at else None,
        took=took if took and timedelta() < took < LONGEST_VISIT else None,
        flags=tuple(FLAGS.get(flag, flag) for flag in response.flags),
        answered=sum(step.state is State.ANSWERED for step in asks),
        asked=len(asks),
    )


def _step(
    question: Question,
    response: Response,
    is_on_the_way: bool,
    comments: Mapping[str, Comment],
    viewer: Viewer,
) -> Step:
    kind, answer = KINDS[question.kind], response.answers.get(question.key)
    if answer is None:
        if not is_on_the_way:
            return Step(question, State.NOT_ASKED)
        return Step(question, State.SKIPPED if kind.asks else State.SAID)
    return Step(
        question,
        State.ANSWERED,
        _shown(question, answer, viewer),
        mood_of(question.kind, answer, question.settings) if kind.is_scored else Mood.NEUTRAL,
        comments.get(question.key),
        kind.high(question.settings) if isinstance(kind, Scale) else None,
    )


def _shown(question: Question, answer: Any, viewer: Viewer) -> str:
    """Return an answer as people read it; one that no longer fits its question as it was stored."""
    try:
        return answer_read(question, answer, question.text.language, sees_people=viewer.sees_people)
    except (AttributeError, KeyError, TypeError, ValueError):
        return str(answer)


def _pages(definition: Definition, steps: Mapping[str, Step]) -> Iterator[tuple[str, tuple[Step, ...]]]:
    several = len(definition.pages) > 1 and definition.layout == "page"
    for questions in definition.pages if definition.layout == "page" else (definition.questions,):
        number = questions[0].page if questions else 1
        page = definition.page_by_number.get(number)
        title = str(page.title) if page else ""
        name = f"Page {number}{': ' if title else ''}{title}" if several else ""
        yield name, tuple(steps[question.key] for question in questions)
