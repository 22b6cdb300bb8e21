"""Surveys from django-survey-and-report: what its `dumpdata` wrote. Pure."""

from typing import Any

from surveys.interchange.asked import Option
from surveys.interchange.conversion import Conversion
from surveys.interchange.documents import listed, mapping, number, read_json, refused, words
from surveys.interchange.drafting import Draft
from surveys.interchange.finishing import finish

KINDS = {
    "text": "long_text",
    "short-text": "short_text",
    "radio": "single_choice",
    "select": "dropdown",
    "select-multiple": "multiple_choice",
    "select_image": "single_choice",
    "integer": "number",
    "float": "number",
    "date": "date",
}
WITH_CHOICES = {"radio", "select", "select-multiple", "select_image"}


def read_django_survey(content: bytes) -> Conversion:
    """Return what became of the surveys in a dump; several become pages of one."""
    rows = [mapping(row) for row in listed(read_json(content))]

    def named(model: str) -> list[tuple[str, dict[str, Any]]]:
        return [
            (words(row.get("pk")), mapping(row.get("fields"))) for row in rows if row.get("model") == model
        ]

    surveys, questions = named("survey.survey"), named("survey.question")
    if not questions:
        raise refused("is JSON, but no dump of surveys and questions")
    categories = dict(named("survey.category"))
    draft = Draft(["en"])
    asked = [pk for pk, _ in surveys if any(words(one.get("survey")) == pk for _, one in questions)]
    titles = {pk: words(fields.get("name")) for pk, fields in surveys}
    draft.say("title", titles.get(asked[0], "") if asked else "")
    if len(asked) == 1:
        draft.say("intro", words(dict(surveys)[asked[0]].get("description")))
    else:
        draft.lose("file", f"it holds {len(asked)} surveys with questions; they became pages of one survey.")
    for pk in asked or [""]:
        draft.turn_page(titles.get(pk, ""))
        own = [one for one in questions if words(one[1].get("survey")) == pk or not asked]
        for question_pk, fields in sorted(own, key=lambda one: number(one[1].get("order")) or 0):
            category = words(mapping(categories.get(words(fields.get("category")))).get("name"))
            _ask(draft, question_pk, fields, category)
    for pk, fields in surveys:
        if words(fields.get("redirect_url")):
            draft.lose(titles[pk] or "survey", "the address it goes on to was not taken over: add an ending.")
    strays = [one for one in questions if asked and words(one[1].get("survey")) not in asked]
    for question_pk, fields in strays:
        draft.lose_question(question_pk, "", words(fields.get("text")), "its survey is not in the file")
    return finish(draft, len(questions))


def _ask(draft: Draft, pk: str, fields: dict[str, Any], category: str) -> None:
    kind, text = words(fields.get("type")), words(fields.get("text"))
    if kind not in KINDS:
        draft.lose_question(pk, "", text, f"django-survey's type {kind[:40]!r} is not known here")
        return
    parts = [part.strip() for part in words(fields.get("choices")).split(",")] if kind in WITH_CHOICES else []
    settings = draft.number_settings(is_whole=kind == "integer") if KINDS[kind] == "number" else {}
    draft.ask(
        pk,
        KINDS[kind],
        text,
        help=category,
        is_required=fields.get("required") is True,
        options=[Option(part, part) for part in parts if part],
        settings=settings,
    )
