"""Writes of the working copy and its publication."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from surveys.actions.drafts import draft_json, frame_of, write_parts
from surveys.definition import Definition, Question
from surveys.interchange.native import DefinitionRefused, from_json, to_json
from surveys.kinds import KINDS, Scale
from surveys.models import Collector, Logo, Programme, Survey, Version
from surveys.readiness import faults_in
from surveys.versions import published_definition


class SurveyNotReady(Exception):
    """The working copy has faults; `faults` is a list of (place, what is wrong)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {fault}" for place, fault in faults))
        self.faults = faults


def compile_definition(survey: Survey, document: Mapping[str, Any] | None = None) -> Definition:
    """Return the definition that the working copy describes, or raise SurveyNotReady naming every fault.

    `document` is the working copy where it was read already.
    """
    try:
        return from_json(document or draft_json(survey))
    except DefinitionRefused as refused:
        raise SurveyNotReady(refused.faults) from None


def publish_survey(survey: Survey, *, by: User | None, now: datetime) -> Version:
    """Compile the working copy into the next immutable version and make it the live one.

    An unchanged working copy gives the version that is live already. Raises SurveyNotReady.
    """
    with transaction.atomic():
        survey = Survey.objects.select_for_update().get(pk=survey.pk)
        document = to_json(compile_next(survey))
        newest = survey.versions.order_by("-number").first()
        if newest and newest.pk == survey.live_version_id and newest.definition == document:
            return newest
        version = Version.objects.create(
            survey=survey,
            number=(newest.number or 0) + 1 if newest else 1,
            definition=document,
            published_at=now,
            published_by=by,
        )
        survey.live_version = version
        survey.save(update_fields=["live_version"])
        if newest is None:
            Collector.objects.create(survey=survey, name="Open link", slug=survey.slug)
        return version


def compile_next(survey: Survey, document: Mapping[str, Any] | None = None) -> Definition:
    """Return the definition that publishing would make live, or raise SurveyNotReady naming every fault."""
    definition = compile_definition(survey, document)
    logo = definition.theme.get("logo")
    if logo and not Logo.objects.filter(name=logo).exists():
        raise SurveyNotReady([("theme", "The logo is not stored here; upload it again.")])
    faults = faults_in(definition)
    if survey.live_version_id:
        faults += _changed_scales(published_definition(survey.live_version_id), definition)
    if faults:
        raise SurveyNotReady(faults)
    return definition


def _changed_scales(before: Definition, after: Definition) -> list[tuple[str, str]]:
    """Return where a key would pool answers on two different scales (METRICS §1.2)."""
    return [
        (
            f"question {question.key}",
            "has another scale than before: give it a new key, or its trend would lie",
        )
        for question in after
        if (old := before.question_by_key.get(question.key)) and _scale(old) != _scale(question)
    ]


def _scale(question: Question) -> object:
    kind = KINDS[question.kind]
    if not isinstance(kind, Scale):
        return question.kind
    meaning = {name: question.settings.get(name) for name in kind.defaults if name != "shape"}
    return question.kind, tuple(meaning.items())


def close_survey(survey: Survey, *, now: datetime) -> None:
    """Take no answers from the instant on; a survey that is closed already keeps its own instant."""
    is_open = Q(closes_at=None) | Q(closes_at__gt=now)
    Survey.objects.filter(is_open, pk=survey.pk).update(closes_at=now)


def reopen_survey(survey: Survey) -> None:
    """Take answers again, with no end in sight."""
    Survey.objects.filter(pk=survey.pk).update(closes_at=None)


def create_survey(definition: Definition, *, programme: Programme, slug: str) -> Survey:
    """Return a new survey whose working copy is the definition."""
    with transaction.atomic():
        survey = Survey.objects.create(programme=programme, slug=slug, **frame_of(definition))
        write_parts(survey, definition)
    return survey


def replace_draft(survey: Survey, definition: Definition) -> None:
    """Make the definition the survey's working copy; what is published stays as it is."""
    frame = frame_of(definition)
    with transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(**frame)
        for rows in (survey.questions, survey.pages, survey.endings):
            rows.all().delete()
        write_parts(survey, definition)
