"""The path that customers meet: `/s/<slug>/` and `/r/<token>/`.

A GET or HEAD writes nothing; a POST makes one call of `record_response` and is answered with a redirect, with
the next page, or with the same page and what is still to do. There is no session, no cookie, no script and no
Redis here; who someone is, the link says.
"""

import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import wraps
from typing import cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page

from surveys.actions.answering import (
    AlreadyAnswered,
    AnswersRefused,
    VersionUnknown,
    record_response,
    seen_version,
)
from surveys.definition import Definition
from surveys.kinds import KINDS, Answer, AnswerRefused
from surveys.languages import choose_language
from surveys.paging import Turn, resumed_page
from surveys.versions import published_definition
from surveys.views.doors import accepted_languages, away_page, door_page, language_of, message_page
from surveys.views.incoming import Fields, RequestRefused, read_page, read_query, refuse_cross_site
from surveys.views.pages import HEADERS, FormPage, html_response, render_form, render_message
from surveys.views.sent import Sent
from surveys.visits import (
    Link,
    LinkUnknown,
    NotTaken,
    NotYetOpen,
    OpenLink,
    PersonalLink,
)

logger = logging.getLogger(__name__)

Page = Callable[[HttpRequest, Link, datetime], HttpResponse]


def for_respondents(link_of: Callable[[str], Link]) -> Callable[[Page], Callable[..., HttpResponseBase]]:
    """Make a view of a page behind a kind of link; whatever goes wrong becomes a page that says so.

    Exempt from the CSRF cookie, because there is no session to ride on: `refuse_cross_site` stands instead.
    Compressed in spite of BREACH: to make the same page again one needs the link, and that is the secret.
    """

    def decorate(page: Page) -> Callable[..., HttpResponseBase]:
        @csrf_exempt
        @gzip_page
        @wraps(page)
        def view(request: HttpRequest, name: str) -> HttpResponse:
            try:
                return page(request, link_of(name), timezone.now())
            except RequestRefused as refused:
                return message_page(request, refused.phrase, refused.status)
            except VersionUnknown:
                return message_page(request, "broken", 400)
            except LinkUnknown:
                return message_page(request, "unknown", 404)
            except NotTaken as door:
                return door_page(request, door, ())
            except (OperationalError, InterfaceError):
                logger.exception("the database is away")
                return away_page(request)

        return view

    return decorate


def answer(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Show the survey behind a link, or take a page of its answers."""
    if request.method == "POST":
        return _take(request, link, now)
    if request.method in ("GET", "HEAD"):
        return _show(request, link, now)
    response = message_page(request, "broken", 405)
    response["Allow"] = "GET, HEAD, POST"
    return response


def thanks(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Show the survey's thanks; who has not answered a personal link is sent back to it."""
    language = read_query(request).get("lang", ())
    visit = link.visit("", now)
    if isinstance(link, PersonalLink) and not visit.is_answered:
        return _redirect(request.path.removesuffix("thanks/"))
    if visit.version_id is None:
        return door_page(request, NotYetOpen(visit), language)
    definition = published_definition(visit.version_id)
    chosen = language_of(request, definition, visit, language)
    text = definition.thank_you.into(chosen)
    title = definition.title.into(chosen)
    return html_response(render_message(chosen, "thanks", title=title, text=text, is_done=True))


answer_open = for_respondents(OpenLink)(answer)
answer_personal = for_respondents(PersonalLink)(answer)
thanks_open = for_respondents(OpenLink)(thanks)
thanks_personal = for_respondents(PersonalLink)(thanks)


def _show(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
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
    kept = visit.saved.answers if visit.saved else {}
    chosen = _chosen_by_link(definition, query)
    page = FormPage(
        definition=definition,
        page=_first_page(definition, kept, chosen),
        language=language_of(request, definition, visit, wanted),
        answers={**kept, **chosen},
        action=request.path,
        key=secrets.token_urlsafe(16),
        version_id=visit.version_id,
        started=int(now.timestamp()),
        is_resumed=bool(kept),
    )
    return html_response(render_form(page))


def _take(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    refuse_cross_site(request)
    sent = _sent(request, link, now)
    try:
        if sent.form.is_switch:
            return _in_another_language(sent, link, now)
        turn = record_response(link, sent.submission(), sent.read, now=now).checked
    except AnswersRefused as refused:
        turn = cast(Turn, refused.checked)
        return sent.draw(turn, 200 if turn.is_only_unseen else 400)
    except NotTaken as door:
        return door_page(request, door, (sent.language,))
    if not turn.is_complete:
        return sent.draw(turn)
    return _redirect(f"{request.path}thanks/", sent.language if len(sent.definition.languages) > 1 else "")


def _sent(request: HttpRequest, link: Link, now: datetime) -> Sent:
    form = read_page(request, new_key=secrets.token_urlsafe(16), now=now)
    version_id = _current_version(link, form.key, now) if form.version_id is None else form.version_id
    definition = seen_version(version_id).definition
    if form.page is not None and form.page not in range(len(definition.pages)):
        raise RequestRefused(400)
    language = choose_language(definition.languages, (form.language, *accepted_languages(request)))
    return Sent(form, version_id, definition, language, request.path)


def _current_version(link: Link, key: str, now: datetime) -> int:
    visit = link.visit(key, now)
    if visit.version_id is None:
        raise NotYetOpen(visit)
    return visit.version_id


def _in_another_language(sent: Sent, link: Link, now: datetime) -> HttpResponse:
    """Show the same page with what was typed so far, and store nothing."""
    visit = link.visit(sent.form.key, now)
    if visit.is_answered:
        raise AlreadyAnswered(visit)
    if seen_version(sent.version_id).survey_id != visit.survey_id:
        raise VersionUnknown
    visit.refuse_unless_open(now)
    return sent.draw(sent.as_typed(visit.saved.answers if visit.saved else {}))


def _redirect(path: str, language: str = "") -> HttpResponse:
    location = f"{path}?lang={language}" if language else path
    return HttpResponse(status=302, headers={**HEADERS, "Location": location})


def _chosen_by_link(definition: Definition, query: Fields) -> dict[str, Answer]:
    """Return the allowed answers that a link carries: shown as chosen, counted only when they are sent."""
    chosen = {}
    for question in definition:
        if question.key in query:
            with suppress(AnswerRefused):
                chosen[question.key] = KINDS[question.kind].read(question, query)
    return {key: answer for key, answer in chosen.items() if answer is not None}


def _first_page(definition: Definition, kept: Mapping[str, Answer], chosen: Mapping[str, Answer]) -> int:
    pages = [
        number
        for number, questions in enumerate(definition.pages)
        if any(question.key in chosen for question in questions)
    ]
    return min([resumed_page(definition, kept), *pages])
