"""The path that customers meet: `/s/<slug>/` and `/r/<token>/`.

A GET or HEAD writes nothing; a POST makes one call of `record_response` and is answered with a redirect, with
the next page, or with the same page and what is still to do. There is no session, no cookie, no script and no
Redis here; who someone is, the link says.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import cast
from urllib.parse import urlencode

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils import timezone

from accounts.prepared import once_more
from surveys.actions.answering import (
    AlreadyAnswered,
    AnswersRefused,
    Recorded,
    Submission,
    VersionUnknown,
    record_response,
    seen_version,
)
from surveys.branching import ending_of
from surveys.definition import Definition
from surveys.kinds import Answer
from surveys.languages import choose_language
from surveys.links import receipt_for
from surveys.paging import Turn
from surveys.privacy import IDENTIFIED
from surveys.views.doors import accepted_languages, away_page, door_page, message_page
from surveys.views.incoming import (
    RESUME,
    SAVE,
    Form,
    RequestRefused,
    read_page,
    refuse_cross_site,
)
from surveys.views.opening import nothing_to_show, open_visit, resume_visit
from surveys.views.replies import see_other
from surveys.views.sent import Sent
from surveys.views.thanks import show_thanks, take_afterword
from surveys.views.traces import visitor_of
from surveys.views.venues import PLAIN, Venue, venue_of
from surveys.visits import (
    Link,
    LinkUnknown,
    NotTaken,
    NotYetOpen,
    OpenLink,
    PersonalLink,
)

logger = logging.getLogger(__name__)
METHODS = ("GET", "HEAD", "POST")


class NothingAnswered(Exception):
    """A page without an answer, which is not worth a row."""


Page = Callable[[HttpRequest, Link, datetime], HttpResponse]


class RespondentView:
    """A page behind a kind of link; whatever goes wrong becomes a page that says so.

    Exempt from the CSRF cookie, because there is no session to ride on: `refuse_cross_site` stands instead.
    Compressed in spite of BREACH: to have the same page made again one needs the link, which is the secret.
    """

    # What config.middleware goes by: these views need nothing that comes before them.
    is_for_respondents = True
    csrf_exempt = True

    def __init__(self, link_of: Callable[[str], Link], page: Page) -> None:
        self.link_of = link_of
        self.page = page
        self.compress = GZipMiddleware(lambda request: HttpResponse()).process_response

    def __call__(self, request: HttpRequest, name: str) -> HttpResponseBase:
        """Return the page, compressed; without a database, one that asks to try again."""
        try:
            response = self.respond(request, name)
        except (OperationalError, InterfaceError) as error:
            logger.error("the database does not answer: %s", error)
            response = away_page(request)
        return self.compress(request, response) if response.content else response

    def respond(self, request: HttpRequest, name: str) -> HttpResponse:
        """Return the page, or the one that says what is in its way."""
        try:
            if "\x00" in name:
                raise RequestRefused(400)
            if request.method not in METHODS:
                response = message_page(request, "broken", 405)
                response["Allow"] = ", ".join(METHODS)
                return response
            return self.page(request, self.link_of(name), timezone.now())
        except RequestRefused as refused:
            return message_page(request, refused.phrase, refused.status)
        except VersionUnknown:
            return message_page(request, "broken", 400)
        except LinkUnknown:
            return message_page(request, "unknown", 404)
        except NotTaken as door:
            return door_page(request, door, ())


def answer(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Show the survey behind a link, or take a page of its answers."""
    if request.method == "POST":
        refuse_cross_site(request)
        form = read_page(request, now=now)
        take = resume_visit if form.go == RESUME else _take
        return once_more(partial(take, request, link, form, now))
    return once_more(partial(open_visit, request, link, now))


