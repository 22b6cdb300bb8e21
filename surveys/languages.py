"""Which language a respondent reads. Pure."""

from collections.abc import Iterable, Sequence

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})


def choose_language(offered: Sequence[str], wanted: Iterable[str]) -> str:
    """Return the first wanted language on offer, exactly or by its base (de for de-AT), or the first."""
    exact = {language.lower(): language for language in offered}
    by_base: dict[str, str] = {}
    for language in offered:
        by_base.setdefault(base_language(language), language)
    for language in wanted:
        found = exact.get(language.lower()) or by_base.get(base_language(language))
        if found:
            return found
    return offered[0]


def base_language(language: str) -> str:
    """Return the language without its region or script: pt for pt-BR."""
    return language.partition("-")[0].lower()


def direction(language: str) -> str:
    """Return in which direction the language is written: "rtl" or "ltr"."""
    return "rtl" if base_language(language) in RIGHT_TO_LEFT else "ltr"
