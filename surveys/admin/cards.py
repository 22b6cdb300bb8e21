"""A card to print: the survey's title, its code and its link, on A6."""

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.safestring import mark_safe

from surveys.codes import qr_svg
from surveys.definition import Definition
from surveys.languages import choose_language, direction
from surveys.models import Survey
from surveys.versions import published_definition
from surveys.wording import wording


def card_response(request: HttpRequest, survey: Survey, link: str, *, name: str = "") -> TemplateResponse:
    """Return the card; `name` is whom it is for, '' for everyone."""
    definition: Definition | None = None
    if survey.live_version_id:
        definition = published_definition(survey.live_version_id)
    offered = definition.languages if definition else (survey.language,)
    language = choose_language(offered, request.GET.getlist("language"))
    context = {
        "title": definition.title.into(language) if definition else survey.title,
        "name": name,
        "link": link,
        "shown_link": link.partition("://")[2].rstrip("/"),
        # Our own drawing of our own link.
        "code": mark_safe(qr_svg(link).decode()),  # noqa: S308
        "language": language,
        "languages": offered,
        "direction": direction(language),
        "words": wording(language),
    }
    return TemplateResponse(request, "admin/surveys/card.html", context)
