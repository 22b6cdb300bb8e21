"""What happens when a page of the form is sent: which answers count and which page comes next. Pure.

The browser runs nothing, so the server decides after each page. Pages without a question to ask are skipped;
a question that an answer on the same page calls up is shown before the page counts as answered.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from surveys.answers import Checked, read_form
from surveys.branching import asked
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Answer, AnswerRefused
from surveys.kinds.kind import MISSING

UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Turn(Checked):
    """The checked answers of one sent page, and the page to show (from 0) unless that was all."""

    page: int = 0

    @property
    def is_only_unseen(self) -> bool:
        """Whether nothing was wrong and the page only comes back with the questions it called up."""
        return all(error.code == UNSEEN for error in self.errors.values())


def turn_page(
    definition: Definition,
    fields: Mapping[str, Sequence[str]],
    *,
    page: int | None,
    shown: Collection[str] | None = None,
    kept: Mapping[str, Answer] | None = None,
) -> Turn:
    """Return what a sent page leads to; `page` None is a form that holds the whole survey.

    `shown` names the questions that were on the page; None takes every question for seen.
    """
    is_last = page is None or page == len(definition.pages) - 1
    here = definition.questions if page is None else definition.pages[page]
    checked = read_form(definition, fields, kept=kept, on_page=here, is_complete=is_last)
    errors = checked.errors if shown is None else _with_unseen(definition, checked, here, shown)
    if not errors and not is_last:
        assert page is not None
        following = next_page(definition, checked.answers, page)
        if following is not None:
            return Turn(checked.answers, {}, is_complete=False, page=following)
        # Every later page is skipped, so this was the last one: demand what is missing anywhere.
        checked = read_form(definition, fields, kept=kept, on_page=here)
        errors = checked.errors
    if errors:
        return Turn(checked.answers, errors, is_complete=False, page=_page_of(definition, errors, page))
    return Turn(checked.answers, {}, is_complete=True)


def turn_back(
    definition: Definition,
    fields: Mapping[str, Sequence[str]],
    *,
    page: int,
    kept: Mapping[str, Answer] | None = None,
) -> Turn:
    """Return the page before, with what may be kept of this one; nothing is demanded of who goes back."""
    checked = read_form(
        definition,
        fields,
        kept=kept,
        on_page=definition.pages[page],
        is_complete=False,
        is_demanding=False,
    )
    before = [number for number in range(page) if page_questions(definition, checked.answers, number)]
    return Turn(checked.answers, {}, is_complete=False, page=max(before, default=page))


def page_questions(definition: Definition, answers: Mapping[str, Answer], page: int) -> tuple[Question, ...]:
    """Return the questions that the page asks, given the answers."""
    keys = {question.key for question in asked(definition, answers)}
    return tuple(question for question in definition.pages[page] if question.key in keys)


def next_page(definition: Definition, answers: Mapping[str, Answer], page: int) -> int | None:
    """Return the next page that asks something, None when there is none."""
    later = range(page + 1, len(definition.pages))
    return next((number for number in later if page_questions(definition, answers, number)), None)


def resumed_page(definition: Definition, answers: Mapping[str, Answer]) -> int:
    """Return the page on which a visit goes on: with its last answer, after it where nothing there is left
    to ask, or at an earlier gap.

    Answers are kept while a page is filled in, so that its last one may be in the middle of it.
    """
    last, is_done, gaps = -1, True, []
    for number in range(len(definition.pages)):
        questions = page_questions(definition, answers, number)
        blank = [question for question in questions if question.key not in answers]
        if len(blank) < len(questions):
            last, is_done = number, not any(KINDS[question.kind].asks for question in blank)
        if any(question.is_required for question in blank):
            gaps.append(number)
    following = next_page(definition, answers, last) if is_done else None
    return min([max(last, 0) if following is None else following, *gaps])


def _with_unseen(
    definition: Definition, checked: Checked, here: Sequence[Question], shown: Collection[str]
) -> Mapping[str, AnswerRefused]:
    keys = {question.key for question in here}.difference(shown, checked.answers)
    if not keys:
        return checked.errors
    errors = dict(checked.errors)
    for question in asked(definition, checked.answers):
        if question.key in keys and (question.key not in errors or errors[question.key].code in MISSING):
            errors[question.key] = AnswerRefused(UNSEEN)
    return errors


def _page_of(definition: Definition, errors: Mapping[str, AnswerRefused], page: int | None) -> int:
    with_errors = [
        number
        for number, questions in enumerate(definition.pages)
        if any(question.key in errors for question in questions)
    ]
    return page if page in with_errors else min(with_errors, default=page or 0)
