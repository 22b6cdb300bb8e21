"""The codes of languages as other tools write them. Pure."""

import re

from surveys.interchange.native import LANGUAGE

NAMES = {
    "arabic": "ar",
    "bengali": "bn",
    "chinese": "zh",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "finnish": "fi",
    "french": "fr",
    "german": "de",
    "greek": "el",
    "hebrew": "he",
    "hindi": "hi",
    "hungarian": "hu",
    "indonesian": "id",
    "italian": "it",
    "japanese": "ja",
    "korean": "ko",
    "nepali": "ne",
    "norwegian": "no",
    "persian": "fa",
    "polish": "pl",
    "portuguese": "pt",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swahili": "sw",
    "swedish": "sv",
    "thai": "th",
    "turkish": "tr",
    "ukrainian": "uk",
    "urdu": "ur",
    "vietnamese": "vi",
    "deutsch": "de",
    "español": "es",
    "français": "fr",
    "italiano": "it",
    "português": "pt",
}
# Qualtrics and LimeSurvey have codes of their own for these.
SPECIAL = {
    "zh-s": "zh-Hans",
    "zh-t": "zh-Hant",
    "zh-hans": "zh-Hans",
    "zh-hant-tw": "zh-Hant",
    "zh-hant-hk": "zh-Hant",
    "zh-hant": "zh-Hant",
    "es-es": "es-ES",
    "en_us": "en-US",
}
IN_BRACKETS = re.compile(r"\(([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})?)\)\s*$")


def language_code(name: str) -> str | None:
    """Return the code of a language that a tool calls EN, pt_BR, de-informal, French or "French (fr)".

    None where no language is called so.
    """
    name = name.strip()
    if match := IN_BRACKETS.search(name):
        name = match[1]
    lower = name.lower()
    if lower in NAMES or lower in SPECIAL:
        return NAMES.get(lower) or SPECIAL[lower]
    base, _, region = name.replace("_", "-").partition("-")
    code = f"{base.lower()}-{region.upper() if len(region) == 2 else region}" if region else base.lower()
    return code if LANGUAGE.fullmatch(code) else None