def thanks(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Show the survey's thanks, or take what they ask for."""
    page = take_afterword if request.method == "POST" else show_thanks
    return once_more(partial(page, request, link, now))


def nowhere(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Say that a link leads nowhere: one that something was added to on its way."""
    raise LinkUnknown


answer_open = RespondentView(OpenLink, answer)
answer_personal = RespondentView(PersonalLink, answer)
thanks_open = RespondentView(OpenLink, thanks)
thanks_personal = RespondentView(PersonalLink, thanks)
answer_nowhere = RespondentView(OpenLink, nowhere)


def _take(request: HttpRequest, link: Link, form: Form, now: datetime) -> HttpResponse:
    sent = _sent(request, link, form, now)
    if isinstance(link, OpenLink):
        visitor = visitor_of(request, link.slug, now.date())
        submission = sent.submission(flags=form.flags(now), visitor=visitor)
    else:
        submission = sent.submission()
    try:
        if form.is_switch:
            return _in_another_language(sent, link, now)
        if form.go == SAVE:
            return _save(sent, submission, link, now)
        recorded = record_response(link, submission, sent.read, now=now)
    except AnswersRefused as refused:
        turn = cast(Turn, refused.checked)
        return sent.draw(turn, 200 if turn.is_only_unseen else 400, _venue(sent, link, now))
    except NotTaken as door:
        return door_page(request, door, (sent.language,))
    if recorded.checked.is_complete:
        return _to_thanks(sent, link, recorded, now)
    return sent.draw(recorded.checked, venue=_venue(sent, link, now))


def _venue(sent: Sent, link: Link, now: datetime) -> Venue:
    """Return where the next page is shown; asked of the database only where the form says it is special."""
    return venue_of(link.visit("", now), sent.action) if sent.form.is_placed else PLAIN


def _to_thanks(sent: Sent, link: Link, recorded: Recorded[Turn], now: datetime) -> HttpResponse:
    """Return the redirect to the last page, which learns from it what no link knows: what was answered."""
    query = {"lang": sent.language} if len(sent.definition.languages) > 1 else {}
    ending = ending_of(sent.definition, recorded.checked.answers)
    is_personal = isinstance(link, PersonalLink)
    if not (is_personal and sent.definition.privacy == IDENTIFIED):
        # Logs keep addresses: beside a token, that of a private survey must not say how someone answered.
        if ending and not is_personal:
            query["end"] = ending.key
        if (ending and (ending.ask or is_personal)) or sent.definition.piped:
            query["r"] = receipt_for(recorded.public_id, now)
    path = f"{sent.action}thanks/" + (f"?{urlencode(query)}" if query else "")
    # A script could not read where a redirect leads, were it to another site.
    return see_other(path, status=201 if sent.form.is_scripted else 302)


def _save(sent: Sent, submission: Submission, link: Link, now: datetime) -> HttpResponse:
    """Store what is answered so far as a partial response; it counts for nothing until the page is sent."""

    def read(definition: Definition, kept: Mapping[str, Answer]) -> Turn:
        turn = sent.as_typed(definition, kept)
        if not turn.answers:
            raise NothingAnswered
        return turn

    with suppress(NothingAnswered):
        record_response(link, submission, read, now=now)
    return nothing_to_show()


def _sent(request: HttpRequest, link: Link, form: Form, now: datetime) -> Sent:
    version_id = _current_version(link, form.key, now) if form.version_id is None else form.version_id
    definition = seen_version(version_id).definition
    if form.page is not None and form.page not in range(len(definition.pages)):
        raise RequestRefused(400)
    language = form.language
    if language not in definition.languages:
        language = choose_language(definition.languages, (language, *accepted_languages(request)))
    return Sent(form, version_id, definition, language, request.path, link)


def _current_version(link: Link, key: str, now: datetime) -> int:
    visit = link.visit(key, now)
    if visit.version_id is None:
        raise NotYetOpen(visit)
    return visit.version_id


def _in_another_language(sent: Sent, link: Link, now: datetime) -> HttpResponse:
    """Show the same page with what was typed so far, and store nothing."""
    visit = link.visit(sent.form.key, now)
    if visit.is_answered and not (sent.form.is_change and visit.may_change):
        raise AlreadyAnswered(visit)
    if seen_version(sent.version_id).survey_id != visit.survey_id:
        raise VersionUnknown
    visit.refuse_unless_open(now)
    turn = sent.as_typed(sent.definition, visit.saved.answers if visit.saved else {})
    return sent.draw(turn, venue=venue_of(visit, sent.action))
