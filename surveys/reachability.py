"""Whether a condition can ever hold, given what each question may be answered. Pure.

It is decided by trying: a condition is taken apart into comparisons, and per question the answers that could
make a difference are tried. Who answered a question was asked it, so its own condition joins. Where that
takes too long the condition counts as one that can hold: what is called unreachable surely is.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from math import floor
from typing import Any

from surveys.branching import holds
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Answer, AnswerRefused, Scale
from surveys.kinds.dates import is_day

Condition = Mapping[str, Any]
# A condition, and whether it is wanted to hold.
Goal = tuple[Condition, bool]

# Comparisons for one definition: below half a second, and far more than a survey made by a person needs.
MOST_EFFORT = 50_000


class _TooLong(Exception):
    pass


def asked_if(definition: Definition, question: Question) -> list[Goal]:
    """Return the conditions under which a question is asked: its page's and its own."""
    conditions = (definition.page_condition(question), question.show_if)
    return [(condition, True) for condition in conditions if condition is not None]


class Reachability:
    """What of one definition can be reached."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.effort = 0

    def can_hold(self, goals: Iterable[Goal]) -> bool:
        """Return whether answers are thinkable that make each condition hold or fail as wanted."""
        try:
            return self._succeeds(list(goals), {}, frozenset())
        except (_TooLong, RecursionError):
            return True

    def _try(self, effort: int) -> None:
        self.effort += effort
        if self.effort > MOST_EFFORT:
            raise _TooLong

    def _succeeds(self, goals: list[Goal], found: Mapping[str, list[Goal]], asked: frozenset[str]) -> bool:
        """Return whether the goals can be reached on top of the comparisons found so far."""
        self._try(1 + len(goals) // 8)
        if not goals:
            return True
        (condition, is_wanted), *rest = goals
        ((operator, operand),) = condition.items()
        if operator == "not":
            return self._succeeds([(operand, not is_wanted), *rest], found, asked)
        if operator in ("all", "any"):
            parts = [(part, is_wanted) for part in operand]
            ways = [parts] if (operator == "all") == is_wanted else [[part] for part in parts]
            return any(self._succeeds([*way, *rest], found, asked) for way in ways)
        return self._compares(goals[0], rest, found, asked)

    def _compares(
        self, goal: Goal, rest: list[Goal], found: Mapping[str, list[Goal]], asked: frozenset[str]
    ) -> bool:
        condition, is_wanted = goal
        ((operator, operand),) = condition.items()
        reference = operand if operator == "answered" else operand[0]
        known = found.get(reference, [])
        if goal in known:
            return self._succeeds(rest, found, asked)
        comparisons = [*known, goal]
        question = self.definition.question_by_key[reference.partition(".")[0]]
        if not self._is_answerable(question, reference, comparisons):
            return False
        if is_wanted and question.key not in asked:
            rest = [*asked_if(self.definition, question), *rest]
            asked |= {question.key}
        return self._succeeds(rest, {**found, reference: comparisons}, asked)

    def _is_answerable(self, question: Question, reference: str, comparisons: list[Goal]) -> bool:
        row = reference.partition(".")[2]
        by_key = self.definition.question_by_key

        def suits(answer: Answer | None) -> bool:
            self._try(len(comparisons))
            value = {row: answer} if row else answer
            answers = {} if answer is None else {question.key: value}
            return all(holds(condition, answers, by_key) == is_wanted for condition, is_wanted in comparisons)

        return any(suits(answer) for answer in _thinkable(question, row, comparisons))


def _thinkable(question: Question, row: str, comparisons: list[Goal]) -> Iterator[Answer | None]:
    """Yield the answers among which one suits the comparisons if any does; None for no answer."""
    yield None
    kind = KINDS[question.kind]
    named = [value for condition, _ in comparisons for value in _values(condition)]
    if not kind.asks:
        return
    if row and not question.settings["many"]:
        yield from question.choice_by_key
    elif row or question.kind in ("multiple_choice", "ranking"):
        yield from _picks(question, named)
    elif question.choices and not question.rows:
        yield from ({"other": "?"} if choice.is_other else choice.key for choice in question.choices)
    elif question.rows:
        yield {question.rows[0].key: question.choices[0].key}
    elif isinstance(kind, Scale):
        yield from kind.points(question.settings)
    elif question.kind == "yes_no":
        yield from ("yes", "no")
    elif question.kind == "consent":
        yield True
    else:
        yield from _near(question, named)


def _picks(question: Question, named: list[Any]) -> Iterator[Answer]:
    """Yield picks of several choices: each alone, those named together, and these with one more."""

    def pick(key: str) -> Answer:
        choice = question.choice_by_key[key]
        return {"other": "?"} if choice.is_other else key

    keys = list(question.choice_by_key)
    open_key = next((choice.key for choice in question.choices if choice.is_other), "")
    together = [key for key in keys if key in named or (key == open_key and "other" in named)]
    for some in ([], together):
        for key in ["", *keys]:
            wanted = dict.fromkeys([*some, *([key] if key else [])])
            if wanted:
                yield [pick(one) for one in wanted]
    for left in together:
        yield [pick(one) for one in together if one != left] or [pick(left)]


def _near(question: Question, named: list[Any]) -> Iterator[Answer]:
    """Yield what a number, a day or a text may be, on both sides of every value that is named."""
    if question.kind == "number":
        decimals = question.settings["decimals"]
        limits = [question.settings[name] for name in ("min", "max")]
        numbers = [value for value in [0, *limits, *named] if isinstance(value, int | float)]
        candidates: Iterable[Any] = (
            round((floor(number * 10**decimals) + move) / 10**decimals, decimals)
            for number in numbers
            for move in (-1, 0, 1, 2)
        )
    elif question.kind == "date":
        days = [question.settings["min"], question.settings["max"], *named, "2000-01-01"]
        candidates = (
            (date.fromisoformat(day) + timedelta(days=move)).isoformat()
            for day in filter(is_day, days)
            for move in (-1, 0, 1)
            if "0001-01-01" < day < "9999-12-31"
        )
    else:
        words = [str(value) for value in named]
        yield from ("?", *words, *(glue.join(words) for glue in (" ", "-", "\n")))
        return
    for candidate in candidates:
        try:
            answer = KINDS[question.kind].check(question, candidate)
        except AnswerRefused:
            continue
        yield answer


def _values(condition: Condition) -> list[Any]:
    ((operator, operand),) = condition.items()
    if operator == "answered":
        return []
    return list(operand[1]) if operator == "one_of" else [operand[1]]
