"""The native JSON of a survey: what `import_survey` reads, `export_survey` writes and a Version stores. Pure.

The least survey is {"title": "T", "questions": [{"key": "nps", "kind": "nps", "text": "…"}]}. A text
is a string in the survey's language or an object of texts by language.
"""

import json
from collections.abc import Mapping
from typing import Any

from surveys.definition import LAYOUTS, PRIVACY, Definition, Ending, Page, Question
from surveys.interchange.native_frame import read_endings, read_hidden, read_pages, read_theme
from surveys.interchange.native_questions import (
    CHOICE_KEY,
    MAX_CHOICE_TEXT,
    MAX_CHOICES,
    MAX_QUESTIONS,
    read_questions,
)
from surveys.interchange.native_reader import KEY, LANGUAGE, MAX_TEXT, NativeReader

MAX_LANGUAGES = 60
TEXT_LIMITS = {"title": 200, "intro": MAX_TEXT, "thank_you": MAX_TEXT, "closed": MAX_TEXT}
SURVEY_NAMES = {
    *TEXT_LIMITS,
    *("language", "languages", "questions"),
    *("pages", "endings", "layout", "theme", "hidden", "privacy"),
}

__all__ = [
    "CHOICE_KEY",
    "KEY",
    "LANGUAGE",
    "MAX_CHOICES",
    "MAX_CHOICE_TEXT",
    "MAX_LANGUAGES",
    "MAX_QUESTIONS",
    "DefinitionRefused",
    "file_text",
    "from_json",
    "to_json",
]


class DefinitionRefused(Exception):
    """A definition with faults; `faults` is a list of (place, what is wrong)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {fault}" for place, fault in faults))
        self.faults = faults


def from_json(document: object) -> Definition:
    """Return the definition that a JSON document describes, or raise DefinitionRefused naming every fault."""
    reader = NativeReader()
    definition = _definition(reader, document)
    if reader.faults or definition is None:
        raise DefinitionRefused(reader.faults)
    return definition


def to_json(definition: Definition) -> dict[str, Any]:
    """Return the whole definition as JSON; `from_json` of it is the same definition.

    Parts that came later than the first versions are left out where they say nothing, so that a document
    written before them stays the same.
    """
    later = {
        "pages": [_page_json(page) for page in definition.pages_meta],
        "endings": [_ending_json(ending) for ending in definition.endings],
        "layout": "" if definition.layout == LAYOUTS[0] else definition.layout,
        "theme": dict(definition.theme),
        "hidden": list(definition.hidden),
        "privacy": "" if definition.privacy == PRIVACY[0] else definition.privacy,
    }
    return {
        "title": dict(definition.title.by_language),
        "intro": dict(definition.intro.by_language),
        "thank_you": dict(definition.thank_you.by_language),
        "closed": dict(definition.closed.by_language),
        "language": definition.language,
        "languages": list(definition.languages),
        "questions": [_question_json(question) for question in definition],
        **{name: part for name, part in later.items() if part},
    }


def _question_json(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "kind": question.kind,
        "text": dict(question.text.by_language),
        "help": dict(question.help.by_language),
        "page": question.page,
        "required": question.is_required,
        "settings": dict(question.settings),
        "choices": [
            {
                "key": choice.key,
                "text": dict(choice.text.by_language),
                "is_other": choice.is_other,
                "is_exclusive": choice.is_exclusive,
            }
            for choice in question.choices
        ],
        "show_if": question.show_if,
    }


def _page_json(page: Page) -> dict[str, Any]:
    return {"number": page.number, "title": dict(page.title.by_language), "show_if": page.show_if}


def _ending_json(ending: Ending) -> dict[str, Any]:
    return {
        "key": ending.key,
        "text": dict(ending.text.by_language),
        "show_if": ending.show_if,
        "redirect_url": ending.redirect_url,
        "ask": ending.ask,
    }


def _definition(reader: NativeReader, document: object) -> Definition | None:
    if not isinstance(document, Mapping):
        reader.fault("survey", "must be a JSON object")
        return None
    reader.names("survey", document, SURVEY_NAMES)
    language = document.get("language", "en")
    if not isinstance(language, str) or not LANGUAGE.fullmatch(language):
        reader.fault("language", "must be a code such as en or pt-BR")
    else:
        reader.language = language
    texts = {name: reader.text(name, document.get(name), limit) for name, limit in TEXT_LIMITS.items()}
    if not texts["title"]:
        reader.fault("title", "is missing")
    questions = tuple(read_questions(reader, document.get("questions")))
    return Definition(
        **texts,
        language=reader.language,
        languages=_languages(reader, document.get("languages")),
        questions=questions,
        pages_meta=tuple(read_pages(reader, document.get("pages", []), questions)),
        endings=tuple(read_endings(reader, document.get("endings", []), questions)),
        layout=reader.word("layout", document.get("layout", LAYOUTS[0]), LAYOUTS),
        theme=read_theme(reader, document.get("theme", {})),
        hidden=read_hidden(reader, document.get("hidden", [])),
        privacy=reader.word("privacy", document.get("privacy", PRIVACY[0]), PRIVACY),
    )


def _languages(reader: NativeReader, value: object) -> tuple[str, ...]:
    codes = [reader.language] if value is None else value
    if (
        not isinstance(codes, list)
        or len(codes) > MAX_LANGUAGES
        or not all(isinstance(code, str) and LANGUAGE.fullmatch(code) for code in codes)
    ):
        reader.fault("languages", "must be a list of codes such as en or pt-BR")
        return (reader.language,)
    return tuple(dict.fromkeys([reader.language, *codes]))


def file_text(document: Mapping[str, Any]) -> str:
    """Return the document as a file holds it: the same text for the same document."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
