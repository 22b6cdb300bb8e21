"""From what came in to answers that may be stored: every question's rules and the branching, in one pass."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.branching import asked
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Answer, AnswerRefused


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers that may be stored, in the order asked, what was wrong by question, and whether it is all."""

    answers: Mapping[str, Answer]
    errors: Mapping[str, AnswerRefused]
    is_complete: bool


def read_form(
    definition: Definition,
    fields: Mapping[str, Sequence[str]],
    *,
    kept: Mapping[str, Answer] | None = None,
    on_page: Iterable[Question] | None = None,
    is_complete: bool = True,
    is_demanding: bool = True,
) -> Checked:
    """Return the answers of a submitted form, on top of those kept from earlier pages.

    With `on_page` only these questions are read; without it, all. Required answers are demanded where the
    form was read, and everywhere when it is complete; not at all unless it is demanding. Fields that belong
    to no question are ignored: browsers and their extensions add some. Answers to questions that are not
    asked are not stored, nor kept ones that this definition does not allow.
    """
    here = {question.key for question in (definition if on_page is None else on_page)}
    before = {key: answer for key, answer in (kept or {}).items() if key not in here}

    def answer_to(question: Question) -> Answer | None:
        if question.key in here:
            return KINDS[question.kind].read(question, fields)
        if question.key in before:
            return _allowed(question, before[question.key])
        return None

    demanded: Collection[str] = ()
    if is_demanding:
        demanded = definition.question_by_key if is_complete else here
    return _check(definition, answer_to, demanded=demanded, is_complete=is_complete)


def check_answers(definition: Definition, answers: Mapping[str, object], *, is_complete: bool) -> Checked:
    """Return the answers of a JSON document; unknown keys and answers to questions not asked are errors."""

    def answer_to(question: Question) -> Answer | None:
        answer = answers.get(question.key)
        return None if answer is None else KINDS[question.kind].check(question, answer)

    demanded = definition.question_by_key if is_complete else ()
    checked = _check(definition, answer_to, demanded=demanded, is_complete=is_complete)
    stray = {
        key: AnswerRefused("not_asked" if key in definition.question_by_key else "unknown_question")
        for key, answer in answers.items()
        if answer is not None and key not in checked.answers and key not in checked.errors
    }
    blank = {key for key in stray if key in definition.question_by_key and _is_blank(answers[key])}
    errors = {**checked.errors, **{key: error for key, error in stray.items() if key not in blank}}
    return Checked(checked.answers, errors, is_complete)


def _allowed(question: Question, answer: Answer) -> Answer | None:
    try:
        return KINDS[question.kind].check(question, answer)
    except AnswerRefused:
        return None


def _is_blank(answer: object) -> bool:
    return answer in ("", []) or (isinstance(answer, str) and not answer.strip())


def _check(
    definition: Definition,
    answer_to: Callable[[Question], Answer | None],
    *,
    demanded: Collection[str],
    is_complete: bool,
) -> Checked:
    answers: dict[str, Answer] = {}
    errors: dict[str, AnswerRefused] = {}
    for question in definition:
        try:
            answer = answer_to(question)
        except AnswerRefused as refused:
            errors[question.key] = refused
        else:
            if answer is not None:
                answers[question.key] = answer
    shown = asked(definition, answers)
    for question in shown:
        if question.is_required and question.key in demanded and question.key not in errors:
            missing = KINDS[question.kind].missing(question, answers.get(question.key))
            if missing is not None:
                errors[question.key] = missing
    if definition.has_branches:
        keys = {question.key for question in shown}
        answers = {key: answer for key, answer in answers.items() if key in keys}
        errors = {key: error for key, error in errors.items() if key in keys}
    # Who sends nothing at all has not answered, even where nothing is required.
    first = next((question for question in shown if KINDS[question.kind].asks), None)
    if is_complete and demanded and first and not answers and not errors:
        errors[first.key] = AnswerRefused("nothing_answered")
    return Checked(answers, errors, is_complete)
