"""Comments in four languages, made of phrases so that fifty in a row do not read as copies. Pure."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

PHRASES = Path(__file__).parent / "data" / "phrases"
POSITIVE, MIXED, NEGATIVE, SEVERE = "positive", "neutral", "negative", "severe"
SHORT = 0.12
NUMBERS = {"n": (2, 6), "hours": (2, 9), "weeks": (4, 12), "percent": (6, 24)}
Parts = list[tuple[str, ...]]


@cache
def phrases(language: str) -> Mapping[str, Any]:
    """Return the phrases of data/phrases/<language>.toml."""
    return tomllib.loads((PHRASES / f"{language}.toml").read_text(encoding="utf-8"))


class Slots(dict[str, str]):
    """Fills in a phrase: the same word each time it is named."""

    def __init__(self, said: Mapping[str, str], choose: Callable[[str], str]) -> None:
        super().__init__(said)
        self.choose = choose

    def __missing__(self, name: str) -> str:
        if name.lower() not in self:
            self[name.lower()] = self.choose(name.lower())
        word = self[name.lower()]
        return word[0].upper() + word[1:] if name[0].isupper() else word


class Phrasebook:
    """Writes comments; a phrase comes back only after all others of its sort have been used."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.bags: dict[tuple[str, ...], list[str]] = {}

    def about_us(
        self, language: str, sentiment: str, *, praise: Sequence[str], complaints: Sequence[str], seats: int
    ) -> str:
        """Return a comment on the whole relationship: praise, complaint or both, as the sentiment asks."""
        if self.dice.random() < SHORT and sentiment != SEVERE:
            return self._draw(language, "short", sentiment)
        tone = NEGATIVE if sentiment == SEVERE else sentiment
        parts: Parts = [("openers", tone)] if self.dice.random() < 0.25 else []
        if sentiment == MIXED:
            if self.dice.random() < 0.65:
                parts.append(("topics", praise[0], POSITIVE))
            parts.append(("topics", complaints[0], NEGATIVE))
        else:
            topics = praise if sentiment == POSITIVE else complaints
            count = 2 if self.dice.random() < 0.3 else 1
            parts += [("topics", topic, tone) for topic in topics[:count]]
        if self.dice.random() < (0.6 if sentiment == SEVERE else 0.25):
            parts.append(("closers", sentiment))
        return self._joined(language, seats, parts)

    def about_a_ticket(self, language: str, sentiment: str, topic: str, *, seats: int) -> str:
        """Return a comment on one ticket: brief, or what it was about, how it went and a last word."""
        tone = NEGATIVE if sentiment == SEVERE else sentiment
        if self.dice.random() < 2 * SHORT:
            return self._draw(language, "brief", tone)
        parts: Parts = [("tickets", "about")] if self.dice.random() < 0.5 else []
        if sentiment != MIXED:
            parts.append(("topics", topic, tone))
        if sentiment == MIXED or self.dice.random() < 0.3:
            parts.append(("tickets", tone))
        return self._joined(language, seats, parts, is_one_story=True)

    def about_a_start(self, language: str, sentiment: str, topic: str, *, seats: int) -> str:
        """Return a comment on one go-live, on one topic or with two minds about it."""
        parts: Parts = [("topics", topic, POSITIVE if sentiment == POSITIVE else NEGATIVE)]
        if sentiment in (MIXED, SEVERE):
            parts.append(("closers", MIXED if sentiment == MIXED else NEGATIVE))
        return self._joined(language, seats, parts)

    def other_words(self, language: str) -> str:
        """Return what somebody writes beside "something else"."""
        return self._draw(language, "other")

    def _joined(self, language: str, seats: int, parts: Parts, *, is_one_story: bool = False) -> str:
        """Return the phrases of a comment; in one story features and people stay the same throughout."""
        said: dict[str, str] = {}
        sentences = []
        for part in parts:
            slots = Slots(said, lambda name: self._slot(language, seats, name))
            sentences.append(self._draw(language, *part).format_map(slots))
            if is_one_story:
                said = {name: word for name, word in slots.items() if not word.isdigit()}
        words = " ".join(sentences)
        return words.removesuffix(".") if self.dice.random() < 0.15 else words

    def _draw(self, language: str, *place: str) -> str:
        bag = self.bags.setdefault((language, *place), [])
        if not bag:
            found: Any = phrases(language)
            for name in place:
                found = found[name]
            bag += found
            self.dice.shuffle(bag)
        return bag.pop()

    def _slot(self, language: str, seats: int, name: str) -> str:
        if name == "seats":
            return str(self.dice.randint(max(4, seats // 3), max(6, seats)))
        if name in NUMBERS:
            return str(self.dice.randint(*NUMBERS[name]))
        return str(self.dice.choice(phrases(language)["slots"][name]))
