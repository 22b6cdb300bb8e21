"""The working copy in rows, and the definition that it stands for: each made from the other."""

from collections.abc import Mapping
from typing import Any

from surveys.definition import Definition
from surveys.kinds import KINDS
from surveys.models import Choice, Ending, Page, Survey
from surveys.models import Question as QuestionRow

SURVEY_TEXTS = ("title", "intro", "thank_you", "closed")


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


def frame_of(definition: Definition) -> dict[str, Any]:
    """Return the columns of a survey that hold what a definition says around its questions."""
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


def write_parts(survey: Survey, definition: Definition) -> None:
    """Write the rows of the questions, pages and endings of a survey that has none."""
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
