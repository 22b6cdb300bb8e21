"""What the builder has open in its middle, as the query of its address says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from surveys.definition import Question

SHOWN = 60
PANELS = ("question", "page", "add", "survey", "endings", "checks")


@dataclass(frozen=True, slots=True)
class Place:
    """A panel, and what it is about; of "add" the question behind which something is added."""

    panel: str
    name: str = ""
    new_page: bool = False

    @property
    def query(self) -> str:
        """The query of the address that opens it."""
        page = {"on": "page"} if self.new_page else {}
        return f"?{urlencode({'open': self.panel, **({'name': self.name} if self.name else {}), **page})}"

    @property
    def part(self) -> str:
        """The part of the draft that is edited there."""
        return f"{self.panel} {self.name}" if self.panel in ("question", "page") else self.panel


def place_of(query: Mapping[str, str]) -> Place | None:
    """Return the place that a query names, None where it names none."""
    panel = query.get("open", "")
    if panel not in PANELS:
        return None
    return Place(panel, query.get("name", "")[:80], new_page=query.get("on") == "page")


def place_of_fault(place: str) -> Place:
    """Return where a fault is put right: its place begins with the part that it is about."""
    noun, _, rest = place.partition(" ")
    name = rest.split()[0] if rest.split() else ""
    if noun == "question" and name and not name.isdigit():
        return Place("question", name)
    if noun == "page" and name.isdigit():
        return Place("page", name)
    return Place("endings" if noun in ("ending", "endings") else "survey")


def told(fault: tuple[str, str], questions: Mapping[str, Question]) -> dict[str, Any]:
    """Return a fault with its place in words, and where in the builder it is put right."""
    where, what = fault
    at = place_of_fault(where)
    if at.panel == "question" and at.name in questions:
        text = str(questions[at.name].text) or "Untitled"
        short = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
        where = f"Question {list(questions).index(at.name) + 1} “{short}”"
    return {"place": where, "fault": what.replace("show_if: ", "its condition: "), "at": at}
