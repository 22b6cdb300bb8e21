"""What the page of the builder shows of a draft: the outline, the faults, and the one part that is open."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from surveys.actions.editing import last_step, readiness
from surveys.admin.builder.conditions import drawn
from surveys.admin.builder.forms import DraftForm, EndingForm, PageForm, own_text
from surveys.admin.builder.places import Place, place_of_fault, told
from surveys.admin.builder.question_form import QuestionEditForm
from surveys.admin.builder.survey_forms import FrameForm, ThemeForm
from surveys.changes import changes_between
from surveys.condition_rows import Group, in_words
from surveys.definition import Definition, Question
from surveys.drafting import Document, fingerprint, page_meta, pages_in, part_of, question_in
from surveys.kinds import KINDS
from surveys.library import question_shelves
from surveys.models import Survey
from surveys.readiness import remarks_on
from surveys.sketches import earlier_than, earlier_than_page, sketched
from surveys.versions import published_definition

Context = dict[str, Any]


def opened(place: Place | None, document: Document) -> Place:
    """Return the place, or another one where it is gone: the first question, or the kinds of a first one."""
    keys = [question["key"] for question in document["questions"]]
    if place is None:
        return Place("question", keys[0]) if keys else Place("add")
    is_gone = (place.panel == "question" and place.name not in keys) or (
        place.panel == "page" and place.name not in {str(n) for n in range(1, len(pages_in(document)) + 1)}
    )
    return opened(None, document) if is_gone else place


def screen(survey: Survey, document: Document, place: Place, *, now: datetime, may_edit: bool) -> Context:
    """Return the whole page's context."""
    questions = sketched(document)
    definition, found = readiness(survey, document)
    faults = [told(fault, questions) for fault in found]
    is_checks = place.panel == "checks"
    remarks = remarks_on(definition) if definition and is_checks else []
    step = last_step(survey, document) if may_edit else None
    return {
        "survey": survey,
        "document": document,
        "place": place,
        "may_edit": may_edit,
        "status": survey.status(now),
        "versions": survey.versions.defer("definition"),
        "new_page_number": len(pages_in(document)) + 1,
        "changes": _changes(survey, definition) if is_checks else None,
        "remarks": [told(remark, questions) for remark in remarks],
        "title_own": own_text(document["title"], document["language"]),
        "faults": faults,
        "undoable": step,
        "pages": _outline(document, place, questions, {place_of_fault(where) for where, _ in found}),
        "question_count": len(questions),
        "endings": document["endings"],
        "languages": document["languages"],
        "seen": fingerprint(part_of(document, place.part)),
        **panel(document, place, questions),
    }


def panel(document: Document, place: Place, questions: Mapping[str, Question]) -> Context:
    """Return what the middle shows of the part that is open."""
    own = document["language"]
    if place.panel == "question":
        question = question_in(document, place.name)
        return {
            "question": question,
            "number": list(questions).index(place.name) + 1,
            "form": QuestionEditForm(question, own),
            "condition": drawn(question["show_if"], earlier_than(questions, place.name)),
        }
    if place.panel == "page":
        meta = page_meta(document, int(place.name))
        return {
            "page": meta,
            "form": PageForm(meta, own),
            "condition": drawn(meta["show_if"], earlier_than_page(questions, int(place.name))),
        }
    if place.panel == "endings":
        return {"ending_panels": [ending_panel(ending, own, questions) for ending in document["endings"]]}
    if place.panel == "survey":
        return {"form": FrameForm(document), "theme_form": ThemeForm(document["theme"])}
    if place.panel == "add":
        return {"kinds": list(KINDS.values()), "shelves": question_shelves(), "new_page": place.new_page}
    return {}


def with_sent(context: Context, group: Group | None, ending: str, form: DraftForm | None = None) -> Context:
    """Return what of the open part shows as it was sent: a refused form, unfinished conditions."""
    document, place = context["document"], context["place"]
    questions = sketched(document)
    if place.panel == "endings":
        panels = context["ending_panels"]
        at = next((n for n, one in enumerate(panels) if one["ending"]["key"] == ending), None)
        if at is not None:
            sent = panels[at]
            condition = drawn(sent["ending"]["show_if"], questions, group) if group else sent["condition"]
            panels[at] = {**sent, "form": form or sent["form"], "condition": condition}
        return {"ending_panels": panels}
    if place.panel == "survey" and form is not None:
        return {"theme_form" if isinstance(form, ThemeForm) else "form": form}
    sent = {"form": form} if form is not None else {}
    if group is not None and place.panel == "question":
        show_if = context["question"]["show_if"]
        sent["condition"] = drawn(show_if, earlier_than(questions, place.name), group)
    elif group is not None and place.panel == "page":
        earlier = earlier_than_page(questions, int(place.name))
        sent["condition"] = drawn(context["page"]["show_if"], earlier, group)
    return sent


def ending_panel(ending: dict[str, Any], own: str, questions: Mapping[str, Question]) -> Context:
    """Return the form of one ending and its condition."""
    condition = drawn(ending["show_if"], questions)
    return {"ending": ending, "form": EndingForm(ending, own), "condition": condition}


def _outline(
    document: Document, place: Place, questions: Mapping[str, Question], faulty: set[Place]
) -> list[Context]:
    number = 0
    pages = []
    for page_number, page in enumerate(pages_in(document), start=1):
        meta = page_meta(document, page_number)
        rows = []
        for question in page:
            number += 1
            here = Place("question", question["key"])
            rows.append(
                {
                    "key": question["key"],
                    "number": number,
                    "text": own_text(question["text"], document["language"]),
                    "kind": KINDS[question["kind"]],
                    "required": question["required"],
                    "condition": in_words(question["show_if"], questions),
                    "at": here,
                    "is_open": place == here,
                    "is_faulty": here in faulty,
                }
            )
        here = Place("page", str(page_number))
        pages.append(
            {
                "number": page_number,
                "title": own_text(meta["title"], document["language"]),
                "condition": in_words(meta["show_if"], questions),
                "at": here,
                "is_open": place == here,
                "is_faulty": here in faulty,
                "questions": rows,
            }
        )
    return pages


def _changes(survey: Survey, definition: Definition | None) -> list[str] | None:
    """Return what publishing would change, None for the first version or while there are faults."""
    if definition is None or survey.live_version_id is None:
        return None
    return changes_between(published_definition(survey.live_version_id), definition)
