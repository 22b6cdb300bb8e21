"""From Formbricks' logic to our conditions and jumps. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from surveys.interchange.asked import Asked
from surveys.interchange.conditions import (
    Inexpressible,
    Verdict,
    all_of,
    any_of,
    compared,
    holds,
    negated,
)
from surveys.interchange.documents import listed, mapping, words
from surveys.interchange.drafting import Draft
from surveys.interchange.jumps import Jump, reached

ANSWERED = {"isSubmitted", "isCompletelySubmitted", "isSet", "isNotEmpty", "submitted", "completed"}
UNANSWERED = {"isSkipped", "isNotSet", "isEmpty", "skipped"}
YES = {"isAccepted", "accepted"}
OPERATORS = {
    "equals": "equals",
    "doesNotEqual": "differs",
    "notEquals": "differs",
    "isGreaterThan": "greater",
    "greaterThan": "greater",
    "isLessThan": "less",
    "lessThan": "less",
    "isGreaterThanOrEqual": "at_least",
    "greaterEqual": "at_least",
    "isLessThanOrEqual": "at_most",
    "lessEqual": "at_most",
    "equalsOneOf": "anyof",
    "isAnyOf": "anyof",
    "includesOneOf": "anyof",
    "includesOne": "anyof",
    "includesAllOf": "allof",
    "includesAll": "allof",
    "doesNotIncludeOneOf": "noneof",
    "contains": "contains",
    "doesNotContain": "notcontains",
}
JUMPS = {"jumpToQuestion", "jumpToBlock"}
MAX_NESTING = 10


class FormbricksLogic:
    """Reads logic against the questions that were converted, by their Formbricks ids."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        self.choice: dict[str, str] = {}

    def jumps(
        self, draft: Draft, rules: Sequence[tuple[int, str, Mapping[str, Any]]]
    ) -> Iterator[tuple[int, str, Verdict, str]]:
        """Yield each jump: the place it starts from, the id it leads to, when, and how reports call it.

        Of the rules of one question or block the first that holds is followed.
        """
        before: dict[str, list[Verdict]] = {}
        for start, name, rule in rules:
            place = draft.place_of[draft.questions[start]["key"]] if start >= 0 else "survey"
            try:
                when = self.when(name, rule)
            except Inexpressible as why:
                draft.lose(place, f"a rule of its logic was not taken over: it {why}.")
                continue
            told = all_of([when, *map(negated, before.setdefault(name, []))])
            before[name].append(when)
            targets = [words(rule.get("destination"))] if "destination" in rule else []
            for action in map(mapping, listed(rule.get("actions"))):
                if action.get("objective") in JUMPS:
                    targets.append(words(action.get("target")))
                else:
                    what = words(action.get("objective"))[:40]
                    draft.lose(place, f"an action of its logic ({what}) was not taken over.")
            for target in filter(None, targets):
                yield start, target, told, place

    def endings(self, draft: Draft, jumps: Sequence[tuple[Jump, str]]) -> dict[str, Verdict]:
        """Return when each ending is reached, by its id."""
        by_id: dict[str, list[Verdict]] = {}
        for jump, ending in jumps:
            if ending:
                by_id.setdefault(ending, []).append(all_of([reached(draft, jump), jump.when]))
        return {ending: any_of(told) for ending, told in by_id.items()}

    def when(self, name: str, rule: Mapping[str, Any]) -> Verdict:
        """Return when a rule holds. Raises Inexpressible."""
        if "destination" in rule:
            operator = words(rule.get("condition"))
            return True if operator == "always" else self.single(name, operator, rule.get("value"))
        return self.group(mapping(rule.get("conditions")))

    def group(self, group: Mapping[str, Any], depth: int = 0) -> Verdict:
        """Return what a group of conditions says. Raises Inexpressible."""
        if depth > MAX_NESTING:
            raise Inexpressible("is nested too deeply")
        join = any_of if group.get("connector") == "or" else all_of
        return join(
            self.group(part, depth + 1) if "conditions" in part else self.condition(part)
            for part in map(mapping, listed(group.get("conditions")))
        )

    def condition(self, part: Mapping[str, Any]) -> Verdict:
        """Return what one condition says. Raises Inexpressible."""
        left, right = mapping(part.get("leftOperand")), mapping(part.get("rightOperand"))
        if left.get("type") not in ("question", "element"):
            raise Inexpressible(f"asks about a {words(left.get('type'))[:30] or 'thing'} and not an answer")
        if right and right.get("type") != "static":
            raise Inexpressible("compares two answers with each other")
        return self.single(words(left.get("value")), words(part.get("operator")), right.get("value"))

    def single(self, question_id: str, operator: str, value: object) -> Verdict:
        """Return a comparison of one question's answer with a value. Raises Inexpressible."""
        asked = self.asked.get(question_id)
        if asked is None:
            raise Inexpressible("asks about a question that is none here")
        if asked.kind == "statement":
            raise Inexpressible("asks whether a button was pressed")
        if operator in ANSWERED | UNANSWERED:
            return holds(asked) if operator in ANSWERED else negated(holds(asked))
        if operator in YES:
            return compared("equals", asked, "yes")
        if operator not in OPERATORS:
            raise Inexpressible(f"uses Formbricks' operator {operator[:40]!r}")
        values = [self.plain(one) for one in value] if isinstance(value, list) else self.plain(value)
        return compared(OPERATORS[operator], asked, values)

    def plain(self, value: object) -> str | int | float:
        """Return a value as conditions compare it: a choice's id as its words."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return value
        return self.choice.get(words(value), words(value))
