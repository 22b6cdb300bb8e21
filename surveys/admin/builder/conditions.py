"""The condition builder as form fields: `if.mode`, `if.0.question`, `if.1.0.value` and so on."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import QueryDict

from surveys.branching import GROUPS, ConditionRefused, check_condition
from surveys.condition_rows import (
    OPERATORS,
    WITH_LIST,
    WITHOUT_VALUE,
    Group,
    Line,
    askable,
    at,
    changed,
    condition_of,
    first_line,
    fitted,
    in_words,
    operators_for,
    rows_of,
    values_for,
)
from surveys.definition import Question
from surveys.drafting import EditRefused

MAX_LINES = 40
PATH = re.compile(r"if\.([0-9]{1,2})(?:\.([0-9]{1,2}))?\.(?:question|mode)")
NUMBER = re.compile(r"-?[0-9]{1,10}([.][0-9]{1,4})?")
# What the buttons of the condition builder send as `if.act`, with the path of what they stand at.
ADD, ADD_GROUP, REMOVE = "add", "group", "remove"

Earlier = Mapping[str, Question]


def is_sent(data: QueryDict) -> bool:
    """Whether the form holds a condition builder."""
    return "if.mode" in data or "if.raw" in data


def read_condition(data: QueryDict, earlier: Earlier) -> tuple[Group | None, dict[str, Any] | None]:
    """Return the groups and lines as they stand in the form, None for a tree, and the condition they say.

    Raises EditRefused for one typed as JSON that is none.
    """
    if "if.raw" in data:
        return None, _typed(data.get("if.raw", ""), earlier)
    group = _acted(_group(data, earlier), data.get("if.act", ""), earlier)
    return group, condition_of(group)


def drawn(
    condition: Mapping[str, Any] | None, earlier: Earlier, group: Group | None = None
) -> dict[str, Any]:
    """Return what the template shows: `group` where a form held one, else the condition."""
    offered = [(key, _name(question)) for key, question in askable(earlier).items()]
    context: dict[str, Any] = {"offered": offered, "words": in_words(condition, earlier)}
    shown = group if group is not None else rows_of(condition)
    if shown is None or _names_others(shown, earlier):
        return {**context, "raw": json.dumps(condition, ensure_ascii=False, indent=2)}
    return {**context, "group": _drawn_group(shown, "", earlier, offered)}


def _typed(raw: str, earlier: Earlier) -> dict[str, Any] | None:
    if not raw.strip():
        return None
    try:
        condition = json.loads(raw)
        check_condition(condition, earlier)
    except (ValueError, RecursionError):
        raise EditRefused("The condition is no JSON.") from None
    except ConditionRefused as refused:
        raise EditRefused(f"The condition: {refused}.") from None
    return dict(condition)


def _group(data: QueryDict, earlier: Earlier) -> Group:
    paths = sorted(
        {
            tuple(int(number) for number in found.groups() if number is not None)
            for name in data
            if (found := PATH.fullmatch(name))
        }
    )[:MAX_LINES]
    parts: list[Line | Group] = []
    for path in paths:
        if len(path) == 2:
            continue
        if f"if.{path[0]}.mode" in data:
            inner = [_line(data, one, earlier) for one in paths if len(one) == 2 and one[0] == path[0]]
            lines = tuple(line for line in inner if line)
            if lines:
                parts.append(Group(_mode(data, f"if.{path[0]}.mode"), lines))
        elif line := _line(data, path, earlier):
            parts.append(line)
    return Group(_mode(data, "if.mode"), tuple(parts))


def _mode(data: QueryDict, name: str) -> str:
    mode: str = data.get(name, "")
    return mode if mode in GROUPS else "all"


def _line(data: QueryDict, path: Sequence[int], earlier: Earlier) -> Line | None:
    name = f"if.{'.'.join(map(str, path))}"
    question = askable(earlier).get(data.get(f"{name}.question", ""))
    if question is None:
        return None
    operator = data.get(f"{name}.operator", "")
    values = [_value(one, question) for one in data.getlist(f"{name}.value")]
    if operator in WITH_LIST and not question.choices and len(values) == 1 and isinstance(values[0], str):
        values = [_value(part.strip(), question) for part in values[0].split(",") if part.strip()]
    return fitted(Line(question.key, operator, values), question)


def _value(raw: str, question: Question) -> Any:
    is_number = "one_of" in operators_for(question) and not question.choices
    if not is_number or not NUMBER.fullmatch(raw):
        return raw[:500]
    return float(raw) if "." in raw else int(raw)


def _acted(group: Group, act: str, earlier: Earlier) -> Group:
    verb, _, where = act.partition(":")
    path = tuple(int(number) for number in where.split(".") if number.isdigit())
    offered = [*askable(earlier).values()]
    try:
        if verb == ADD and offered:
            return changed(group, path, [*at(group, path).parts, first_line(offered[-1])])
        if verb == ADD_GROUP and offered:
            mode = "any" if group.mode == "all" else "all"
            return Group(group.mode, (*group.parts, Group(mode, (first_line(offered[-1]),))))
        if verb == REMOVE and path:
            parts = at(group, path[:-1]).parts
            return changed(group, path[:-1], parts[: path[-1]] + parts[path[-1] + 1 :])
    except (IndexError, AssertionError):
        return group
    return group


def _names_others(group: Group, earlier: Earlier) -> bool:
    """Whether a line names a question that is gone or comes later: then it is shown as it stands."""
    return any(
        _names_others(part, earlier) if isinstance(part, Group) else part.question not in askable(earlier)
        for part in group.parts
    )


def _drawn_group(group: Group, path: str, earlier: Earlier, offered: list[tuple[str, str]]) -> dict[str, Any]:
    parts = []
    for number, part in enumerate(group.parts):
        place = f"{path}.{number}" if path else str(number)
        if isinstance(part, Group):
            parts.append({"group": _drawn_group(part, place, earlier, offered)})
        else:
            parts.append({"line": _drawn_line(part, place, earlier, offered)})
    return {"name": f"if.{path}" if path else "if", "path": path, "mode": group.mode, "parts": parts}


def _drawn_line(line: Line, path: str, earlier: Earlier, offered: list[tuple[str, str]]) -> dict[str, Any]:
    question = askable(earlier)[line.question]
    values = line.value if isinstance(line.value, list) else [line.value]
    offered_values = values_for(question)
    operators = [*operators_for(question)]
    if line.operator not in operators:
        operators.append(line.operator)
    if line.operator in WITHOUT_VALUE:
        control = "none"
    elif offered_values:
        control = "several" if line.operator in WITH_LIST else "one"
    else:
        control = "date" if question.kind == "date" else "number" if "less" in operators else "text"
        control = "text" if line.operator in WITH_LIST else control
    return {
        "name": f"if.{path}",
        "path": path,
        "question": line.question,
        "offered": offered,
        "operators": [(name, OPERATORS[name], name == line.operator) for name in operators],
        "control": control,
        "values": [(value, text, value in values) for value, text in offered_values],
        "value": ", ".join(str(value) for value in values if value is not None),
        "is_finished": line.is_finished(),
    }


def _name(question: Question) -> str:
    text = str(question.text) or question.key
    return text if len(text) <= 60 else f"{text[:59]}…"
