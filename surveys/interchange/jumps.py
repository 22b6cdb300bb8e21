"""From "go to question 7" to conditions: Earshot has no jumps, what is jumped over is simply not asked. Pure.

A question is asked unless some question that was asked took a jump over it: that, written as a condition
on the answers, says the same as forward jumps do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.interchange.conditions import Verdict, all_of, negated
from surveys.interchange.drafting import Draft

MAX_SIZE = 120


@dataclass(frozen=True, slots=True)
class Jump:
    """After the question at `start` (its place in the draft), when `when` holds, go on at `to`."""

    start: int
    to: int
    when: Verdict


def take_jumps(draft: Draft, jumps: Iterable[Jump]) -> None:
    """Put conditions on the questions that are jumped over; jumps that cannot be said go to the losses."""
    by_start = sorted(jumps, key=lambda jump: jump.start)
    for number, question in enumerate(draft.questions):
        over = [jump for jump in by_start if jump.start < number < jump.to]
        if not over:
            continue
        # Those before `number` have their conditions already, which is what "was asked" means.
        conditions = [negated(all_of([reached(draft, jump), jump.when])) for jump in over]
        own = question["show_if"]
        told = all_of([own if own else True, *conditions])
        place = draft.place_of[question["key"]]
        if told is False:
            draft.lose(place, "no jump leads to it, so it was never asked; now it is: delete it.")
        elif _size(told) > MAX_SIZE:
            draft.lose(
                place, "the jumps over it were not taken over, so it is always asked: they are too many."
            )
        else:
            question["show_if"] = None if told is True else told


def reached(draft: Draft, jump: Jump) -> Verdict:
    """Return when the question that the jump starts from is asked."""
    question = draft.questions[jump.start]
    if isinstance(jump.when, dict) and _implies_answer(jump.when, question["key"]):
        return True
    page = draft.pages.get(question["page"], {}).get("show_if")
    return all_of([question["show_if"] or True, page or True])


def _implies_answer(condition: Any, key: str) -> bool:
    """Whether the condition can only hold when the question is answered, and so was asked."""
    ((operator, operand),) = condition.items()
    if operator == "all":
        return any(_implies_answer(part, key) for part in operand)
    if operator == "any":
        return all(_implies_answer(part, key) for part in operand)
    if operator == "not":
        return False
    reference = operand if operator == "answered" else operand[0]
    return bool(reference.partition(".")[0] == key)


def _size(condition: Any) -> int:
    if not isinstance(condition, dict):
        return 0
    ((operator, operand),) = condition.items()
    parts: Sequence[Any] = operand if operator in ("all", "any") else [operand] if operator == "not" else ()
    return 1 + sum(map(_size, parts))
