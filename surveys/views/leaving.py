"""The page behind "Unsubscribe": a GET only asks, a POST acts at once, by the link alone (RFC 8058)."""

from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from surveys.actions.leaving import Wish, heed_wish
from surveys.languages import choose_language
from surveys.links import token_hash
from surveys.models import Invitation
from surveys.views.answering import RespondentView
from surveys.views.doors import accepted_languages
from surveys.views.incoming import read_body
from surveys.views.messages import render_leave, render_message
from surveys.views.replies import html_response
from surveys.visits import Link, PersonalLink
from surveys.wording import LANGUAGES, wording

ONE_CLICK = "List-Unsubscribe"


def leave(request: HttpRequest, link: Link, now: datetime) -> HttpResponse:
    """Ask how often the owner of a personal link may be asked, or do as they say.

    A link that leads nowhere gets the same pages, so that nobody learns which ones there are (SECURITY T70).
    """
    assert isinstance(link, PersonalLink)
    found = Invitation.objects.filter(token_hash=token_hash(link.token))
    invitation = found.select_related("contact", "survey__programme").first()
    own = invitation.contact.language if invitation else ""
    language = choose_language(("en", *LANGUAGES), filter(None, (own, *accepted_languages(request))))
    programme = invitation.survey.programme.name if invitation else ""
    if request.method != "POST":
        return html_response(render_leave(language, request.path, programme))
    fields = read_body(request)
    chosen = Wish.NEVER if ONE_CLICK in fields else _wish(fields.get("wish", []))
    if chosen is None:
        return html_response(render_leave(language, request.path, programme), 400)
    if invitation:
        heed_wish(invitation, chosen, now=now)
    words = wording(language)
    text = (
        words.say(f"left_{chosen}", programme=programme) if chosen == Wish.ONLY else words[f"left_{chosen}"]
    )
    return html_response(render_message(language, "left", text=text, is_done=True))


leave_personal = RespondentView(PersonalLink, leave)


def _wish(values: Sequence[str]) -> Wish | None:
    value = next(iter(values), "")
    return Wish(value) if value in set(Wish) else None
