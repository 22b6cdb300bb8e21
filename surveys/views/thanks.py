"""The last page: the thanks or the ending that the answers lead to, and what it asks for."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from surveys.actions.afterwords import CALL_BACK, QUOTE, keep_afterword
from surveys.branching import ending_of
from surveys.definition import Ending
from surveys.filling import filled_for
from surveys.kinds import Answer, AnswerRefused
from surveys.kinds.kind import clean_words
from surveys.links import read_receipt
from surveys.models import Response
from surveys.versions import published_definition
from surveys.views.doors import language_of
from surveys.views.incoming import Fields, RequestRefused, read_body, read_query, refuse_cross_site
from surveys.views.looks import look_of
from surveys.views.messages import render_thanks
from surveys.views.replies import html_response, see_other
from surveys.views.venues import UNATTENDED_SECONDS, Venue, venue_of
from surveys.visits import Link, NotYetOpen, PersonalLink, Visit, person_of
from surveys.wording import wording

MAX_WORDS = 1000
ASKS = {QUOTE: "quote", CALL_BACK: "call_back"}


def show_thanks(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Return the thanks, or the way back to a personal link that is not answered yet."""
    query = read_query(request)
    visit = link.visit("", now)
    if isinstance(link, PersonalLink) and not visit.is_answered:
        return see_other(request.path.removesuffix("thanks/"))
    receipt = _first(query, "r")
    is_known = visit.saved is not None or read_receipt(receipt, now) is not None
    told = _told(link, visit, receipt, now) if is_known else None
    page = _Thanks(request, link, visit, query, told)
    is_noted = "noted" in query or bool(visit.saved and visit.saved.afterword)
    if is_noted or not is_known:
        return page.drawn(is_noted=is_noted)
    return page.drawn(**page.asking(receipt))


def take_afterword(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Keep what the last page asked for, with consent; the page says that it is noted."""
    refuse_cross_site(request)
    fields = read_body(request)
    visit = link.visit("", now)
    receipt = _first(fields, "_r")
    response = _response(link, visit, receipt, now)
    found = response.select_related("version").first()
    if found is None:
        raise RequestRefused(400)
    page = _Thanks(request, link, visit, {"lang": [_first(fields, "_language")]}, found)
    if page.ending is None or not page.ending.ask:
        raise RequestRefused(400)
    ask = page.ending.ask
    text = _words(fields)
    is_reachable = ask == CALL_BACK and found.contact_id is not None
    if not _first(fields, "_consent") or not (text or is_reachable):
        return page.drawn(400, **page.asking(receipt, text=text, is_missing=True))
    consent = wording(page.language)[f"{ASKS[ask]}_consent"]
    keep_afterword(response, ask=ask, text=text, consent=consent, privacy=page.definition.privacy, now=now)
    is_private = isinstance(link, PersonalLink) and visit.saved is None
    whose = {"r": receipt} if is_private else {"end": page.ending.key}
    return see_other(f"{request.path}?{urlencode({'noted': '1', 'lang': page.language, **whose})}")


class _Thanks:
    """The last page of one visit; `response` is what was answered, where the visit does not say it."""

    def __init__(
        self, request: HttpRequest, link: Link, visit: Visit, query: Fields, response: Response | None
    ) -> None:
        version_id = response.version_id if response else visit.version_id
        if version_id is None:
            raise NotYetOpen(visit)
        self.request = request
        self.visit = visit
        definition = published_definition(version_id)
        self.language = language_of(request, definition, visit, query.get("lang", ()))
        self.definition = filled_for(
            definition,
            response.answers if response else {},
            language=self.language,
            hidden=response.hidden if response else {},
            person=person_of(link, definition),
        )
        self.venue: Venue = venue_of(visit, request.path.removesuffix("thanks/"))
        self.ending = self._ending(response.answers if response else None, _first(query, "end"))

    def _ending(self, answers: dict[str, Answer] | None, key: str) -> Ending | None:
        if answers is None and self.visit.saved:
            answers = dict(self.visit.saved.answers)
        if answers is not None:
            return ending_of(self.definition, answers)
        return next((ending for ending in self.definition.endings if ending.key == key), None)

    def asking(self, receipt: str, *, text: str = "", is_missing: bool = False) -> dict[str, Any]:
        """Return what the template needs to ask, nothing where the ending asks for nothing."""
        if self.ending is None or not self.ending.ask:
            return {}
        words, name = wording(self.language), ASKS[self.ending.ask]
        return {
            "action": self.request.path,
            "receipt": receipt,
            "ask_title": words[f"{name}_title"],
            "ask_words": words[f"{name}_words"],
            "ask_consent": words[f"{name}_consent"],
            "afterword": text,
            "is_missing": is_missing,
            # At a kiosk who is asked for words needs time to write them.
            "restarts_after": UNATTENDED_SECONDS,
        }

    def drawn(self, status: int = 200, **rest: Any) -> HttpResponse:
        """Return the page; where the ending leads on it says so, and goes there where that can be done."""
        onward = self.ending.redirect_url if self.ending else ""
        if self.venue.is_kiosk:
            onward = ""
        html = render_thanks(
            self.definition,
            self.language,
            self.ending,
            venue=self.venue,
            onward=onward,
            leads_to="" if self.venue.is_framed or "ask_title" in rest else onward,
            **rest,
        )
        return html_response(html, status, self.venue, look_of(self.definition.theme))


def _told(link: Link, visit: Visit, receipt: str, now: datetime) -> Response | None:
    """Return the response that chooses the last page and fills it, None where the address says enough."""
    if visit.version_id is None:
        return None
    definition = published_definition(visit.version_id)
    chooses = isinstance(link, PersonalLink) and bool(definition.endings)
    if not (definition.piped or chooses):
        return None
    return _response(link, visit, receipt, now).first()


def _response(link: Link, visit: Visit, receipt: str, now: datetime) -> QuerySet[Response]:
    """Return the response that the bearer may add to: that of a personal link, or that of the receipt."""
    if visit.saved is not None:
        return Response.objects.filter(public_id=visit.saved.public_id)
    public_id = read_receipt(receipt, now)
    if public_id is None:
        raise RequestRefused(400)
    return Response.objects.filter(public_id=public_id, survey=visit.survey_id)


def _words(fields: Fields) -> str:
    try:
        return clean_words(_first(fields, "_text"), MAX_WORDS)
    except AnswerRefused:
        raise RequestRefused(400) from None


def _first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, ())), "")
