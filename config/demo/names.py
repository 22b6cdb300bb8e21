"""Invented companies and people, named after the language of the place. Pure."""

import tomllib
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from config.demo.places import Place

NAMES = Path(__file__).parent / "data" / "names.toml"
UNFOLDED = str.maketrans({"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae"})


@lru_cache(maxsize=1)
def names() -> Mapping[str, Any]:
    """Return the lists of data/names.toml by language."""
    return tomllib.loads(NAMES.read_text(encoding="utf-8"))


def plain(words: str) -> str:
    """Return the words as an address spells them: lower-case ASCII letters joined by hyphens."""
    letters = unicodedata.normalize("NFKD", words.translate(UNFOLDED)).encode("ascii", "ignore").decode()
    return "-".join("".join(c if c.isalnum() else " " for c in letters.lower()).split())


class Christener:
    """Gives every company a root of its own and every person an address of their own."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        self.addresses: set[str] = set()
        self.roots = {
            language: [start + end for start in lists["starts"].split() for end in lists["ends"].split()]
            for language, lists in names().items()
        }
        for roots in self.roots.values():
            dice.shuffle(roots)

    def company(self, place: Place, industry: str) -> tuple[str, str]:
        """Return a company's name and its domain, which nobody else has."""
        root = self.roots[place.names].pop()
        trade = self.dice.choice(names()[place.names]["trades"][industry])
        legal_form = self.dice.choice(place.legal_forms.split("|"))
        return f"{root} {trade} {legal_form}", f"{plain(root)}-{plain(trade)}.example"

    def person(self, language: str, domain: str) -> tuple[str, str]:
        """Return a person's name and e-mail address, which nobody else has."""
        while True:
            given = self.dice.choice(names()[language]["given"].split())
            family = self.dice.choice(names()[language]["family"].split())
            address = f"{plain(given)}.{plain(family)}@{domain}"
            if address not in self.addresses:
                self.addresses.add(address)
                return f"{given} {family}", address
