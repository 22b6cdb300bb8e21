"""Surveys from HeyForm: the JSON of a form or of its fields. Pure."""

from collections.abc import Mapping
from typing import Any

from surveys.interchange.asked import Asked, Option
from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import listed, mapping, number, read_json, refused, words
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish

PLAIN = {
    "short_text": "short_text",
    "text": "short_text",
    "long_text": "long_text",
    "paragraph": "long_text",
    "email": "email",
    "number": "number",
    "date": "date",
    "yes_no": "yes_no",
    "statement": "statement",
    "legal_terms": "consent",
    "full_name": "short_text",
    "address": "short_text",
    "country": "short_text",
    "code_block": "long_text",
}
PATTERNS = {"phone_number": "phone", "url": "url", "website": "url"}
FILES = {"file_upload", "signature"}
PICKS = {"multiple_choice", "picture_choice", "dropdown"}
AROUND = {"welcome": "intro", "thank_you": "thank_you"}


def read_heyform(content: bytes) -> Conversion:
    """Return what became of a form of HeyForm's, or of a list of its fields."""
    document = read_json(content)
    form = mapping(document)
    fields = [mapping(one) for one in (listed(document) if not form else listed(form.get("fields")))]
    if not any(words(field.get("kind")) for field in fields):
        raise refused("is JSON, but no form of HeyForm's")
    draft = Draft(["en"])
    draft.layout = "question"
    draft.say("title", words(form.get("name")))
    found = 0
    for field in fields:
        kind = words(field.get("kind"))
        if kind in AROUND:
            draft.say(AROUND[kind], words(field.get("title")))
        elif kind == "group":
            draft.turn_page(words(field.get("title")))
            for inner in map(mapping, listed(mapping(field.get("properties")).get("fields"))):
                found += 1
                _ask(draft, inner, str(found))
            draft.turn_page()
        elif kind:
            found += 1
            _ask(draft, field, str(found))
    if listed(form.get("logics")):
        draft.lose("form", "its logic was not taken over: all questions are asked.")
    if listed(form.get("variables")):
        draft.lose("form", "its variables were not taken over.")
    return finish(draft, found)


def _ask(draft: Draft, field: Mapping[str, Any], source: str) -> None:
    kind, title = words(field.get("kind")), words(field.get("title"))
    properties, validations = mapping(field.get("properties")), mapping(field.get("validations"))
    place = draft.place("", title)

    def put(ours: str, text: str = title, **details: Any) -> Asked | None:
        is_required = validations.get("required") is True and ours != "statement"
        help_text = words(field.get("description"))
        return draft.ask(source, ours, text, help=help_text, is_required=is_required, **details)

    choices = [mapping(one) for one in listed(properties.get("choices"))]
    options = [Option(words(one.get("label")), words(one.get("label"))) for one in choices]
    if any(one.get("image") for one in choices):
        draft.lose(place, "the pictures of its choices were left out; texts here are plain.")
    if kind in PICKS:
        if properties.get("allowOther") is True:
            options.append(Option("other", "Other", is_other=True))
        one = "dropdown" if kind == "dropdown" else "single_choice"
        put("multiple_choice" if properties.get("allowMultiple") is True else one, options=options)
    elif kind in ("rating", "opinion_scale"):
        total = int(number(properties.get("total")) or (5 if kind == "rating" else 10))
        ours, settings = draft.scale_settings(1 if kind == "rating" else 0, total, title)
        put(ours, settings=settings)
    elif kind in PATTERNS:
        put("short_text", settings={"pattern": PATTERNS[kind], "max_length": 500})
    elif kind in FILES:
        draft.take_words_for_file(put("short_text"))
    elif kind == "input_table":
        draft.lose(place, "it was filled in row by row; now each of its columns is asked once.")
        for column in map(mapping, listed(properties.get("tableColumns"))):
            name = words(column.get("title")) or words(column.get("label"))
            put("short_text", f"{title} – {name}")
        if not listed(properties.get("tableColumns")):
            draft.lose_question(source, "", title, "its table has no columns")
    elif kind in PLAIN:
        put(PLAIN[kind])
        if kind in ("full_name", "address"):
            draft.lose(place, "its several fields became one.")
    else:
        draft.lose_question(source, "", title, f"HeyForm's type {kind[:40]!r} is not known here")
