"""Reads the questions of a native JSON document. Pure."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from surveys.definition import Choice, Question
from surveys.interchange.native_reader import NativeReader
from surveys.kinds import KINDS, SettingsRefused

CHOICE_KEY = re.compile(r"[a-z0-9][a-z0-9_]{0,59}")
MAX_QUESTIONS, MAX_CHOICES, MAX_CHOICE_TEXT, MAX_ROWS = 300, 500, 500, 100

QUESTION_NAMES = {"key", "kind", "text", "help", "page", "required", "settings", "choices", "show_if"}
CHOICE_NAMES = {"key", "text", "is_other", "is_exclusive"}
ROW_NAMES = {"key", "text"}


def read_questions(reader: NativeReader, value: object) -> Iterator[Question]:
    """Yield the questions in their order; each may refer to those before it only."""
    if not isinstance(value, list) or not value:
        reader.fault("questions", "must be a list of at least one question")
        return
    if len(value) > MAX_QUESTIONS:
        reader.fault("questions", f"must be at most {MAX_QUESTIONS}")
        return
    earlier: dict[str, Question] = {}
    page = 1
    for number, item in enumerate(value, start=1):
        question = _question(reader, f"question {number}", item, earlier)
        if question is None:
            continue
        if question.page < page:
            reader.fault(
                f"question {question.key}", f"is on page {question.page}, after a question on page {page}"
            )
        page = max(page, question.page)
        earlier[question.key] = question
        yield question


def _question(
    reader: NativeReader, place: str, item: object, earlier: Mapping[str, Question]
) -> Question | None:
    key = reader.key(place, item)
    if key is None:
        return None
    assert isinstance(item, Mapping)
    place = f"question {key}"
    reader.names(place, item, QUESTION_NAMES)
    if key in earlier:
        reader.fault(place, "has the same key as an earlier question")
    kind = item.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        reader.fault(place, f"there is no kind {str(kind)[:60]!r}")
        return None
    text = reader.text(f"{place} text", item.get("text"))
    if not text:
        reader.fault(place, "has no text")
    return Question(
        key=key,
        kind=kind,
        text=text,
        help=reader.text(f"{place} help", item.get("help")),
        page=reader.whole_number(place, "page", item.get("page", 1), 1, MAX_QUESTIONS),
        is_required=reader.flag(place, "required", item.get("required", False)) and KINDS[kind].asks,
        settings=_settings(reader, place, kind, item.get("settings") or {}),
        choices=tuple(_choices(reader, place, kind, item.get("choices") or [])),
        show_if=reader.show_if(place, item.get("show_if"), earlier),
    )


def _settings(reader: NativeReader, place: str, kind: str, value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        reader.fault(place, "settings must be a JSON object")
        return {}
    texts = {
        name: dict(reader.text(f"{place} {name}", value[name]).by_language)
        for name in KINDS[kind].text_settings
        if name in value
    }
    lists = {"rows": list(_rows(reader, place, value.get("rows")))} if KINDS[kind].has_rows else {}
    try:
        return KINDS[kind].complete_settings({**value, **texts, **lists})
    except SettingsRefused as refused:
        reader.fault(place, str(refused))
        return {}


def _rows(reader: NativeReader, place: str, value: object) -> Iterator[dict[str, Any]]:
    if not isinstance(value, list) or not value or len(value) > MAX_ROWS:
        reader.fault(place, f"rows must be a list of 1 to {MAX_ROWS}")
        return
    seen: set[str] = set()
    for number, item in enumerate(value, start=1):
        row = _choice(reader, f"{place} row {number}", item, ROW_NAMES)
        if row is None:
            continue
        if row.key in seen:
            reader.fault(f"{place} row {row.key}", "has the same key as an earlier row")
        seen.add(row.key)
        yield {"key": row.key, "text": dict(row.text.by_language)}


def _choices(reader: NativeReader, place: str, kind: str, value: object) -> Iterator[Choice]:
    if not isinstance(value, list) or len(value) > MAX_CHOICES:
        reader.fault(place, f"choices must be a list of at most {MAX_CHOICES}")
        return
    if KINDS[kind].has_choices and not value:
        reader.fault(place, "has no choices")
    if value and not KINDS[kind].has_choices:
        reader.fault(place, f"a question of kind {kind} has no choices")
    seen: set[str] = set()
    for number, item in enumerate(value, start=1):
        choice = _choice(reader, f"{place} choice {number}", item, CHOICE_NAMES)
        if choice is None:
            continue
        if choice.is_other and not KINDS[kind].has_open_choice:
            reader.fault(f"{place} choice {choice.key}", f"cannot be open in a question of kind {kind}")
        # An open answer is counted as "other", so that key belongs to the open choice.
        key = "other" if choice.is_other else choice.key
        if key in seen:
            reader.fault(f"{place} choice {choice.key}", f"repeats the key {key!r}")
        seen.add(key)
        yield choice


def _choice(reader: NativeReader, place: str, item: object, allowed: Collection[str]) -> Choice | None:
    if not isinstance(item, Mapping):
        reader.fault(place, "must be a JSON object")
        return None
    reader.names(place, item, allowed)
    key = item.get("key")
    if not isinstance(key, str) or not CHOICE_KEY.fullmatch(key):
        reader.fault(place, "key must be lower-case letters, digits and _")
        return None
    text = reader.text(f"{place} text", item.get("text"), MAX_CHOICE_TEXT)
    if not text:
        reader.fault(place, "has no text")
    is_other = reader.flag(place, "is_other", item.get("is_other", False))
    return Choice(key, text, is_other, reader.flag(place, "is_exclusive", item.get("is_exclusive", False)))
