"""What each version of the scorecard changed, in words."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from metrics.formulas.scorecards import Card, from_json
from metrics.measures.explanation import PARTS
from metrics.models import Scorecard

CUTOFFS = {
    "green_from": "green from",
    "yellow_from": "yellow from",
    "margin": "left only beyond its edge by",
    "days": "for days running",
    "least_confidence": "grey below a known share of",
}


class Version(NamedTuple):
    """One scorecard and what it changed, nothing for the first."""

    scorecard: Scorecard
    changes: tuple[str, ...]


def scorecard_versions() -> list[Version]:
    """Return every version, the newest first, each beside what it changed of the one before, in one query."""
    rows = list(Scorecard.objects.select_related("author"))
    cards = [from_json(row.weights, row.rules) for row in rows]
    changes = [tuple(_changes(before, after)) for after, before in pairwise(cards)]
    return [Version(row, changed) for row, changed in zip(rows, [*changes, ()], strict=False)]


def _changes(before: Card, after: Card) -> Iterator[str]:
    for key, component in after.components.items():
        name, former = PARTS[key][0], before.components.get(key)
        if former is None:
            yield f"{name}: new"
            continue
        if component.is_used and not former.is_used:
            yield f"{name}: in use"
        for what in ("weight", "neutral"):
            yield from _moved(f"{name}, {what}", getattr(former, what), getattr(component, what))
    for field, label in CUTOFFS.items():
        yield from _moved(label, getattr(before.cutoffs, field), getattr(after.cutoffs, field))
    if before.rules != after.rules:
        yield "how parts are measured"


def _moved(what: str, former: Any, now: Any) -> Iterator[str]:
    if former != now:
        yield f"{what} {former:g} → {now:g}"
