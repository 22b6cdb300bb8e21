"""What goes back: a page or the way to one, with the headers that every answer to a respondent carries."""

from collections.abc import Mapping

from django.conf import settings
from django.http import HttpResponse
from django.template.loader import get_template

from surveys.languages import direction
from surveys.views.looks import PLAIN_LOOK, Look, look_of
from surveys.views.venues import IDLE_SECONDS, PLAIN, WARNING_SECONDS, Venue
from surveys.wording import wording

# Sent with every answer; what comes before the views elsewhere is left out here (config.middleware).
PRIVATE = {"Cache-Control": "no-store, private", "Referrer-Policy": "no-referrer"}
if settings.SECURE_HSTS_SECONDS:
    PRIVATE["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
HEADERS = {
    **PRIVATE,
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}


def draw_page(template: str, language: str, theme: Mapping[str, str], **context: object) -> str:
    """Return the HTML of a template of ours, in a language and the look of a theme."""
    return get_template(template).render(
        {
            "venue": PLAIN,
            "language": language,
            "direction": direction(language),
            "words": wording(language),
            "look": look_of(theme),
            "idle_seconds": IDLE_SECONDS,
            "warning_seconds": WARNING_SECONDS,
            **context,
        }
    )


def html_response(
    html: str, status: int = 200, venue: Venue = PLAIN, look: Look = PLAIN_LOOK
) -> HttpResponse:
    """Return a page that nobody keeps, lists or sends onwards, nor frames but where the venue allows it."""
    policy = {"Content-Security-Policy": look.policy(venue.ancestors)}
    response = HttpResponse(html, status=status, headers={**HEADERS, **policy})
    if venue.is_framed:
        del response["X-Frame-Options"]
    return response


def see_other(path: str, *, status: int = 302) -> HttpResponse:
    """Return the way to a page of ours, which a refresh repeats without sending anything anew."""
    return HttpResponse(status=status, headers={**PRIVATE, "Location": path})
