"""How a survey begins in the gallery: blank, or from a template."""

from django.db import transaction

from surveys.actions.authoring import create_survey
from surveys.interchange.native import from_json
from surveys.library import Template
from surveys.models import Programme, Survey


def begin_blank(title: str, *, programme: Programme, slug: str) -> Survey:
    """Return a new survey without questions."""
    return Survey.objects.create(title=title, slug=slug, programme=programme)


def begin_from_template(template: Template, *, slug: str) -> Survey:
    """Return a new survey made of the template, in its programme, which is made where there is none yet."""
    wanted = template.programme
    with transaction.atomic():
        programme, _ = Programme.objects.get_or_create(
            slug=wanted["slug"],
            defaults={"name": wanted["name"], "mode": wanted["mode"], "description": wanted["description"]},
        )
        return create_survey(from_json(template.survey), programme=programme, slug=slug)
