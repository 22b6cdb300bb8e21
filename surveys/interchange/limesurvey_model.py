"""One survey as LimeSurvey sees it, whichever of its formats it came in. Pure."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

Row = Mapping[str, str]


@dataclass(slots=True)
class Part:
    """A sub-question or an answer option: its code and texts."""

    code: str
    order: float
    scale: str = "0"
    texts: dict[str, str] = field(default_factory=dict)
    relevance: str = ""


@dataclass(slots=True)
class LimeQuestion:
    """One question with its sub-questions, its answer options and its attributes."""

    id: str
    type: str
    code: str
    group: str
    order: float
    row: Row
    texts: dict[str, str] = field(default_factory=dict)
    helps: dict[str, str] = field(default_factory=dict)
    scripts: dict[str, str] = field(default_factory=dict)
    subquestions: list[Part] = field(default_factory=list)
    answers: list[Part] = field(default_factory=list)
    # Values by attribute and language; '' is the language of those that hold no text.
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)
    has_default: bool = False

    def parts(self, scale: str = "0") -> list[Part]:
        """Return the sub-questions of one scale, in order."""
        return [part for part in self.subquestions if part.scale == scale]

    def attribute(self, name: str) -> str:
        """Return the value of an attribute, '' without one."""
        values = self.attributes.get(name, {})
        return values.get("", "") or next(iter(values.values()), "")


@dataclass(slots=True)
class LimeGroup:
    """One group of questions, which LimeSurvey shows as a page."""

    id: str
    order: float
    row: Row
    names: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class LimeSurvey:
    """A whole file: `texts` are the survey's own by name and language."""

    languages: list[str]
    settings: Row
    texts: dict[str, dict[str, str]]
    groups: list[LimeGroup]
    questions: list[LimeQuestion]
    # How many rows the tables hold that have no counterpart here, by name.
    others: dict[str, int] = field(default_factory=dict)
    # What its address may carry.
    parameters: list[str] = field(default_factory=list)

    def in_order(self) -> Iterator[tuple[LimeGroup, list[LimeQuestion]]]:
        """Yield each group with its questions, as they are asked."""
        by_group: defaultdict[str, list[LimeQuestion]] = defaultdict(list)
        for question in self.questions:
            by_group[question.group].append(question)
        for group in sorted(self.groups, key=lambda group: group.order):
            yield group, sorted(by_group.pop(group.id, ()), key=lambda question: question.order)
        for group_id, stray in by_group.items():
            yield LimeGroup(group_id, 0, {}), stray
