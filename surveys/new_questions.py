"""Questions that a draft takes in: blank ones, and those of elsewhere. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from surveys.drafting import Document
from surveys.keys import suggest_key
from surveys.kinds import KINDS


def new_question(document: Document, kind: str) -> dict[str, Any]:
    """Return a blank question of the kind, with two blank choices where it has choices."""
    key = suggest_key(kind, taken_keys(document), fallback="question")
    own = document["language"]
    choices = [
        {
            "key": f"choice_{number}",
            "text": {own: f"Choice {number}"},
            "is_other": False,
            "is_exclusive": False,
        }
        for number in (1, 2)
    ]
    return {
        "key": key,
        "kind": kind,
        "text": {},
        "help": {},
        "page": 1,
        "required": False,
        "settings": _first_settings(kind, own),
        "choices": choices if KINDS[kind].has_choices else [],
        "show_if": None,
    }


def _first_settings(kind: str, language: str) -> dict[str, Any]:
    """Return what a blank question of the kind cannot do without."""
    if not KINDS[kind].has_rows:
        return {}
    return {"rows": [{"key": f"row_{number}", "text": {language: f"Row {number}"}} for number in (1, 2)]}


def adopted(document: Document, question: Mapping[str, Any]) -> dict[str, Any]:
    """Return a question of elsewhere as one of this survey: its languages, a free key, no condition."""
    languages = document["languages"]

    def spoken(texts: Mapping[str, str]) -> dict[str, str]:
        known = {code: texts[code] for code in languages if code in texts}
        own = texts.get(document["language"]) or texts.get("en") or next(iter(texts.values()), "")
        return {**known, document["language"]: own}

    settings = {
        name: spoken(value) if name in KINDS[question["kind"]].text_settings else value
        for name, value in question.get("settings", {}).items()
    }
    blank = new_question(document, question["kind"])
    return {
        **blank,
        **deepcopy(dict(question)),
        "key": suggest_key(question["key"], taken_keys(document), fallback="question"),
        "text": spoken(question["text"]),
        "help": spoken(question["help"]) if question.get("help") else {},
        "settings": settings,
        "choices": [{**choice, "text": spoken(choice["text"])} for choice in question.get("choices", [])],
        "show_if": None,
    }


def taken_keys(document: Document) -> set[str]:
    """Return the keys of all questions."""
    return {question["key"] for question in document["questions"]}
