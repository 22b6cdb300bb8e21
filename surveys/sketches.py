"""A draft as far as it can be read: what previews show and lists name while it still has faults. Pure."""

from collections.abc import Mapping
from copy import deepcopy
from itertools import takewhile
from typing import Any

from surveys.definition import Choice, Definition, Question, Text
from surveys.drafting import Document
from surveys.interchange.native import DefinitionRefused, from_json
from surveys.kinds import KINDS, SettingsRefused


def previewable(document: Document) -> Definition | None:
    """Return the draft as far as it can be shown: faulty questions and conditions left out, None if no more.

    A question without a text shows as "…", so that one sees where it will stand.
    """
    document = deepcopy(document)
    for question in document["questions"]:
        if not any(question["text"].values()):
            question["text"] = {document["language"]: "…"}
    for _ in range(len(document["questions"]) + 2):
        try:
            return from_json(document)
        except DefinitionRefused as refused:
            if not _without_faults(document, refused.faults):
                return None
    return None


def sketched(document: Document) -> dict[str, Question]:
    """Return the questions by key as conditions and lists see them, also those that are at fault."""
    own = document["language"]
    return {
        one["key"]: Question(
            key=one["key"],
            kind=one["kind"],
            text=Text(one["text"], own),
            help=Text({}, own),
            page=one["page"],
            settings=_settings(one["kind"], one["settings"]),
            choices=tuple(
                Choice(choice["key"], Text(choice["text"], own), choice["is_other"], choice["is_exclusive"])
                for choice in one["choices"]
            ),
        )
        for one in document["questions"]
    }


def _settings(kind: str, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return KINDS[kind].complete_settings(settings)
    except SettingsRefused:
        return KINDS[kind].complete_settings({})


def earlier_than(questions: Mapping[str, Question], key: str) -> dict[str, Question]:
    """Return the questions before one."""
    return {other: questions[other] for other in takewhile(lambda other: other != key, questions)}


def earlier_than_page(questions: Mapping[str, Question], number: int) -> dict[str, Question]:
    """Return the questions on the pages before one."""
    return {key: question for key, question in questions.items() if question.page < number}


def _without_faults(document: Document, faults: list[tuple[str, str]]) -> bool:
    """Take what is at fault out of the document; return whether anything was taken."""
    faulty = {
        place.split()[1] for place, _ in faults if place.startswith("question ") and len(place.split()) > 1
    }
    conditions = {
        place.split()[1] for place, fault in faults if "show_if" in fault and place.startswith("question ")
    }
    taken = False
    kept = []
    for question in document["questions"]:
        if question["key"] in conditions and question.get("show_if"):
            question["show_if"] = None
            taken = True
        elif question["key"] in faulty:
            taken = True
            continue
        kept.append(question)
    document["questions"] = kept
    if not taken:
        for name in ("pages", "endings", "theme", "hidden"):
            taken = bool(document.pop(name, None)) or taken
    return taken and bool(kept)
