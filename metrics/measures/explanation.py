"""A health score in words: the parts that add up to it, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from metrics.models import Health

# What each part is called, and what it looks at (METRICS §5.2).
PARTS: dict[str, tuple[str, str]] = {
    "relationship_sentiment": ("How they feel about us", "the latest NPS answer of each contact"),
    "transactional_sentiment": ("How single events went", "CSAT and CES answers, newer ones first"),
    "sentiment_trend": ("Where feelings are going", "the last 90 days against the nine months before"),
    "response_behaviour": ("Whether they answer us", "their response rate against that of all accounts"),
    "follow_up": ("Open cases", "unhappy answers that nobody has settled yet"),
    "revenue_movement": ("How revenue moved", "twelve months, at constant exchange rates"),
    "renewal_readiness": ("Ready to renew", "the nearness of the term's end, and what is open before it"),
    "product_usage": ("Use of the product", "imported: seats in use and recent activity"),
    "support_load": ("Load of support", "imported: tickets per seat, age of the oldest urgent one"),
}
BASE = ("What an unknown account scores", "every part at its neutral value")
OVERRIDES: dict[str, tuple[str, str]] = {
    "notice_of_termination": ("Notice was given", "caps the health at 20"),
    "decision_maker_case_late": ("A decision-maker's case is late", "caps the health at 49"),
    "invoice_overdue": ("An invoice is long overdue", "caps the health at 60"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the sum, in hundredths of a point; weight, score and freshness where it has them.

    `bar` is the length (0..100) of its bar beside the longest one.
    """

    name: str
    why: str
    hundredths: int
    weight: float | None = None
    score: float | None = None
    freshness: float | None = None
    bar: int = 0


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


def explained(health: Health) -> Explanation:
    """Return the sum behind a health score, the parts that move it most first."""
    longest = max((abs(part["contribution"]) for part in health.parts), default=0)
    lines = [_line(part, longest) for part in health.parts]
    return Explanation(
        day=health.day,
        score=health.score / 100,
        band=health.band,
        confidence=health.confidence / 100,
        base=Line(*BASE, health.base),
        parts=sorted(lines, key=lambda line: -abs(line.hundredths)),
        total=health.score,
    )


def _line(part: Mapping[str, Any], longest: int) -> Line:
    key, points = part["key"], part["contribution"]
    name, why = (PARTS | OVERRIDES).get(key, (key.replace("_", " ").capitalize(), ""))
    return Line(
        name,
        why,
        points,
        weight=part.get("weight"),
        score=part.get("score"),
        freshness=100 * part["freshness"] if part.get("freshness") is not None else None,
        bar=100 * abs(points) // longest if longest else 0,
    )
