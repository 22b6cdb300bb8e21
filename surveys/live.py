"""What a page's script needs to know to branch and to refuse as the server does: cut down to the page. Pure.

Answers of former pages are settled here, so that none of them travels; what is left of a condition is a small
list, such as ["all", ["less", "nps", 7], ["is", "plan", ["pro"]]], that static/surveys/answer.js reads.
"""

from collections.abc import Collection, Iterator, Mapping
from itertools import groupby
from typing import Any

from surveys.branching import GROUPS, asked, counted_key, holds
from surveys.definition import Definition, Question, Text
from surveys.kinds import KINDS, Answer
from surveys.piping import PLACEHOLDER, fill

Tree = list[Any]


def live_questions(
    definition: Definition, answers: Mapping[str, Answer], here: Collection[Question]
) -> list[dict[str, Any]]:
    """Return the questions that may be asked on the page: their rule, and their condition if it is open.

    `must` names what is said where a required answer is missing.
    """
    on_page = {question.key for question in here}
    settled = _settled(definition, answers, on_page)
    live = []
    for question in here:
        conditions = [one for one in (definition.page_condition(question), question.show_if) if one]
        rest = _rest({"all": conditions}, settled, definition, on_page)
        if rest is not False:
            condition = {} if rest is True else {"show_if": rest}
            live.append({"key": question.key, **_rule(question), **condition})
    return live


def needs_an_answer(
    definition: Definition, answers: Mapping[str, Answer], here: Collection[Question]
) -> bool:
    """Return whether the page is the last and the first to ask: left blank as a whole, it says nothing."""
    on_page = {question.key for question in here}
    others = [
        question
        for question in asked(definition, _settled(definition, answers, on_page))
        if question.key not in on_page and KINDS[question.kind].asks
    ]
    return not others and definition.questions[-1:] == tuple(here)[-1:]


def refusals_on(here: Collection[Question]) -> set[str]:
    """Return why what the page's controls send may be refused."""
    found = {"nothing_answered"}
    for question in here:
        kind = KINDS[question.kind]
        found.update(kind.refusals(question))
        missing = kind.missing(question, None)
        if question.is_required and missing:
            found.add(missing.code)
    return found


def live_texts(
    definition: Definition, values: Mapping[str, str], here: Collection[Question], language: str
) -> list[tuple[str, list[str | list[str]]]]:
    """Return the texts of the page that repeat an answer given on the page, cut at each of these.

    Each comes with the selector of where it stands. A part is a text, or the key of the answer to repeat with
    the words that stand there without one.
    """
    on_page = {question.key for question in here}
    texts = [(place, _cut(text.into(language), values, on_page)) for place, text in _places(definition, here)]
    return [(place, parts) for place, parts in texts if len(parts) > 1]


def _settled(
    definition: Definition, answers: Mapping[str, Answer], on_page: Collection[str]
) -> dict[str, Answer]:
    """Return the answers of other pages that count."""
    return {
        question.key: answers[question.key]
        for question in asked(definition, answers)
        if question.key in answers and question.key not in on_page
    }


def _rule(question: Question) -> dict[str, Any]:
    kind = KINDS[question.kind]
    missing = kind.missing(question, None) if question.is_required else None
    rule = kind.rule(question)
    return {**({"rule": rule} if rule else {}), **({"must": missing.code} if missing else {})}


def _places(definition: Definition, here: Collection[Question]) -> Iterator[tuple[str, Text]]:
    """Return the texts that are filled for a visit, each with the selector of its place on the page."""
    for number, (page, _) in enumerate(groupby(here, key=lambda question: question.page), start=1):
        if page in definition.page_by_number:
            yield f".part:nth-child({number}) > h2", definition.page_by_number[page].title
    for question in here:
        key = question.key
        within = f'[id="{key}-q"]'
        yield f"{within} .told", question.text
        yield f'[id="{key}-help"]', question.help
        for choice in question.choices:
            beside = f'{within} [value="{choice.key}"] + span'
            yield f'{beside}, [id="{key}"] > [value="{choice.key}"], [for="{key}-{choice.key}"]', choice.text
        for number, row in enumerate(question.rows, start=1):
            yield f"{within} .row:nth-child({number}) legend", row.text


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
    question = definition.question_by_key[key.partition(".")[0]]
    if operator == "contains":
        return (
            ["picked", key, counted_key(question, value)] if question.choices else ["says", key, str(value)]
        )
    values = value if operator == "one_of" else [value]
    return ["is", key, [counted_key(question, one) for one in values]]
