"""Takes over surveys that were built elsewhere."""

from collections.abc import Iterator
from datetime import datetime
from itertools import chain, count

from django.db import IntegrityError, transaction

from surveys.actions.authoring import create_survey, publish_survey
from surveys.definition import Definition
from surveys.models import Collector, Programme, Survey
from surveys.slugs import stem_of

GENERAL = "general"


class ProgrammeUnknown(Exception):
    """There is no programme of this slug; the message names those there are."""


def import_survey(definition: Definition, *, programme: str, is_published: bool, now: datetime) -> Survey:
    """Return a new survey of this definition, live if asked for; its slug is made from the title.

    The programme is named by its slug; the general one comes into being when it is first needed. Raises
    SurveyNotReady and ProgrammeUnknown, and then leaves nothing behind.
    """
    slugs = _free_slugs(str(definition.title))
    while True:
        try:
            with transaction.atomic():
                survey = create_survey(definition, programme=_programme(programme), slug=next(slugs))
                if is_published:
                    publish_survey(survey, by=None, now=now)
                return survey
        except IntegrityError as error:
            # Somebody else took the slug a moment ago.
            if "slug" not in str(error):
                raise


def _programme(slug: str) -> Programme:
    if slug == GENERAL:
        return Programme.objects.get_or_create(slug=GENERAL, defaults={"name": "General"})[0]
    programme = Programme.objects.filter(slug=slug).first()
    if programme is None:
        known = ", ".join(Programme.objects.values_list("slug", flat=True)) or "none"
        raise ProgrammeUnknown(f"there is no programme {slug!r}; there is {known}")
    return programme


def _free_slugs(title: str) -> Iterator[str]:
    stem = stem_of(title)
    taken = {
        *Survey.objects.filter(slug__startswith=stem).values_list("slug", flat=True),
        # Publishing opens a link of the same name.
        *Collector.objects.filter(slug__startswith=stem).values_list("slug", flat=True),
    }
    names = chain([stem], (f"{stem}-{number}" for number in count(2)))
    return (name for name in names if name not in taken)
