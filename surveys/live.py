"""What a page's script needs to know to branch as the server does: cut down to what stands on the page. Pure.

Answers of former pages are settled here, so that none of them travels; what is left of a condition is a small
list, such as ["all", ["less", "nps", 7], ["is", "plan", ["pro"]]], that static/surveys/answer.js reads.
"""

from collections.abc import Collection, Mapping
from typing import Any

from surveys.branching import GROUPS, asked, counted_key, holds
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Answer
from surveys.piping import PLACEHOLDER, fill

Tree = list[Any]


def live_questions(
    definition: Definition, answers: Mapping[str, Answer], here: Collection[Question]
) -> list[dict[str, Any]]:
    """Return the page's questions whose being asked is decided on the page, and those that decide it.

    A condition on a question that only the server can read is left to the server: it shows what follows when
    the page is sent.
    """
    if not definition.has_branches:
        return []
    on_page = {question.key for question in here}
    settled = {
        question.key: answers[question.key]
        for question in asked(definition, answers)
        if question.key in answers and question.key not in on_page
    }
    rules: dict[str, Tree] = {}
    readers: dict[str, Tree] = {}
    # Questions whose answer, or whose being asked, only the server knows.
    unknown = {question.key for question in here if _reader(question) is None}
    for question in here:
        conditions = [one for one in (definition.page_condition(question), question.show_if) if one]
        names = {name for condition in conditions for name in named(condition)} & on_page
        if names & unknown:
            unknown.add(question.key)
            continue
        rest = _rest({"all": conditions}, settled, definition, on_page)
        if isinstance(rest, list):
            rules[question.key] = rest
            readers |= {name: _reader(definition.question_by_key[name]) or [] for name in names}
    return [
        {"key": key, **({"reader": readers[key]} if key in readers else {}), **_rule(rules.get(key))}
        for key in (question.key for question in here)
        if key in rules or key in readers
    ]


def live_texts(
    definition: Definition, values: Mapping[str, str], here: Collection[Question], language: str
) -> dict[str, list[str | list[str]]]:
    """Return the texts of the page's questions that repeat an answer given on the page, cut at each of these.

    A part is a text, or the key of the answer to repeat with the words that stand there without one.
    """
    on_page = {question.key for question in here}
    texts = {question.key: _cut(question.text.into(language), values, on_page) for question in here}
    return {key: parts for key, parts in texts.items() if len(parts) > 1}


def _cut(text: str, values: Mapping[str, str], on_page: Collection[str]) -> list[str | list[str]]:
    parts: list[str | list[str]] = []
    end = 0
    for match in PLACEHOLDER.finditer(text):
        name, fallback = match.groups()
        if name in on_page:
            parts += [fill(text[end : match.start()], values), [name, (fallback or "").strip()]]
            end = match.end()
    return [*parts, fill(text[end:], values)]


def named(condition: Mapping[str, Any]) -> set[str]:
    """Return the keys of the questions that a condition names."""
    ((operator, operand),) = condition.items()
    if operator in GROUPS:
        return {name for part in operand for name in named(part)}
    if operator == "not":
        return named(operand)
    key: str = operand if operator == "answered" else operand[0]
    # A row of a matrix is named key.row.
    return {key.partition(".")[0]}


def _reader(question: Question) -> Tree | None:
    return KINDS[question.kind].reader(question)


def _rule(rest: Tree | None) -> dict[str, Tree]:
    return {"show_if": rest} if rest else {}


def _rest(
    condition: Mapping[str, Any],
    settled: Mapping[str, Answer],
    definition: Definition,
    on_page: Collection[str],
) -> Tree | bool:
    """Return what is left of a condition on the page, or whether it holds for good."""
    ((operator, operand),) = condition.items()
    if operator == "not":
        rest = _rest(operand, settled, definition, on_page)
        return not rest if isinstance(rest, bool) else ["not", rest]
    if operator in GROUPS:
        decides = operator == "any"
        parts = [_rest(part, settled, definition, on_page) for part in operand]
        if decides in parts:
            return decides
        left = [part for part in parts if isinstance(part, list)]
        return [operator, *left] if left else not decides
    if not named(condition) & set(on_page):
        return holds(condition, settled, definition.question_by_key)
    return _leaf(operator, operand, definition)


def _leaf(operator: str, operand: Any, definition: Definition) -> Tree:
    if operator == "answered":
        return [operator, operand]
    key, value = operand
    if operator in ("less", "greater"):
        return [operator, key, value]
    question = definition.question_by_key[key]
    if operator == "contains":
        return (
            ["picked", key, counted_key(question, value)] if question.choices else ["says", key, str(value)]
        )
    values = value if operator == "one_of" else [value]
    return ["is", key, [counted_key(question, one) for one in values]]
