"""One response whole: who answered, by which way, what they said and how it came."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse

from accounts.models import User
from metrics.measures.confidentiality import promising
from metrics.measures.visits import visit
from metrics.measures.voices import scores_given
from surveys.models import Response
from surveys.versions import published_definition

OTHERS = 10


def response(request: HttpRequest, public_id: str) -> TemplateResponse:
    """Show a response of an account that the user sees.

    Of a survey that promised not to tell, no single response is shown to anybody (SECURITY T22).
    """
    viewer = request.user
    if not isinstance(viewer, User):
        raise TypeError("pages are behind the login")
    rows = Response.objects.visible_to(viewer).select_related(
        "survey__programme", "version", "account__owner", "contact", "collector", "invitation__campaign"
    )
    found: Response = get_object_or_404(rows, public_id=public_id)
    context: dict[str, Any] = {**admin.site.each_context(request), "survey": found.survey}
    if found.survey_id in promising(Q(survey=found.survey_id)):
        context["title"] = f"{found.survey.title} – one response"
        return TemplateResponse(request, "metrics/response_promised.html", context, status=403)
    contact = found.contact if found.contact and found.contact.account_id == found.account_id else None
    context |= {
        "title": f"{found.survey.title} – one response",
        "response": found,
        "visit": visit(found, published_definition(found.version_id), viewer),
        "given": scores_given([found]).get(found.pk, ()),
        "contact": contact if viewer.sees_people else None,
        "is_anonymous": found.contact_id is None,
        "others": _others(viewer, found) if contact and viewer.sees_people else (),
        "edits": found.revision - 1,
    }
    return TemplateResponse(request, "metrics/response.html", context)


def _others(viewer: User, of: Response) -> list[Response]:
    """Return the newest other responses of the same person."""
    rows = Response.objects.visible_to(viewer).counted().filter(contact=of.contact_id).exclude(pk=of.pk)
    return list(rows.select_related("survey").order_by("-started_at")[:OTHERS])
