"""From what came in to answers that may be stored: every question's rules and the branching, in one pass."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from surveys.branching import asked
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Answer, AnswerRefused


@dataclass(frozen=True, slots=True)
class Checked:
    """Answers that may be stored, in the order asked, and what was wrong, by question key."""

    answers: Mapping[str, Answer]
    errors: Mapping[str, AnswerRefused]


def read_form(
    definition: Definition,
    fields: Mapping[str, Sequence[str]],
    *,
    kept: Mapping[str, Answer] | None = None,
    on_page: Iterable[Question] | None = None,
) -> Checked:
    """Return the answers of a submitted form, on top of those kept from earlier pages.

    With `on_page` only these questions are read and demanded; without it, all. Fields that belong to no
    question are ignored: browsers and their extensions add some. Answers to questions that are not asked
    are not stored.
    """
    here = {question.key for question in (definition if on_page is None else on_page)}
    before = {key: answer for key, answer in (kept or {}).items() if key not in here}

    def answer_to(question: Question) -> Answer | None:
        if question.key in here:
            return KINDS[question.kind].read(question, fields)
        return before.get(question.key)

    return _check(definition, answer_to, demanded=here)


def check_answers(definition: Definition, answers: Mapping[str, object], *, is_complete: bool) -> Checked:
    """Return the answers of a JSON document; unknown keys and answers to questions not asked are errors."""

    def answer_to(question: Question) -> Answer | None:
        answer = answers.get(question.key)
        return None if answer is None else KINDS[question.kind].check(question, answer)

    demanded = set(definition.question_by_key) if is_complete else set()
    checked = _check(definition, answer_to, demanded=demanded)
    stray = {
        key: AnswerRefused("not_asked" if key in definition.question_by_key else "unknown_question")
        for key, answer in answers.items()
        if answer is not None and key not in checked.answers and key not in checked.errors
    }
    blank = {key for key in stray if key in definition.question_by_key and _is_blank(answers[key])}
    return Checked(checked.answers, {**checked.errors, **{k: e for k, e in stray.items() if k not in blank}})


def _is_blank(answer: object) -> bool:
    return answer in ("", []) or (isinstance(answer, str) and not answer.strip())


def _check(
    definition: Definition, answer_to: Callable[[Question], Answer | None], *, demanded: set[str]
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
    shown = {question.key for question in asked(definition, answers)}
    for question in definition:
        is_missing = question.key not in answers and question.key not in errors
        if question.is_required and question.key in shown & demanded and is_missing:
            errors[question.key] = AnswerRefused("required")
    return Checked(
        {key: answer for key, answer in answers.items() if key in shown},
        {key: error for key, error in errors.items() if key in shown},
    )
