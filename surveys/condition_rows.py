"""Conditions as a person builds them: lines of question, operator and value, in groups of all or any. Pure.

`rows_of` reads a condition that has this form, at most one group within the other; `condition_of` writes it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from surveys.definition import Question, Text
from surveys.kinds import KINDS
from surveys.kinds.dates import is_day

# What each operator is called, and the operator of the condition behind it; None negates the one it names.
OPERATORS = {
    "equals": "is",
    "differs": "is not",
    "one_of": "is one of",
    "none_of": "is none of",
    "less": "is below",
    "greater": "is above",
    "contains": "includes",
    "lacks": "does not include",
    "answered": "was answered",
    "unanswered": "was not answered",
}
NEGATIONS = {"differs": "equals", "none_of": "one_of", "lacks": "contains", "unanswered": "answered"}
NEGATED = {plain: negation for negation, plain in NEGATIONS.items()}
WITHOUT_VALUE = ("answered", "unanswered")
WITH_LIST = ("one_of", "none_of")
NUMBER = ("equals", "differs", "less", "greater", "one_of", "none_of", "answered", "unanswered")
ONE_PICK = ("equals", "differs", "one_of", "none_of", "answered", "unanswered")
SEVERAL_PICKS = ("contains", "lacks", "answered", "unanswered")
WORDS = ("contains", "lacks", "equals", "answered", "unanswered")
PRESENCE = ("answered", "unanswered")
BY_KIND: Mapping[str, Sequence[str]] = {
    "multiple_choice": SEVERAL_PICKS,
    "yes_no": ("equals", "answered", "unanswered"),
    "date": ("less", "greater", "equals", "answered", "unanswered"),
    **dict.fromkeys(("short_text", "long_text", "email"), WORDS),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One comparison; `value` is a number, a text, a list of them, or None for nothing to compare."""

    question: str
    operator: str
    value: Any = None

    def is_finished(self) -> bool:
        """Whether it says enough to be checked."""
        return self.operator in WITHOUT_VALUE or self.value not in (None, "", [])


@dataclass(frozen=True, slots=True)
class Group:
    """Lines of which all or any must hold; the outermost may hold groups too."""

    mode: str
    parts: tuple["Line | Group", ...] = ()


def rows_of(condition: Mapping[str, Any] | None) -> Group | None:
    """Return the groups and lines of a condition, None where it is too deep to be shown as such."""
    if not condition:
        return Group("all")
    part = _part(condition)
    if isinstance(part, Line):
        return Group("all", (part,))
    if part is None or any(isinstance(one, Group) and _holds_groups(one) for one in part.parts):
        return None
    return part


def condition_of(group: Group) -> dict[str, Any] | None:
    """Return the condition that the finished lines say, None when there are none."""
    parts = [condition for part in group.parts if (condition := _condition(part))]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {group.mode: parts}


def operators_for(question: Question) -> Sequence[str]:
    """Return the operators that fit the kind of a question, () where it has no answer to ask about."""
    kind = KINDS[question.kind]
    if not kind.asks:
        return ()
    if kind.is_scored or kind.name == "number":
        return NUMBER
    if kind.name in ("single_choice", "dropdown"):
        return ONE_PICK
    return BY_KIND.get(kind.name, PRESENCE)


def values_for(question: Question) -> list[tuple[Any, str]]:
    """Return the values that a question's answers are compared with, each with its text; [] for free ones."""
    kind = KINDS[question.kind]
    if question.kind == "yes_no":
        return [("yes", "Yes"), ("no", "No")]
    if question.choices:
        return [(choice.key, str(choice.text) or choice.key) for choice in question.choices]
    if kind.is_scored:
        return [(point, str(point)) for point in kind.scorable(question)]
    return []


def askable(questions: Mapping[str, Question]) -> dict[str, Question]:
    """Return the questions that a condition may ask about, each row of a matrix apart, by its name."""
    found = {}
    for key, question in questions.items():
        for row in question.rows:
            kind = "multiple_choice" if question.settings["many"] else "single_choice"
            text = Text({question.text.language: f"{question.text}: {row.text}"}, question.text.language)
            found[f"{key}.{row.key}"] = replace(
                question, key=f"{key}.{row.key}", kind=kind, text=text, settings={}
            )
        if not question.rows and KINDS[question.kind].asks:
            found[key] = question
    return found


