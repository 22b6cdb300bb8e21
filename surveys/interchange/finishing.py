"""From a draft to a conversion: what our own rules refuse is taken out, with a sentence for each. Pure."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from surveys.definition import Definition
from surveys.interchange.conversion import UNTITLED, Conversion, Loss
from surveys.interchange.drafting import Draft
from surveys.interchange.native import DefinitionRefused, from_json
from surveys.readiness import faults_in

QUESTION_FAULT = re.compile(r"question (\w+)(?: (.*))?")
PAGE_FAULT = re.compile(r"page (\d+)(?: .*)?")
ENDING_FAULT = re.compile(r"ending (\w+)")
FAULTY_PLACEHOLDER = re.compile(r"\{\{([^{}]+)\}\}")
MAX_REPAIRS = 60


def finish(draft: Draft, found: int) -> Conversion:
    """Return what became of the survey, or raise DefinitionRefused when nothing of it can be used."""
    if not draft.questions:
        raise DefinitionRefused([("file", "holds no question that could be taken over"), *_faults(draft)])
    if not draft.texts.get("title"):
        draft.lose("survey", f"it has no title; it is called {UNTITLED!r} now.")
        draft.texts["title"] = {draft.language: UNTITLED}
    elif draft.language not in draft.texts["title"]:
        draft.texts["title"][draft.language] = next(iter(draft.texts["title"].values()))
    definition = _definition(draft)
    converted = {draft.source_of[question.key] for question in definition} - {""}
    whole = {place for source, place in draft.lost.items() if source not in converted}
    losses = (replace(loss, is_question=n in whole) for n, loss in enumerate(draft.losses))
    return Conversion(definition, found, len(converted), tuple(losses))


def _definition(draft: Draft) -> Definition:
    """Return the definition once all that its own rules, or publishing, would refuse is taken out."""
    for _ in range(MAX_REPAIRS):
        try:
            definition = from_json(_document(draft))
            faults = faults_in(definition)
        except DefinitionRefused as refused:
            faults = refused.faults
        if not faults:
            return definition
        if not _repair(draft, faults):
            break
    raise DefinitionRefused(faults)


def _document(draft: Draft) -> dict[str, Any]:
    numbers = {question["page"] for question in draft.questions}
    return {
        **draft.texts,
        "language": draft.language,
        "languages": draft.languages,
        "questions": draft.questions,
        "pages": [
            {"number": number, **meta} for number, meta in sorted(draft.pages.items()) if number in numbers
        ],
        "endings": draft.endings,
        "hidden": draft.hidden,
        "layout": draft.layout,
        "privacy": draft.privacy,
    }


def _faults(draft: Draft) -> list[tuple[str, str]]:
    return [(loss.place, loss.sentence) for loss in draft.losses]


def _repair(draft: Draft, faults: Sequence[tuple[str, str]]) -> bool:
    """Take out what the definition's own rules refuse, and return whether anything was."""
    by_key = {question["key"]: question for question in draft.questions}
    before = len(draft.losses)
    for place, fault in faults:
        match = QUESTION_FAULT.fullmatch(place)
        question = by_key.get(match[1]) if match else None
        if question is None:
            _repair_frame(draft, place, fault)
            continue
        called = draft.place_of[question["key"]]
        if _repair_text(draft, called, fault, question):
            continue
        if question["show_if"] and "never asked" in fault:
            question["show_if"] = None
            draft.lose(called, "its condition can never hold, so it was never asked; now it is: delete it.")
        elif "picks of" in fault:
            question["settings"].pop("min_picks", None)
            draft.lose(called, f"how many are to be picked at least was not taken over: it {fault}.")
        elif fault.startswith("show_if"):
            question["show_if"] = None
            draft.lose(called, f"its condition was not taken over, so it is always asked: {fault[9:]}.")
        elif question in draft.questions:
            draft.questions.remove(question)
            draft.lost.setdefault(draft.source_of[question["key"]], len(draft.losses))
            draft.losses.append(Loss(called, f"the question was not taken over: {fault}."))
    return len(draft.losses) > before and bool(draft.questions)


def _repair_text(draft: Draft, place: str, fault: str, holder: Any) -> bool:
    """Put … where a text holds a placeholder that nothing fills, and return whether it does."""
    match = FAULTY_PLACEHOLDER.search(fault)
    if match is None:
        return False
    placeholder = re.compile(r"\{\{ *" + re.escape(match[1]) + r" *(\|[^{}|]*)?\}\}")

    def without(value: Any) -> Any:
        if isinstance(value, str):
            return placeholder.sub("…", value)
        if isinstance(value, dict):
            return {name: without(inner) for name, inner in value.items()}
        return [without(inner) for inner in value] if isinstance(value, list) else value

    changed = {name: without(holder[name]) for name in holder if name not in ("key", "show_if")}
    is_changed = any(holder[name] != value for name, value in changed.items())
    holder.update(changed)
    if is_changed:
        draft.lose(place, f"a quotation was taken out of a text, where … stands now: it {fault}.")
    return is_changed


def _repair_frame(draft: Draft, place: str, fault: str) -> None:
    if place in draft.texts and _repair_text(draft, place, fault, draft.texts):
        return
    page = PAGE_FAULT.fullmatch(place)
    meta = draft.pages.get(int(page[1])) if page else None
    if meta and _repair_text(draft, place, fault, meta):
        return
    ending = ENDING_FAULT.match(place)
    own = next((one for one in draft.endings if ending and one["key"] == ending[1]), None)
    if own and _repair_text(draft, place, fault, own):
        return
    if meta and meta.pop("show_if", None):
        draft.lose(place, f"its condition was not taken over, so it is always shown: {fault}.")
    elif meta:
        draft.pages.pop(int(page[1])) if page else None
        draft.lose(place, f"its title was not taken over: {fault}.")
    elif own:
        draft.endings.remove(own)
        draft.lose(place, f"it was not taken over: {fault}.")
