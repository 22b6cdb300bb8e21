"""Writes of the working copy and its publication."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from surveys.choice_lines import ChoiceLine
from surveys.definition import Definition, Question
from surveys.interchange.native import DefinitionRefused, from_json, to_json
from surveys.kinds import KINDS, Scale
from surveys.models import Choice, Collector, Ending, Logo, Page, Programme, Survey, Version
from surveys.models import Question as QuestionRow
from surveys.versions import published_definition

SURVEY_TEXTS = ("title", "intro", "thank_you", "closed")


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
    return {
        **texts,
        "language": language,
        "languages": [language, *survey.languages],
        "questions": questions,
        "pages": [
            {
                "number": page.number,
                "title": text("title", page.title, page.translations),
                "show_if": page.show_if,
            }
            for page in survey.pages.order_by("number")
            # A page of which nothing is said may have lost its questions.
            if page.title or page.show_if or page.translations
        ],
        "endings": [
            {
                "key": ending.key,
                "text": text("text", ending.text, ending.translations),
                "show_if": ending.show_if,
                "redirect_url": ending.redirect_url,
                "ask": ending.ask,
            }
            for ending in survey.endings.order_by("position", "pk")
        ],
        "layout": survey.layout,
        "theme": survey.theme,
        "hidden": survey.hidden_fields,
        "privacy": survey.privacy,
    }


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


def compile_next(survey: Survey, document: Mapping[str, Any] | None = None) -> Definition:
    """Return the definition that publishing would make live, or raise SurveyNotReady naming every fault."""
    definition = compile_definition(survey, document)
    logo = definition.theme.get("logo")
    if logo and not Logo.objects.filter(name=logo).exists():
        raise SurveyNotReady([("theme", "The logo is not stored here; upload it again.")])
    if survey.live_version_id:
        _refuse_changed_scales(published_definition(survey.live_version_id), definition)
    return definition


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


def close_survey(survey: Survey, *, now: datetime) -> None:
    """Take no answers from the instant on; a survey that is closed already keeps its own instant."""
    is_open = Q(closes_at=None) | Q(closes_at__gt=now)
    Survey.objects.filter(is_open, pk=survey.pk).update(closes_at=now)


def reopen_survey(survey: Survey) -> None:
    """Take answers again, with no end in sight."""
    Survey.objects.filter(pk=survey.pk).update(closes_at=None)


def set_choices(
    question: QuestionRow, lines: Sequence[ChoiceLine], *, translations: Mapping[str, Mapping[str, str]]
) -> None:
    """Make these the question's choices, in this order; `translations` holds texts by language and key."""
    rows = [
        Choice(
            question=question,
            key=line.key,
            position=position,
            text=line.text,
            is_other=line.is_other,
            is_exclusive=line.is_exclusive,
            translations={
                code: {"text": texts[line.key]} for code, texts in translations.items() if texts.get(line.key)
            },
        )
        for position, line in enumerate(lines)
    ]
    with transaction.atomic():
        question.choices.exclude(key__in=[row.key for row in rows]).delete()
        Choice.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=("question", "key"),
            update_fields=("position", "text", "is_other", "is_exclusive", "translations"),
        )


def create_survey(definition: Definition, *, programme: Programme, slug: str) -> Survey:
    """Return a new survey whose working copy is the definition."""
    with transaction.atomic():
        survey = Survey.objects.create(programme=programme, slug=slug, **_frame(definition))
        _write_parts(survey, definition)
    return survey


def replace_draft(survey: Survey, definition: Definition) -> None:
    """Make the definition the survey's working copy; what is published stays as it is."""
    frame = _frame(definition)
    with transaction.atomic():
        Survey.objects.filter(pk=survey.pk).update(**frame)
        for rows in (survey.questions, survey.pages, survey.endings):
            rows.all().delete()
        _write_parts(survey, definition)


def _frame(definition: Definition) -> dict[str, Any]:
    texts = {name: getattr(definition, name) for name in SURVEY_TEXTS}
    translated = {name: text.by_language for name, text in texts.items()}
    return {
        **{name: str(text) for name, text in texts.items()},
        "language": definition.language,
        "languages": list(definition.languages[1:]),
        "translations": _other_languages(definition, **translated),
        "layout": definition.layout,
        "theme": dict(definition.theme),
        "hidden_fields": list(definition.hidden),
        "privacy": definition.privacy,
    }


def _write_parts(survey: Survey, definition: Definition) -> None:
    _write_questions(survey, definition)
    Page.objects.bulk_create(
        Page(
            survey=survey,
            number=page.number,
            title=str(page.title),
            show_if=page.show_if,
            translations=_other_languages(definition, title=page.title.by_language),
        )
        for page in definition.pages_meta
    )
    Ending.objects.bulk_create(
        Ending(
            survey=survey,
            key=ending.key,
            position=position,
            text=str(ending.text),
            show_if=ending.show_if,
            redirect_url=ending.redirect_url,
            ask=ending.ask,
            translations=_other_languages(definition, text=ending.text.by_language),
        )
        for position, ending in enumerate(definition.endings)
    )


def _write_questions(survey: Survey, definition: Definition) -> None:
    for position, question in enumerate(definition):
        texts = {
            name: question.settings[name]
            for name in KINDS[question.kind].text_settings
            if name in question.settings
        }
        own = {name: by_language.get(definition.language, "") for name, by_language in texts.items()}
        translated = {"text": question.text.by_language, "help": question.help.by_language, **texts}
        row = QuestionRow.objects.create(
            survey=survey,
            key=question.key,
            kind=question.kind,
            page=question.page,
            position=position,
            text=str(question.text),
            help=str(question.help),
            is_required=question.is_required,
            settings={**question.settings, **own},
            show_if=question.show_if,
            translations=_other_languages(definition, **translated),
        )
        Choice.objects.bulk_create(
            Choice(
                question=row,
                key=choice.key,
                position=place,
                text=str(choice.text),
                is_other=choice.is_other,
                is_exclusive=choice.is_exclusive,
                translations=_other_languages(definition, text=choice.text.by_language),
            )
            for place, choice in enumerate(question.choices)
        )


def _other_languages(definition: Definition, **texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    codes = {code for by_language in texts.values() for code in by_language} - {definition.language}
    return {
        code: {name: by_language[code] for name, by_language in texts.items() if code in by_language}
        for code in sorted(codes)
    }
