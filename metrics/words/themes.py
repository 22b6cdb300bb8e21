"""What comments are about: lists of words per theme and language, and suggestions for new themes. Pure."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from metrics.words.features import UNSPACED
from metrics.words.redaction import redacted

# The words of each theme, by language.
Themes = Mapping[str, Mapping[str, Sequence[str]]]
BUILT_IN = Path(__file__).with_name("themes.json")
LEAST_TO_SUGGEST = 200


class ThemesRefused(ValueError):
    """A document is no list of themes; the message says where."""


def built_in() -> Themes:
    """Return the themes that come with the product, in five languages."""
    return checked(json.loads(BUILT_IN.read_text(encoding="utf-8")))


def checked(document: object) -> Themes:
    """Return a document as themes, or raise ThemesRefused."""
    if not isinstance(document, dict) or not document or len(document) > 100:
        raise ThemesRefused("Themes are an object of one to a hundred names.")
    for name, languages in document.items():
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", name):
            raise ThemesRefused(f"{name!r} is no name: lower-case letters, digits and _.")
        if not isinstance(languages, dict) or not languages:
            raise ThemesRefused(f"{name} has no languages.")
        for language, words in languages.items():
            are_words = isinstance(words, list) and all(isinstance(word, str) and word for word in words)
            if not are_words or len(words) > 1000:
                raise ThemesRefused(f"{name} in {language} is no list of words.")
    return document


@dataclass(frozen=True, slots=True)
class Keywords:
    """Themes that are told by their words; those of a language are made ready at its first text."""

    themes: Themes
    patterns: dict[str, dict[str, re.Pattern[str]]] = field(default_factory=dict)

    def themes_in(self, text: str, language: str) -> list[str]:
        """Return the themes whose words stand in a text, those of its language and of no other, by name."""
        if language not in self.patterns:
            self.patterns[language] = _patterns(self.themes, language)
        lowered = redacted(text).lower()
        return sorted(name for name, pattern in self.patterns[language].items() if pattern.search(lowered))


def suggested(texts: Sequence[str], language: str, topics: int = 8, words: int = 6) -> list[list[str]]:
    """Return groups of words that often stand together, for a person to make themes of, none below 200 texts.

    Non-negative matrix factorisation: suggestions, never a metric (METRICS §4). Needs scikit-learn.
    """
    if len(texts) < LEAST_TO_SUGGEST:
        return []
    vectorizer = import_module("sklearn.feature_extraction.text").TfidfVectorizer(
        preprocessor=lambda text: redacted(text).lower(),
        stop_words="english" if language == "en" else None,
        min_df=5,
        max_df=0.3,
        max_features=5_000,
    )
    matrix = vectorizer.fit_transform(texts)
    model = import_module("sklearn.decomposition").NMF(topics, random_state=1, max_iter=400).fit(matrix)
    names = vectorizer.get_feature_names_out()
    return [[str(names[at]) for at in row.argsort()[::-1][:words]] for row in model.components_]


def _patterns(themes: Themes, language: str) -> dict[str, re.Pattern[str]]:
    return {
        name: re.compile("|".join(_pattern(word, language) for word in languages[language]))
        for name, languages in themes.items()
        if languages.get(language)
    }


def _pattern(word: str, language: str) -> str:
    """Return the expression for one word; a star stands for any ending."""
    escaped = re.escape(word.lower()).replace(r"\*", r"\w*")
    return escaped if language in UNSPACED else rf"\b{escaped}\b"
