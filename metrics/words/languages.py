"""In which language a comment is: that of the survey unless the words clearly say otherwise. Pure."""

from collections.abc import Collection
from functools import lru_cache
from importlib import import_module
from typing import Any

from metrics.words.extra import missing

# Below that a guess is right in two of three cases only (METRICS §4).
LEAST_LETTERS = 20
LEAST_SURE = 0.9
# Those of which the built-in taxonomy or surveys of companies know words.
LANGUAGES = frozenset(
    {"ar", "de", "en", "es", "fr", "he", "it", "ja", "nl", "pl", "pt", "tr", "zh", "id", "hi"}
)


def language_of(text: str, prior: str, among: Collection[str] = LANGUAGES) -> str:
    """Return the language code of a text, the prior's base where it is short or in doubt."""
    base = prior.split("-", maxsplit=1)[0].lower()
    if len(text) < LEAST_LETTERS or missing():
        return base
    found, sure = _identifier(frozenset({*among, base} - {""})).classify(text)
    return str(found) if sure > LEAST_SURE else base


@lru_cache(maxsize=8)
def _identifier(among: frozenset[str]) -> Any:
    """Return an identifier of these languages; its own, for setting them is global to the package."""
    module = import_module("py3langid.langid")
    identifier = module.LanguageIdentifier.from_model_file(module.MODEL_FILE, norm_probs=True)
    identifier.set_languages(sorted(among & set(identifier.labels) or {"en"}))
    return identifier
