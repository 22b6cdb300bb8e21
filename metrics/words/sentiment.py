"""The mood of a comment: by a model of own comments, else by VADER for English, else not at all. Pure."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, NamedTuple

from metrics.words.extra import missing
from metrics.words.learned import Example, Learned, cross_validated, fit
from metrics.words.quality import Quality, agreement

LEAST_PAIRS, LEAST_OF_EACH, LEAST_AUC = 300, 50, 0.85
# VADER's authors' cuts of its compound; biased for reviews, so that a company's own pairs move them.
CUTS = (-0.05, 0.05)
# Between these probabilities of being positive a comment is neither.
UNDECIDED = (0.35, 0.65)


class Reading(NamedTuple):
    """A sentiment (-1..1), its mood, how sure it is (0..1), and what read it."""

    sentiment: float
    mood: str
    confidence: float
    read_by: str


class Fitted(NamedTuple):
    """What was learnt from pairs of one language, how it did on unseen ones, and whether that is enough."""

    coefficients: Mapping[str, Any]
    quality: Quality
    is_used: bool


class Reader:
    """Reads the mood of texts of one language with what was learnt of it, under the name it goes by."""

    def __init__(
        self, language: str, coefficients: Mapping[str, Any] | None = None, name: str = "vader"
    ) -> None:
        """Take what `learn` found; without it English is read by VADER's own cuts."""
        self.language, self.name = language, name
        known = coefficients or {}
        self.learned = Learned.from_document(known) if "weights" in known else None
        self.cuts = tuple(known.get("cuts", CUTS))

    @property
    def is_able(self) -> bool:
        """Whether it can read the language at all."""
        return self.learned is not None or (self.language == "en" and "vaderSentiment" not in missing())

    def read(self, text: str) -> Reading | None:
        """Return the mood of a text, None where the language cannot be read."""
        if self.learned:
            positive = self.learned.probabilities(text)["positive"]
            low, high = UNDECIDED
            mood = "negative" if positive < low else "positive" if positive > high else "neutral"
            return Reading(2 * positive - 1, mood, max(positive, 1 - positive), self.name)
        if not self.is_able:
            return None
        value = compound(text)
        low, high = self.cuts
        mood = "negative" if value <= low else "positive" if value >= high else "neutral"
        return Reading(value, mood, abs(value), self.name)


def compound(text: str) -> float:
    """Return VADER's compound (-1..1) of an English text (Hutto & Gilbert 2014)."""
    return float(_analyzer().polarity_scores(text)["compound"])


def learn(examples: Sequence[Example], language: str) -> Fitted | None:
    """Return what pairs of negative and positive comments teach, None below 300 or 50 of each.

    English that a model of its own cannot tell well is left to VADER, with the cuts that suit it here.
    """
    counts = [sum(each.label == label for each in examples) for label in ("negative", "positive")]
    if sum(counts) < LEAST_PAIRS or min(counts) < LEAST_OF_EACH or "scikit-learn" in missing():
        return None
    pairs = [each for each in examples if each.label in ("negative", "positive")]
    quality = cross_validated(pairs, language)
    if (quality.auc or 0) >= LEAST_AUC:
        return Fitted(fit(pairs, language).document(), quality, is_used=True)
    if language == "en" and "vaderSentiment" not in missing():
        cut, found = _best_cut(pairs)
        return Fitted({"cuts": [cut, cut + 0.1]}, found, is_used=True)
    return Fitted({}, quality, is_used=False)


def _best_cut(pairs: Sequence[Example]) -> tuple[float, Quality]:
    """Return the cut of VADER's compound that tells the pairs best."""
    scored = [(compound(each.text), each.label) for each in pairs]
    truth = [label for _, label in scored]

    def quality(cut: float) -> Quality:
        return agreement(truth, ["negative" if value <= cut else "positive" for value, _ in scored])

    cuts = [step / 20 for step in range(-16, 17)]
    best = max(cuts, key=lambda cut: quality(cut).macro_f1)
    return best, quality(best)


@lru_cache(maxsize=1)
def _analyzer() -> Any:
    return import_module("vaderSentiment.vaderSentiment").SentimentIntensityAnalyzer()
