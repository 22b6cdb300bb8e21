"""Which questions are asked, given the answers so far. Pure; the browser follows the same rules.

A condition is a JSON tree: {"all": […]}, {"any": […]}, {"not": …}, {"answered": key},
{"equals": [key, value]}, {"one_of": [key, [values]]}, {"less": [key, n]}, {"greater": [key, n]} and
{"contains": [key, choice or words]}. A row of a matrix is named by `key.row`; a day is written as 2026-01-31.
"""

from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition, Ending, Question
from surveys.kinds import KINDS, Answer
from surveys.kinds.dates import is_day
from surveys.kinds.kind import UNPRINTABLE, fold

MAX_DEPTH = 10
MAX_NODES = 200
MAX_NUMBER = 10**11
MAX_WORDS = 500
GROUPS = ("all", "any")
COMPARISONS = ("equals", "one_of", "less", "greater", "contains")


class ConditionRefused(Exception):
    """A condition that is malformed, too large, or refers to what is not asked before."""


def asked(definition: Definition, answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """Return the questions that are asked; an answer to a question that is not asked counts for nothing."""
    if not definition.has_branches:
        return definition.questions
    counted: dict[str, Answer] = {}
    shown = []
    for question in definition:
        conditions = (definition.page_condition(question), question.show_if)
        if all(one is None or holds(one, counted, definition.question_by_key) for one in conditions):
            shown.append(question)
            if question.key in answers:
                counted[question.key] = answers[question.key]
    return tuple(shown)


def ending_of(definition: Definition, answers: Mapping[str, Answer]) -> Ending | None:
    """Return the first ending whose condition holds; None stands for the survey's own thanks."""
    for ending in definition.endings:
        if ending.show_if is None or holds(ending.show_if, answers, definition.question_by_key):
            return ending
    return None


def holds(
    condition: Mapping[str, Any], answers: Mapping[str, Answer], questions: Mapping[str, Question]
) -> bool:
    """Return whether a checked condition is true of the answers; a comparison with no answer is false."""
    ((operator, operand),) = condition.items()
    if operator == "all":
        return all(holds(part, answers, questions) for part in operand)
    if operator == "any":
        return any(holds(part, answers, questions) for part in operand)
    if operator == "not":
        return not holds(operand, answers, questions)
    key = operand if operator == "answered" else operand[0]
    question, answer = _answer_to(key, answers, questions)
    if answer is None:
        return False
    return operator == "answered" or _compares(operator, question, answer, operand[1])


def _answer_to(
    key: str, answers: Mapping[str, Answer], questions: Mapping[str, Question]
) -> tuple[Question, Answer | None]:
    """Return the question that a reference names, and the answer to it or to its row, None without one."""
    key, _, row = key.partition(".")
    answer = answers.get(key)
    return questions[key], answer.get(row) if row and answer is not None else answer


def _compares(operator: str, question: Question, answer: Answer, value: Any) -> bool:
    if operator in ("less", "greater"):
        # Numbers with numbers, days with days: these stand in the order of their letters.
        if isinstance(answer, bool) or not isinstance(answer, int | float | str):
            return False
        if isinstance(answer, str) != isinstance(value, str):
            return False
        return bool(answer < value if operator == "less" else answer > value)
    picked = _picked(question, answer)
    if operator == "contains":
        if question.choices:
            return counted_key(question, value) in picked
        return isinstance(answer, str) and fold(str(value)) in fold(answer)
    plain = picked[0] if len(picked) == 1 else answer
    values = value if operator == "one_of" else [value]
    return plain in [counted_key(question, one) for one in values]


def _picked(question: Question, answer: Answer) -> tuple[str, ...]:
    if question.rows:
        # What one row holds; the matrix as a whole picks nothing.
        return (answer,) if isinstance(answer, str) else tuple(answer) if isinstance(answer, list) else ()
    return KINDS[question.kind].picked(answer)


def counted_key(question: Question, value: Any) -> Any:
    """Return the key under which a choice is counted: the open one is "other", whatever its own key."""
    choice = question.choice_by_key.get(value)
    return "other" if choice and choice.is_other else value


def check_condition(condition: object, earlier: Mapping[str, Question]) -> None:
    """Raise ConditionRefused unless the condition is well formed and refers to earlier questions only."""
    _check_node(condition, earlier, 1, [0])


def _check_node(condition: object, earlier: Mapping[str, Question], depth: int, count: list[int]) -> None:
    count[0] += 1
    if depth > MAX_DEPTH or count[0] > MAX_NODES:
        raise ConditionRefused("the condition is too large")
    if not isinstance(condition, Mapping) or len(condition) != 1:
        raise ConditionRefused("a condition has exactly one operator")
    ((operator, operand),) = condition.items()
    if operator in GROUPS:
        if not isinstance(operand, list) or not operand:
            raise ConditionRefused(f"{operator} needs a list of conditions")
        for part in operand:
            _check_node(part, earlier, depth + 1, count)
    elif operator == "not":
        _check_node(operand, earlier, depth + 1, count)
    elif operator == "answered":
        _check_key(operand, earlier)
    elif operator in COMPARISONS:
        if not isinstance(operand, list) or len(operand) != 2:
            raise ConditionRefused(f"{operator} needs a question and a value")
        question = _check_key(operand[0], earlier)
        _check_value(operator, question, operand[1])
    else:
        raise ConditionRefused(f"there is no operator {str(operator)[:40]!r}")


def _check_key(key: object, earlier: Mapping[str, Question]) -> Question:
    name, dot, row = key.partition(".") if isinstance(key, str) else ("", "", "")
    if name not in earlier:
        raise ConditionRefused(f"there is no earlier question {str(key)[:60]!r}")
    if dot and row not in earlier[name].row_by_key:
        raise ConditionRefused(f"{name} has no row {row[:60]!r}")
    return earlier[name]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MAX_NUMBER


def _check_value(operator: str, question: Question, value: object) -> None:
    if operator in ("less", "greater"):
        if question.kind == "date":
            if not is_day(value):
                raise ConditionRefused(f"{operator} compares with a day such as 2026-01-31")
        elif not _is_number(value):
            raise ConditionRefused(f"{operator} compares with a number")
        return
    values = value if operator == "one_of" else [value]
    if not isinstance(values, list) or not values or len(values) > MAX_NODES:
        raise ConditionRefused("one_of needs a list of values")
    for one in values:
        if not isinstance(one, str) and not _is_number(one):
            raise ConditionRefused(f"{operator} compares with a number or a word")
        if isinstance(one, str) and (len(one) > MAX_WORDS or UNPRINTABLE.search(one)):
            raise ConditionRefused(f"{operator} compares with at most {MAX_WORDS} printable characters")
        if question.choices and one not in {*question.choice_by_key, "other"}:
            raise ConditionRefused(f"{question.key} has no choice {str(one)[:60]!r}")
