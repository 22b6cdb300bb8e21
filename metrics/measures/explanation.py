"""A health score in words: the parts that add up to it exactly, each with what it was measured from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics.measures.facts import in_words
from metrics.models import Health

# What each part is called, and what it looks at (METRICS §5.2).
PARTS: dict[str, tuple[str, str]] = {
    "relationship_sentiment": ("How they feel about us", "the latest NPS answer of each contact"),
    "transactional_sentiment": ("How single events went", "CSAT and CES answers, newer ones weigh more"),
    "sentiment_trend": ("Where feelings are going", "the last 90 days against the nine months before"),
    "response_behaviour": ("Whether they answer us", "their response rate against that of all accounts"),
    "follow_up": ("Open follow-ups", "unhappy answers that nobody has settled yet"),
    "revenue_movement": ("How revenue moved", "over twelve months, at constant exchange rates"),
    "renewal_readiness": ("Ready to renew", "how near the term’s end is, and what is open before it"),
    "product_usage": ("Use of the product", "imported: seats in use and recent activity"),
    "support_load": ("Load of support", "imported: tickets per seat, age of the oldest urgent one"),
    "notice_of_termination": ("Notice was given", "caps the health at 20"),
    "decision_maker_case_late": ("A decision-maker’s follow-up is late", "caps the health at 49"),
    "invoice_overdue": ("An invoice is long overdue", "caps the health at 60"),
    "persons_word": ("Overridden by a person", "sets the health, whatever the parts say"),
    "contracts": ("Contracts", "revenue and renewal together: apart for those who may see revenue"),
}
BASE = ("Where every account begins", "all parts at their neutral value")
# What each of these adds tells by how much revenue moved, so who may not see that gets them as one line.
OF_REVENUE = frozenset({"revenue_movement", "renewal_readiness"})
TOGETHER = "contracts"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sum, in hundredths of a point; weight, score (0..100), freshness (0..100 percent).

    An override has none of these, nor have parts told together; a part of which nothing is known has no
    score. `bar` (0..100) is the length of its bar beside the longest one.
    """

    name: str
    why: str
    hundredths: int
    weight: float | None = None
    score: float | None = None
    freshness: float | None = None
    bar: int = 0
    key: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A health score (0..100), its band, what of it is known (0..100 percent), and the lines that add up."""

    day: date
    score: float
    band: str
    confidence: float
    base: Line
    parts: Sequence[Line]
    total: int


def explained(health: Health, *, with_revenue: bool) -> Explanation:
    """Return the sum behind a health score: base, the parts, strongest first, then what overrides them."""
    parts = [part for part in health.parts if with_revenue or part["key"] not in OF_REVENUE]
    together = [part["contribution"] for part in health.parts if part not in parts]
    if together:
        parts.append({"key": TOGETHER, "contribution": sum(together)})
    parts.sort(key=lambda part: (part.get("is_override", False), -abs(part["contribution"])))
    longest = max((abs(part["contribution"]) for part in parts), default=0)
    return Explanation(
        day=health.day,
        score=health.score / 100,
        band=health.band,
        confidence=health.confidence / 100,
        base=Line(*BASE, health.base),
        parts=[_line(part, longest) for part in parts],
        total=health.score,
    )


def _line(part: Mapping[str, Any], longest: int) -> Line:
    key, points = part["key"], part["contribution"]
    name, why = PARTS.get(key, (key.replace("_", " ").capitalize(), ""))
    bar = 100 * abs(points) // longest if longest else 0
    if key == TOGETHER:
        return Line(name, why, points, bar=bar, key=key)
    found = in_words(key, part["facts"])
    if part.get("is_override"):
        return Line(name, found or why, points, bar=bar, key=key)
    score = part["score"]
    return Line(
        name,
        found or why,
        points,
        weight=part["weight"] / 100,
        score=None if score is None else score / 100,
        freshness=part["freshness"] / 100,
        bar=bar,
        key=key,
    )
