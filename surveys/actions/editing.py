"""Writes of the working copy from the builder: edit by edit, never over another person's, undone by step."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from accounts.models import User
from surveys.actions.authoring import SurveyNotReady, compile_next
from surveys.actions.drafts import SURVEY_TEXTS, draft_json
from surveys.definition import Definition
from surveys.drafting import Document, Edit, fingerprint, part_of
from surveys.kinds import KINDS
from surveys.models import Choice, DraftStep, Ending, Page, Survey
from surveys.models import Question as QuestionRow
from surveys.translations import language_part

KEPT_STEPS = 50
# Typing saves every second or so: what one person does to one part without a longer pause is one step.
ONE_STEP = timedelta(seconds=30)
QUESTION_COLUMNS = (
    *("kind", "page", "position", "text", "help", "is_required"),
    *("settings", "show_if", "translations"),
)


class DraftChanged(Exception):
    """The part was changed since it was read; `by` says by whom, None when that is not known."""

    def __init__(self, by: User | None) -> None:
        super().__init__("changed meanwhile")
        self.by = by


class NothingToUndo(Exception):
    """There is no step to take back, or the working copy was changed elsewhere since."""


@dataclass(frozen=True, slots=True)
class Change:
    """What an edit is: a sentence for the history, the part it is about, and how that part was when read."""

    edit: Edit
    what: str
    part: str = ""
    seen: str | None = None


def change_draft(survey: Survey, change: Change, *, by: User, now: datetime) -> Document:
    """Return the working copy after the change, which is kept as a step that can be undone.

    Raises DraftChanged when the part is no longer as it was seen, EditRefused when it cannot be done.
    """
    with transaction.atomic():
        survey = Survey.objects.select_for_update().get(pk=survey.pk)
        before = draft_json(survey)
        if change.seen is not None and fingerprint(_part(before, change.part)) != change.seen:
            raise DraftChanged(_last_author(survey, change.part))
        edited = change.edit(before)
        if edited == before:
            return before
        write_draft(survey, before, edited)
        after = draft_json(survey)
        _keep_step(survey, change, before, after, by=by, now=now)
        return after


def undo_change(survey: Survey, *, now: datetime) -> tuple[Document, DraftStep]:
    """Return the working copy as it was before the last step, and that step. Raises NothingToUndo."""
    with transaction.atomic():
        survey = Survey.objects.select_for_update().get(pk=survey.pk)
        step = survey.steps.select_related("by").first()
        current = draft_json(survey)
        if step is None or step.result != fingerprint(current):
            raise NothingToUndo
        write_draft(survey, current, step.before)
        step.delete()
        return draft_json(survey), step


def last_step(survey: Survey, document: Document) -> DraftStep | None:
    """Return the step that undoing would take back, None when there is none."""
    step = survey.steps.select_related("by").defer("before").first()
    return step if step and step.result == fingerprint(document) else None


def readiness(survey: Survey, document: Document) -> tuple[Definition | None, list[tuple[str, str]]]:
    """Return what publishing the working copy would make live, or None and what keeps it from that."""
    try:
        return compile_next(survey, document), []
    except SurveyNotReady as not_ready:
        return None, not_ready.faults


def _part(document: Document, part: str) -> object:
    noun, _, name = part.partition(" ")
    return language_part(document, name) if noun == "language" else part_of(document, part)


def _last_author(survey: Survey, part: str) -> User | None:
    step = survey.steps.filter(part=part).select_related("by").defer("before").first()
    return step.by if step else None


def _keep_step(
    survey: Survey, change: Change, before: Document, after: Document, *, by: User, now: datetime
) -> None:
    last = survey.steps.defer("before").first()
    same = last and (last.part, last.what, last.by_id) == (change.part, change.what, by.pk)
    if last and same and last.result == fingerprint(before) and now - last.at < ONE_STEP:
        last.at, last.result = now, fingerprint(after)
        last.save(update_fields=["at", "result"])
        return
    number = last.number + 1 if last else 1
    survey.steps.filter(number__lte=number - KEPT_STEPS).delete()
    DraftStep.objects.create(
        survey=survey,
        number=number,
        what=change.what[:200],
        part=change.part,
        by=by,
        at=now,
        before=before,
        result=fingerprint(after),
    )


def write_draft(survey: Survey, before: Document, after: Document) -> None:
    """Make the document the working copy, writing only what differs from before; it may be unfinished."""
    if survey.language != after["language"]:
        # Which text is the row's own and which a translation changes everywhere.
        before = {"questions": [], "pages": None, "endings": None}
    _write_frame(survey, after)
    _write_questions(survey, before, after)
    if before.get("pages") != after.get("pages"):
        survey.pages.all().delete()
        Page.objects.bulk_create(
            Page(
                survey=survey,
                number=page["number"],
                title=page["title"].get(survey.language, ""),
                show_if=page["show_if"],
                translations=_translations(survey.language, title=page["title"]),
            )
            for page in after.get("pages", [])
        )
    if before.get("endings") != after.get("endings"):
        survey.endings.all().delete()
        Ending.objects.bulk_create(
            Ending(
                survey=survey,
                key=ending["key"],
                position=position,
                text=ending["text"].get(survey.language, ""),
                show_if=ending["show_if"],
                redirect_url=ending["redirect_url"],
                ask=ending["ask"],
                translations=_translations(survey.language, text=ending["text"]),
            )
            for position, ending in enumerate(after.get("endings", []))
        )


def _write_frame(survey: Survey, document: Document) -> None:
    own = document["language"]
    survey.language = own
    survey.languages = [code for code in document["languages"] if code != own]
    for name in SURVEY_TEXTS:
        setattr(survey, name, document[name].get(own, ""))
    survey.translations = _translations(own, **{name: document[name] for name in SURVEY_TEXTS})
    survey.layout, survey.privacy = document["layout"], document["privacy"]
    survey.theme, survey.hidden_fields = document["theme"], document["hidden"]
    survey.save(
        update_fields=[
            *SURVEY_TEXTS,
            *("language", "languages", "translations", "layout", "privacy", "theme", "hidden_fields"),
        ]
    )


def _write_questions(survey: Survey, before: Document, after: Document) -> None:
    old = {question["key"]: (place, question) for place, question in enumerate(before["questions"])}
    new = {question["key"]: (place, question) for place, question in enumerate(after["questions"])}
    survey.questions.exclude(key__in=new).delete()
    changed = [
        (place, question) for key, (place, question) in new.items() if old.get(key) != (place, question)
    ]
    rows = QuestionRow.objects.bulk_create(
        [_question_row(survey, place, question) for place, question in changed],
        update_conflicts=True,
        unique_fields=("survey", "key"),
        update_fields=QUESTION_COLUMNS,
    )
    rechosen = [
        (row, question["choices"])
        for row, (_, question) in zip(rows, changed, strict=True)
        if question["key"] not in old or old[question["key"]][1]["choices"] != question["choices"]
    ]
    _write_choices(survey.language, rechosen)


def _question_row(survey: Survey, place: int, question: Mapping[str, Any]) -> QuestionRow:
    own = survey.language
    texts = {
        name: question["settings"][name]
        for name in KINDS[question["kind"]].text_settings
        if name in question["settings"]
    }
    return QuestionRow(
        survey=survey,
        key=question["key"],
        kind=question["kind"],
        page=question["page"],
        position=place,
        text=question["text"].get(own, ""),
        help=question["help"].get(own, ""),
        is_required=question["required"],
        settings=question["settings"] | {name: text.get(own, "") for name, text in texts.items()},
        show_if=question["show_if"],
        translations=_translations(own, text=question["text"], help=question["help"], **texts),
    )


def _write_choices(own: str, rechosen: Iterable[tuple[QuestionRow, list[dict[str, Any]]]]) -> None:
    rechosen = list(rechosen)
    Choice.objects.filter(question__in=[row.pk for row, _ in rechosen]).delete()
    Choice.objects.bulk_create(
        Choice(
            question=row,
            key=choice["key"],
            position=place,
            text=choice["text"].get(own, ""),
            is_other=choice["is_other"],
            is_exclusive=choice["is_exclusive"],
            translations=_translations(own, text=choice["text"]),
        )
        for row, choices in rechosen
        for place, choice in enumerate(choices)
    )


def _translations(own: str, **texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    codes = sorted({code for by_language in texts.values() for code in by_language} - {own})
    translated = {
        code: {name: by_language[code] for name, by_language in texts.items() if by_language.get(code)}
        for code in codes
    }
    return {code: named for code, named in translated.items() if named}