def first_line(question: Question) -> Line:
    """Return a line on a question to begin with."""
    operators = operators_for(question)
    operator = operators[0] if operators else "answered"
    return fitted(Line(question.key, operator), question)


def fitted(line: Line, question: Question) -> Line:
    """Return the line with an operator and a value that fit the kind of its question."""
    operators = operators_for(question)
    operator = line.operator if line.operator in operators else operators[0] if operators else "answered"
    if operator in WITHOUT_VALUE:
        return Line(question.key, operator)
    allowed = [value for value, _ in values_for(question)]
    values = line.value if isinstance(line.value, list) else [line.value]
    if allowed:
        values = [value for value in values if value in allowed] or [_middle(question, allowed)]
    elif operators is NUMBER:
        values = [value for value in values if isinstance(value, int | float)]
    elif question.kind == "date":
        values = [value for value in values if is_day(value)]
    else:
        values = [str(value) for value in values if value not in (None, "")]
    if operator in WITH_LIST:
        return Line(question.key, operator, values)
    return Line(question.key, operator, values[0] if values else None)


def in_words(condition: Mapping[str, Any] | None, questions: Mapping[str, Question]) -> str:
    """Return a condition as a person says it, '' for none."""
    if not condition:
        return ""
    ((operator, operand),) = condition.items()
    if operator in ("all", "any"):
        joiner = " and " if operator == "all" else " or "
        parts = [in_words(part, questions) for part in operand]
        nested = [f"({part})" if joiner != " and " and " and " in part else part for part in parts]
        return joiner.join(nested)
    part = _part(condition)
    if not isinstance(part, Line):
        return f"not ({in_words(operand, questions)})"
    question = questions.get(part.question)
    name = f"“{question.text}”" if question and question.text else part.question
    if part.operator in WITHOUT_VALUE:
        return f"{name} {OPERATORS[part.operator]}"
    texts = dict(values_for(question)) if question else {}
    values = part.value if isinstance(part.value, list) else [part.value]
    said = " or ".join(str(texts.get(value, value)) for value in values)
    return f"{name} {OPERATORS[part.operator]} {said}"


def at(group: Group, path: Sequence[int]) -> Group:
    """Return the group at a path, the outermost for ()."""
    for number in path:
        found = group.parts[number]
        assert isinstance(found, Group)
        group = found
    return group


def changed(group: Group, path: Sequence[int], parts: Iterable[Line | Group]) -> Group:
    """Return the group with other parts at a path; a group left without any goes."""
    if not path:
        return replace(group, parts=tuple(parts))
    inner = changed(at(group, path[:1]), path[1:], parts)
    return replace(
        group,
        parts=tuple(
            inner if number == path[0] else part
            for number, part in enumerate(group.parts)
            if number != path[0] or inner.parts
        ),
    )


def _part(condition: Mapping[str, Any]) -> Line | Group | None:
    ((operator, operand),) = condition.items()
    if operator in ("all", "any"):
        parts = [_part(one) for one in operand]
        if any(part is None for part in parts):
            return None
        return Group(operator, tuple(part for part in parts if part is not None))
    if operator == "not":
        inner = _part(operand)
        if isinstance(inner, Line) and inner.operator in NEGATED:
            return replace(inner, operator=NEGATED[inner.operator])
        return None
    if operator == "answered":
        return Line(operand, "answered")
    return Line(operand[0], operator, operand[1])


def _condition(part: Line | Group) -> dict[str, Any] | None:
    if isinstance(part, Group):
        return condition_of(part)
    if not part.is_finished():
        return None
    operator = NEGATIONS.get(part.operator, part.operator)
    plain = {operator: part.question if operator == "answered" else [part.question, part.value]}
    return {"not": plain} if part.operator in NEGATIONS else plain


def _holds_groups(group: Group) -> bool:
    return any(isinstance(part, Group) for part in group.parts)


def _middle(question: Question, allowed: Sequence[Any]) -> Any:
    """Return the value to begin with: the cut-off people most often mean on a scale, else the first."""
    if question.kind == "nps":
        return min(int(question.settings.get("detractor_max", 6)) + 1, allowed[-1])
    return allowed[len(allowed) // 2] if KINDS[question.kind].is_scored else allowed[0]
