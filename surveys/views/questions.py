"""How one question is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.template.loader import get_template

from surveys.definition import Question
from surveys.kinds import KINDS, AnswerRefused, Sheet
from surveys.paging import UNSEEN
from surveys.versions import published_definition
from surveys.views.days import write_day
from surveys.wording import wording


@dataclass(frozen=True, slots=True)
class Place:
    """How a question stands among others: marked as optional, or not."""

    is_optional: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One question as its template draws it."""

    key: str
    text: str
    text_language: str
    help: str
    help_language: str
    hint: str
    template: str
    role: str
    is_required: bool
    error: str
    note: str
    described_by: str
    controls: Mapping[str, Any]


def draw_question(
    question: Question, place: Place, sheet: Sheet, refused: AnswerRefused | None, *, version_id: int
) -> str:
    """Return the HTML of a question. Where nothing is filled in, that is drawn once a process and version."""
    is_untouched = sheet.fields.keys().isdisjoint(KINDS[question.kind].names(question))
    is_plain = refused is None and not question.settings.get("random_order")
    if version_id and is_untouched and is_plain and _is_published(version_id, question):
        return _untouched(version_id, question.key, place, sheet.language)
    return _draw(question, place, sheet, refused)


def _is_published(version_id: int, question: Question) -> bool:
    """Whether the question is the version's own, and not one filled for a visit."""
    return published_definition(version_id).question_by_key[question.key] is question


def refusal(refused: AnswerRefused, sheet: Sheet) -> str:
    """Return the sentence that says what is wrong with an answer."""
    params = {
        name: write_day(value, sheet.words.language) if isinstance(value, date) else value
        for name, value in refused.params.items()
    }
    return sheet.words.say(f"error.{refused.code}", **params)


@lru_cache(maxsize=1024)
def _untouched(version_id: int, key: str, place: Place, language: str) -> str:
    definition = published_definition(version_id)
    sheet = Sheet({}, language, definition.language, wording(language))
    return _draw(definition.question_by_key[key], place, sheet, None)


def _draw(question: Question, place: Place, sheet: Sheet, refused: AnswerRefused | None) -> str:
    kind = KINDS[question.kind]
    controls = kind.controls(question, sheet)
    sentence = refusal(refused, sheet) if refused else ""
    is_note = refused is not None and refused.code == UNSEEN
    said = {
        "help": question.help.into(sheet.language),
        "hint": controls.get("hint", ""),
        "error": sentence,
    }
    asked = Asked(
        key=question.key,
        text=question.text.into(sheet.language),
        text_language=question.text.stand_in(sheet.language),
        help=said["help"],
        help_language=question.help.stand_in(sheet.language),
        hint=said["hint"],
        template=kind.template,
        role=kind.role,
        is_required=question.is_required,
        error="" if is_note else sentence,
        note=sentence if is_note else "",
        described_by=" ".join(f"{question.key}-{part}" for part, words in said.items() if words),
        controls=controls,
    )
    return get_template("surveys/_question.html").render(
        {"question": asked, "place": place, "words": sheet.words}
    )
