"""The interface's own words, one JSON file a language. Pure lookup; English stands in for a language without.

A phrase is a text with {names} in it, or one text a plural category, chosen by the phrase's first parameter.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from surveys.languages import base_language
from surveys.wording.plurals import plural_category

FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


@dataclass(frozen=True, slots=True)
class Wording:
    """The phrases of one language."""

    language: str
    phrases: Mapping[str, str | Mapping[str, str]]

    def __getitem__(self, name: str) -> str:
        return self.say(name)

    def say(self, name: str, **parameters: object) -> str:
        """Return the phrase, filled in, in the plural form that its first parameter asks for."""
        phrase = self.phrases[name]
        if not isinstance(phrase, str):
            number = next(iter(parameters.values()), 0)
            category = plural_category(self.language, number if isinstance(number, int) else 0)
            phrase = phrase.get(category) or phrase["other"]
        return phrase.format_map(parameters)


@lru_cache(maxsize=128)
def wording(language: str) -> Wording:
    """Return the phrases of the language, of its base (pt for pt-BR), or of English."""
    code = next((code for code in (language, base_language(language)) if code in LANGUAGES), "en")
    return Wording(code, json.loads((FOLDER / f"{code}.json").read_text("utf-8")))
