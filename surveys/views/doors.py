"""Pages of closed doors and refusals, and the language in which a respondent reads them."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation.trans_real import parse_accept_lang_header

from surveys.actions.answering import AlreadyAnswered, AnsweredDifferently
from surveys.definition import Definition, Ending, Text
from surveys.languages import choose_language
from surveys.versions import published_definition
from surveys.views.days import write_day, write_time
from surveys.views.incoming import RequestRefused, read_query
from surveys.views.looks import look_of
from surveys.views.messages import render_message, render_thanks
from surveys.views.replies import html_response
from surveys.views.venues import venue_of
from surveys.visits import NotTaken, NotYetOpen, SurveyClosed, SurveyFull, Visit
from surveys.wording import LANGUAGES, wording

RETRY_AFTER = "5"
# In a query: whoever has answered wants to change it.
CHANGE = "change"
# The words and the status of each closed door. "Not yet" is 403: 425 is about replays, 404 would be untrue.
DOORS: Mapping[type[NotTaken], tuple[str, int]] = {
    NotYetOpen: ("early", 403),
    SurveyClosed: ("closed", 410),
    SurveyFull: ("full", 410),
    AlreadyAnswered: ("answered", 409),
    AnsweredDifferently: ("sent", 409),
}


def door_page(
    request: HttpRequest, door: NotTaken, wanted: Iterable[str], *, status: int | None = None
) -> HttpResponse:
    """Return the page of a closed door, in the look and where it has them in the words of its survey."""
    phrase, usual_status = DOORS[type(door)]
    version_id = door.visit.version_id
    if version_id is None:
        return message_page(request, phrase, usual_status)
    definition = published_definition(version_id)
    language = language_of(request, definition, door.visit, wanted)
    venue = venue_of(door.visit, request.path)
    ending = _ending(definition, door)
    if ending:
        html = render_thanks(definition, language, ending, venue=venue, is_done=False)
    else:
        said = definition.closed if phrase == "closed" else Text({}, language)
        may_change = isinstance(door, AlreadyAnswered) and door.visit.may_change
        html = render_message(
            language,
            phrase,
            title=definition.title.into(language),
            title_language=definition.title.stand_in(language),
            text=said.into(language) or _opening(door, language),
            text_language=said.stand_in(language),
            theme=definition.theme,
            venue=venue,
            change_url=f"{request.path}?{CHANGE}=1&lang={language}" if may_change else "",
        )
    return html_response(html, status or usual_status, venue, look_of(definition.theme))


def _opening(door: NotTaken, language: str) -> str:
    """Return when the survey opens by the clock of the reporting time zone, '' where nobody knows."""
    opens_at = door.visit.opens_at
    if not isinstance(door, NotYetOpen) or opens_at is None or door.visit.live_version_id is None:
        return ""
    words, local = wording(language), opens_at.astimezone(settings.REPORTING_ZONE)
    day, time = write_day(local, words.language), write_time(local, words.language)
    return words.say("early_at", day=day, time=time)


def _ending(definition: Definition, door: NotTaken) -> Ending | None:
    """Return the ending that a full quota leads to, None where it names none that there is."""
    wanted = door.ending if isinstance(door, SurveyFull) else ""
    return next((ending for ending in definition.endings if ending.key == wanted), None)


def message_page(request: HttpRequest, phrase: str, status: int) -> HttpResponse:
    """Return a page that belongs to no survey we may name; its language is the link's, else the browser's."""
    wanted: Iterable[str] = ()
    with suppress(RequestRefused):
        wanted = read_query(request).get("lang", ())
    language = choose_language(("en", *LANGUAGES), (*wanted, *accepted_languages(request)))
    return html_response(render_message(language, phrase), status)


def away_page(request: HttpRequest) -> HttpResponse:
    """Return the page for a database that does not answer: nothing was lost, and trying again is safe."""
    response = message_page(request, "away", 503)
    response["Retry-After"] = RETRY_AFTER
    return response


def language_of(request: HttpRequest, definition: Definition, visit: Visit, wanted: Iterable[str]) -> str:
    """Return the language of the link, else of the answers so far, of the contact, of the browser."""
    known = (visit.saved.language if visit.saved else "", visit.contact_language)
    return choose_language(definition.languages, (*wanted, *known, *accepted_languages(request)))


def accepted_languages(request: HttpRequest) -> Iterator[str]:
    """Return the languages that the browser asks for, the dearest first."""
    for language, _weight in parse_accept_lang_header(request.META.get("HTTP_ACCEPT_LANGUAGE", "")):
        yield language
