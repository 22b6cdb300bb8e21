"""Which questions are asked, given the answers so far. Pure; the browser follows the same rules.

A condition is a JSON tree: {"all": […]}, {"any": […]}, {"not": …}, {"answered": key},
{"equals": [key, value]}, {"one_of": [key, [values]]}, {"less": [key, n]}, {"greater": [key, n]} and
{"contains": [key, choice or words]}.
"""

from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition, Ending, Question
from surveys.kinds import KINDS, Answer
from surveys.kinds.kind import UNPRINTABLE

MAX_DEPTH = 10
MAX_NODES = 200
MAX_NUMBER = 10**9
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
    if operator == "answered":
        return operand in answers
    key, value = operand
    if key not in answers:
        return False
    return _compares(operator, questions[key], answers[key], value)


def _compares(operator: str, question: Question, answer: Answer, value: Any) -> bool:
    if operator == "less":
        return isinstance(answer, int) and answer < value
    if operator == "greater":
        return isinstance(answer, int) and answer > value
    picked = KINDS[question.kind].picked(answer)
    if operator == "contains":
        if question.choices:
            return _counted_key(question, value) in picked
        return isinstance(answer, str) and str(value).casefold() in answer.casefold()
    plain = picked[0] if len(picked) == 1 else answer
    values = value if operator == "one_of" else [value]
    return plain in [_counted_key(question, one) for one in values]


def _counted_key(question: Question, value: Any) -> Any:
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
    if not isinstance(key, str) or key not in earlier:
        raise ConditionRefused(f"there is no earlier question {str(key)[:60]!r}")
    return earlier[key]


def _check_value(operator: str, question: Question, value: object) -> None:
    if operator in ("less", "greater"):
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_NUMBER:
            raise ConditionRefused(f"{operator} compares with a whole number")
        return
    values = value if operator == "one_of" else [value]
    if not isinstance(values, list) or not values or len(values) > MAX_NODES:
        raise ConditionRefused("one_of needs a list of values")
    for one in values:
        if isinstance(one, bool) or not isinstance(one, int | str):
            raise ConditionRefused(f"{operator} compares with a number or a word")
        if isinstance(one, str) and (len(one) > MAX_WORDS or UNPRINTABLE.search(one)):
            raise ConditionRefused(f"{operator} compares with at most {MAX_WORDS} printable characters")
        if isinstance(one, int) and abs(one) > MAX_NUMBER:
            raise ConditionRefused(f"{operator} compares with a number that no scale holds")
        if question.choices and one not in {*question.choice_by_key, "other"}:
            raise ConditionRefused(f"{question.key} has no choice {str(one)[:60]!r}")
