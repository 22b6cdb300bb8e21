"""From the logic in Qualtrics' .qsf files to our conditions: display logic, branches, skip logic. Pure."""

import re
from collections.abc import Mapping
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
from surveys.interchange.documents import mapping, words
from surveys.interchange.markup import plain_text

OPERATORS = {
    "EqualTo": "equals",
    "Is": "equals",
    "NotEqualTo": "differs",
    "IsNot": "differs",
    "GreaterThan": "greater",
    "GreaterThanOrEqual": "at_least",
    "LessThan": "less",
    "LessThanOrEqual": "at_most",
    "Contains": "contains",
    "DoesNotContain": "notcontains",
    "Selected": "selected",
    "NotSelected": "unselected",
}
ANSWERED = {"Answered", "NotEmpty"}
UNANSWERED = {"NotAnswered", "Empty"}
LOCATOR = re.compile(r"q://(QID\d+(?:#\d+)?)/(\w+)(?:/([^/]+))?(?:/([^/]+))?")
SOURCES = {
    "DeviceType": "the device",
    "GeoIP": "where the respondent is",
    "PanelData": "the contact list",
    "EmbeddedField": "embedded data",
    "Quota": "a quota",
    "LoopAndMerge": "a loop",
}


class Logic:
    """Reads logic against the questions that were converted so far, by their Qualtrics id."""

    def __init__(self) -> None:
        self.asked: dict[str, Asked] = {}
        # Our key of each choice, by the question's id and the choice's.
        self.choice: dict[tuple[str, str], str] = {}

    def read(self, logic: object) -> Verdict:
        """Return what a BooleanExpression says: sets of conditions, each joined to the one before."""
        sets = [(part, mapping(part).get("Type", "If")) for name, part in _numbered(logic)]
        return _precedence(
            (self._set(mapping(part)), "or" if str(joint).lower().startswith("or") else "and")
            for part, joint in sets
        )

    def _set(self, parts: Mapping[str, Any]) -> Verdict:
        return _precedence(
            (self.expression(mapping(part)), str(mapping(part).get("Conjuction", "And")).lower())
            for name, part in _numbered(parts)
        )

    def expression(self, part: Mapping[str, Any]) -> Verdict:
        """Return what one condition says. Raises Inexpressible."""
        kind = words(part.get("LogicType"))
        if kind != "Question":
            raise Inexpressible(f"asks about {SOURCES.get(kind, plain_text(kind) or 'something else')}")
        locator = words(part.get("LeftOperand")) or words(part.get("ChoiceLocator"))
        return self.about(locator, words(part.get("Operator")), words(part.get("RightOperand")))

    def skip(self, rule: Mapping[str, Any]) -> Verdict:
        """Return when one rule of a skip logic holds. Raises Inexpressible."""
        locator = words(rule.get("Locator")) or words(rule.get("ChoiceLocator"))
        return self.about(locator, words(rule.get("Condition")), words(rule.get("RightOperand")))

    def about(self, locator: str, operator: str, value: str) -> Verdict:
        """Return a comparison of what a locator such as q://QID1/SelectableChoice/2 points to."""
        match = LOCATOR.match(locator)
        asked = self.asked.get(match[1]) if match else None
        if match is None or asked is None:
            raise Inexpressible("asks about a question that is none before it")
        if operator in ANSWERED | UNANSWERED:
            answered = holds(asked)
            return answered if operator in ANSWERED else negated(answered)
        if operator not in OPERATORS:
            raise Inexpressible(f"uses Qualtrics' operator {operator[:40]!r}")
        known = OPERATORS[operator]
        if known in ("selected", "unselected"):
            picked = self._picked(asked, match)
            return picked if known == "selected" else negated(picked)
        return compared(known, asked, int(value) if re.fullmatch(r"-?\d{1,9}", value) else value)

    def _picked(self, asked: Asked, match: re.Match[str]) -> Verdict:
        if asked.kind == "matrix":
            row, column = asked.rows.get(match[3] or ""), self.choice.get((match[1], match[4] or ""))
            if row and column:
                return compared("equals", Asked(asked.key, "matrix", asked.place, row=row), column)
        choice = self.choice.get((match[1], match[3] or ""))
        if choice is None and asked.kind in ("nps", "rating", "yes_no"):
            return compared("equals", asked, match[3])
        if choice is None:
            raise Inexpressible(f"asks about a choice of {asked.place} that is not offered")
        return {"equals" if asked.kind in ("single_choice", "dropdown") else "contains": [asked.key, choice]}


def _numbered(parts: object) -> list[tuple[str, Any]]:
    numbered = [(name, part) for name, part in mapping(parts).items() if name.isdigit()]
    return sorted(numbered, key=lambda item: int(item[0][:9]))


def _precedence(parts: Any) -> Verdict:
    """Return the parts joined as Qualtrics does: what "and" joins belongs together, before any "or"."""
    groups: list[list[Verdict]] = []
    for part, joint in parts:
        if groups and joint != "or":
            groups[-1].append(part)
        else:
            groups.append([part])
    if not groups:
        return True
    return any_of(all_of(group) for group in groups)
