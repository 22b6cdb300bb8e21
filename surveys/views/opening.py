"""How a visit begins, and how it goes on with what was answered before. Nothing is stored by either."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from surveys.actions.answering import AlreadyAnswered
from surveys.actions.statements import LEAST_ASKED
from surveys.definition import Definition
from surveys.hidden import IN_FORM, read_hidden
from surveys.kinds import KINDS, Answer, AnswerRefused
from surveys.languages import base_language
from surveys.paging import resumed_page
from surveys.privacy import CONFIDENTIAL, IDENTIFIED
from surveys.versions import published_definition
from surveys.views.doors import CHANGE, door_page, language_of
from surveys.views.incoming import Fields, Form, new_submission_key, read_query
from surveys.views.looks import look_of
from surveys.views.pages import FormPage, language_name, render_form
from surveys.views.replies import PRIVATE, html_response
from surveys.views.venues import venue_of
from surveys.visits import Link, NotTaken, OpenLink, Visit, person_of, seed_of
from surveys.wording import wording


def open_visit(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Return the first page to answer, with what a link carries shown as chosen, or the door in its way."""
    query = read_query(request)
    visit = link.visit("", now)
    wanted = query.get("lang", ())
    is_change = CHANGE in query and visit.may_change
    if visit.is_answered and not is_change:
        return door_page(request, AlreadyAnswered(visit), wanted, status=200)
    try:
        visit.refuse_unless_open(now)
    except NotTaken as door:
        return door_page(request, door, wanted)
    assert visit.version_id is not None
    definition = published_definition(visit.version_id)
    language = language_of(request, definition, visit, wanted)
    page = _first_page(
        visit,
        _chosen_by_link(definition, query),
        language=language,
        key=new_submission_key(),
        action=request.path,
        now=now,
    )
    page = replace(
        page,
        hidden=_hidden(visit, definition, read_hidden(definition, query)),
        person=person_of(link, definition),
        seed=seed_of(link, page.key),
        is_change=is_change,
        is_resumed=page.is_resumed and not is_change,
        notes=_fallback_note(definition, language, wanted),
        stored=_stored(definition, link, language),
    )
    return html_response(render_form(page), venue=page.venue, look=look_of(definition.theme))


def _fallback_note(definition: Definition, language: str, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the sentence about a language that a link asks for and the survey does not have."""
    offered = {base_language(code) for code in definition.languages}
    if not wanted or base_language(wanted[0]) in offered:
        return ()
    return (wording(language).say("other_language", language=language_name(language)),)


def _stored(definition: Definition, link: Link, language: str) -> str:
    """Return what the respondent is told of what is kept."""
    kept = definition.privacy
    if kept == IDENTIFIED and isinstance(link, OpenLink):
        kept = "open"
    return wording(language).say(
        f"stored_{kept}", **({"people": LEAST_ASKED} if kept == CONFIDENTIAL else {})
    )


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
    page = replace(
        page,
        hidden=_hidden(visit, definition, read_hidden(definition, form.fields, prefix=IN_FORM)),
        person=person_of(link, definition),
        seed=seed_of(link, page.key),
    )
    return html_response(render_form(page), venue=page.venue, look=look_of(definition.theme))


def _hidden(visit: Visit, definition: Definition, said: Mapping[str, str]) -> dict[str, str]:
    """Return what the link says beside the answers, on top of what it said when they were begun."""
    kept = visit.saved.hidden if visit.saved else {}
    return {name: value for name, value in {**kept, **said}.items() if name in definition.hidden}


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
        page=min([0 if visit.is_answered else resumed_page(definition, kept), *with_chosen]),
        language=language,
        answers={**kept, **chosen},
        action=action,
        key=key,
        version_id=visit.version_id,
        started=int(now.timestamp()),
        is_resumed=bool(kept),
        is_limited=visit.limits.is_limited,
        venue=venue_of(visit, action),
    )


def _chosen_by_link(definition: Definition, query: Fields) -> dict[str, Answer]:
    """Return the allowed answers that a link carries: shown as chosen, counted only when they are sent."""
    chosen = {}
    for question in definition:
        if question.key in query:
            with suppress(AnswerRefused):
                chosen[question.key] = KINDS[question.kind].read(question, query)
    return {key: answer for key, answer in chosen.items() if answer is not None}
