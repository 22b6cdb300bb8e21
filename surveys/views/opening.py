"""How a visit begins, and how it goes on with what was answered before. Nothing is stored by either."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from surveys.actions.answering import AlreadyAnswered
from surveys.definition import Definition
from surveys.kinds import KINDS, Answer, AnswerRefused
from surveys.paging import resumed_page
from surveys.versions import published_definition
from surveys.views.doors import door_page, language_of
from surveys.views.incoming import Fields, Form, new_submission_key, read_query
from surveys.views.pages import PRIVATE, FormPage, html_response, render_form
from surveys.visits import Link, NotTaken, Visit


def open_visit(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Return the first page to answer, with what a link carries shown as chosen, or the door in its way."""
    query = read_query(request)
    visit = link.visit("", now)
    wanted = query.get("lang", ())
    if visit.is_answered:
        return door_page(request, AlreadyAnswered(visit), wanted, status=200)
    try:
        visit.refuse_unless_open(now)
    except NotTaken as door:
        return door_page(request, door, wanted)
    assert visit.version_id is not None
    definition = published_definition(visit.version_id)
    page = _first_page(
        visit,
        _chosen_by_link(definition, query),
        language=language_of(request, definition, visit, wanted),
        key=new_submission_key(),
        action=request.path,
        now=now,
    )
    return html_response(render_form(page))


def resume_visit(request: HttpRequest, link: Link, form: Form, now: datetime) -> HttpResponse:
    """Return the page on which a visit of this device goes on, 204 where there is none."""
    visit = link.visit(form.key, now)
    if visit.saved is None or visit.is_answered:
        return nothing_to_show()
    visit.refuse_unless_open(now)
    definition = published_definition(visit.saved.version_id)
    page = _first_page(
        visit,
        {},
        language=language_of(request, definition, visit, filter(None, [form.language])),
        key=form.key,
        action=request.path,
        now=now,
    )
    return html_response(render_form(page))


def nothing_to_show() -> HttpResponse:
    """Return the answer to a script that needs no page."""
    return HttpResponse(status=204, headers=PRIVATE)


def _first_page(
    visit: Visit, chosen: Mapping[str, Answer], *, language: str, key: str, action: str, now: datetime
) -> FormPage:
    assert visit.version_id is not None
    definition = published_definition(visit.version_id)
    kept = visit.saved.answers if visit.saved else {}
    with_chosen = [
        number
        for number, questions in enumerate(definition.pages)
        if any(question.key in chosen for question in questions)
    ]
    return FormPage(
        definition=definition,
        page=min([resumed_page(definition, kept), *with_chosen]),
        language=language,
        answers={**kept, **chosen},
        action=action,
        key=key,
        version_id=visit.version_id,
        started=int(now.timestamp()),
        is_resumed=bool(kept),
    )


def _chosen_by_link(definition: Definition, query: Fields) -> dict[str, Answer]:
    """Return the allowed answers that a link carries: shown as chosen, counted only when they are sent."""
    chosen = {}
    for question in definition:
        if question.key in query:
            with suppress(AnswerRefused):
                chosen[question.key] = KINDS[question.kind].read(question, query)
    return {key: answer for key, answer in chosen.items() if answer is not None}
