"""Writes of the working copy and its publication."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.models import User
from surveys.definition import Definition, Question
from surveys.interchange.native import DefinitionRefused, from_json, to_json
from surveys.kinds import KINDS, Scale
from surveys.models import Choice, Collector, Programme, Survey, Version
from surveys.models import Question as QuestionRow
from surveys.versions import published_definition

SURVEY_TEXTS = ("title", "intro", "thank_you", "closed")


class SurveyNotReady(Exception):
    """The working copy has faults; `faults` is a list of (place, what is wrong)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{place}: {fault}" for place, fault in faults))
        self.faults = faults


def compile_definition(survey: Survey) -> Definition:
    """Return the definition that the working copy describes, or raise SurveyNotReady naming every fault."""
    try:
        return from_json(draft_json(survey))
    except DefinitionRefused as refused:
        raise SurveyNotReady(refused.faults) from None


def draft_json(survey: Survey) -> dict[str, Any]:
    """Return the working copy as native JSON, faults and all."""
    language = survey.language

    def text(name: str, own: str, translations: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
        others = {code: texts[name] for code, texts in translations.items() if texts.get(name)}
        return {**others, language: own}

    questions = []
    for row in survey.questions.order_by("page", "position", "pk").prefetch_related("choices"):
        settings = {
            name: text(name, value, row.translations)
            if name in KINDS[row.kind].text_settings and isinstance(value, str)
            else value
            for name, value in row.settings.items()
        }
        questions.append(
            {
                "key": row.key,
                "kind": row.kind,
                "text": text("text", row.text, row.translations),
                "help": text("help", row.help, row.translations),
                "page": row.page,
                "required": row.is_required,
                "settings": settings,
                "choices": [
                    {
                        "key": choice.key,
                        "text": text("text", choice.text, choice.translations),
                        "is_other": choice.is_other,
                        "is_exclusive": choice.is_exclusive,
                    }
                    for choice in row.choices.all()
                ],
                "show_if": row.show_if,
            }
        )
    texts = {name: text(name, getattr(survey, name), survey.translations) for name in SURVEY_TEXTS}
    return {**texts, "language": language, "languages": [language, *survey.languages], "questions": questions}


def publish_survey(survey: Survey, *, by: User | None, now: datetime) -> Version:
    """Compile the working copy into the next immutable version and make it the live one.

    An unchanged working copy gives the version that is live already. Raises SurveyNotReady.
    """
    with transaction.atomic():
        survey = Survey.objects.select_for_update().get(pk=survey.pk)
        definition = compile_definition(survey)
        document = to_json(definition)
        newest = survey.versions.order_by("-number").first()
        if newest and newest.pk == survey.live_version_id and newest.definition == document:
            return newest
        if newest:
            _refuse_changed_scales(published_definition(newest.pk), definition)
        version = Version.objects.create(
            survey=survey,
            number=newest.number + 1 if newest else 1,
            definition=document,
            published_at=now,
            published_by=by,
        )
        survey.live_version = version
        survey.save(update_fields=["live_version"])
        if newest is None:
            Collector.objects.create(survey=survey, name="Open link", slug=survey.slug)
        return version


def _refuse_changed_scales(before: Definition, after: Definition) -> None:
    """Raise SurveyNotReady where a key would pool answers on two different scales (METRICS §1.2)."""
    faults = [
        (
            f"question {question.key}",
            "has another scale than before: give it a new key, or its trend would lie",
        )
        for question in after
        if (old := before.question_by_key.get(question.key)) and _scale(old) != _scale(question)
    ]
    if faults:
        raise SurveyNotReady(faults)


def _scale(question: Question) -> object:
    kind = KINDS[question.kind]
    if not isinstance(kind, Scale):
        return question.kind
    meaning = {name: question.settings.get(name) for name in kind.defaults if name != "shape"}
    return question.kind, tuple(meaning.items())


def create_survey(definition: Definition, *, programme: Programme, slug: str) -> Survey:
    """Return a new survey whose working copy is the definition."""

    def others(**texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
        codes = {code for by_language in texts.values() for code in by_language} - {definition.language}
        return {
            code: {name: by_language[code] for name, by_language in texts.items() if code in by_language}
            for code in sorted(codes)
        }

    with transaction.atomic():
        survey = Survey.objects.create(
            programme=programme,
            slug=slug,
            **{name: str(getattr(definition, name)) for name in SURVEY_TEXTS},
            language=definition.language,
            languages=list(definition.languages[1:]),
            translations=others(**{name: getattr(definition, name).by_language for name in SURVEY_TEXTS}),
        )
        for position, question in enumerate(definition):
            row = QuestionRow.objects.create(
                survey=survey,
                key=question.key,
                kind=question.kind,
                page=question.page,
                position=position,
                text=str(question.text),
                help=str(question.help),
                is_required=question.is_required,
                settings=question.settings,
                show_if=question.show_if,
                translations=others(text=question.text.by_language, help=question.help.by_language),
            )
            Choice.objects.bulk_create(
                Choice(
                    question=row,
                    key=choice.key,
                    position=place,
                    text=str(choice.text),
                    is_other=choice.is_other,
                    is_exclusive=choice.is_exclusive,
                    translations=others(text=choice.text.by_language),
                )
                for place, choice in enumerate(question.choices)
            )
    return survey
