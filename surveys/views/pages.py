"""Pages of the form, drawn from a definition and nothing else: no query and no session."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from django.utils.html import format_html
from django.utils.translation import get_language_info

from surveys.definition import Definition, Question, Text
from surveys.filling import filled_for, values_for
from surveys.hidden import IN_FORM
from surveys.kinds import KINDS, Answer, AnswerRefused, Sheet
from surveys.kinds.dates import too_early, too_late
from surveys.live import live_questions, live_texts, needs_an_answer, refusals_on
from surveys.paging import UNSEEN, page_questions
from surveys.views.incoming import Fields
from surveys.views.looks import script_url
from surveys.views.questions import Place, draw_question, refusal
from surveys.views.replies import draw_page
from surveys.views.traces import stamp
from surveys.views.venues import PLAIN, UNATTENDED_SECONDS, WARNING_SECONDS, Venue
from surveys.wording import wording

# What the script says itself.
SCRIPT_WORDS = ("saved", "offline", "try_now", "start_over", "characters_left", "more_questions", "problems")
# The key of a question, its text, the language that stands in, and the sentence that says what about it.
Refusal = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class FormPage:
    """One page of the form as it is to be drawn; `answers` decide which of its questions are asked."""

    definition: Definition
    page: int
    language: str
    answers: Mapping[str, Answer]
    action: str
    key: str
    version_id: int
    started: int
    fields: Fields = field(default_factory=dict)
    errors: Mapping[str, AnswerRefused] = field(default_factory=dict)
    is_resumed: bool = False
    is_change: bool = False
    is_limited: bool = False
    hidden: Mapping[str, str] = field(default_factory=dict)
    person: Mapping[str, str] = field(default_factory=dict)
    # What random orders come from; the key where nothing else is known of the response.
    seed: str = ""
    venue: Venue = PLAIN
    notes: Sequence[str] = ()
    stored: str = ""
    # Whether the script may keep what is answered so far, here and on the server: not for a preview.
    keeps: bool = True


def render_form(page: FormPage, **preview: object) -> str:
    """Return the HTML of one page of the form; `preview` is what only a preview's page holds."""
    words = wording(page.language)
    definition = filled_for(
        page.definition, page.answers, language=page.language, hidden=page.hidden, person=page.person
    )
    here = definition.pages[page.page]
    questions = page_questions(definition, page.answers, page.page)
    fields = {**fields_of(definition, page.answers), **page.fields}
    sheet = Sheet(fields, page.language, definition.language, words, page.seed or page.key)
    problems, notes = _refusals(questions, sheet, page.errors)
    live = live_questions(definition, page.answers, here)
    waiting = {rule["key"] for rule in live if "show_if" in rule}.difference(q.key for q in questions)
    drawn = [question for question in here if question in questions or question.key in waiting]
    texts = _live_texts(page, drawn)
    page = replace(page, definition=definition)
    count = len(definition.pages)
    return draw_page(
        "surveys/form.html",
        page.language,
        definition.theme,
        title=definition.title.into(page.language),
        title_language=definition.title.stand_in(page.language),
        intro=definition.intro.into(page.language) if page.page == 0 else "",
        intro_language=definition.intro.stand_in(page.language),
        action=page.action,
        layout=definition.layout,
        parts=_parts(drawn, waiting, sheet, page),
        shapes={question.settings.get("shape", "numbers") for question in drawn} - {"numbers"},
        problems=problems,
        problem_count=words.say("problems", count=len(problems)),
        notes=notes,
        note_count=words.say("more_questions", count=len(notes)),
        languages=[(code, language_name(code)) for code in definition.languages],
        language_name=language_name(page.language),
        page_number=page.page + 1,
        page_count=count,
        progress=words.say("page_of", page=page.page + 1, pages=count) if count > 1 else "",
        shown=" ".join(question.key for question in questions),
        go_on=words["send" if page.page == count - 1 else "next"],
        is_resumed=page.is_resumed,
        key=page.key,
        version_id=page.version_id,
        started=stamp(page.started),
        travelling=_travelling(page),
        venue=page.venue,
        remarks=page.notes,
        stored=page.stored,
        restarts_unattended=UNATTENDED_SECONDS,
        starts_again=words.say("starts_again", seconds=WARNING_SECONDS) if page.venue.is_kiosk else "",
        script=script_url(),
        for_script={
            "questions": live,
            "needs_answer": needs_an_answer(definition, page.answers, here),
            "texts": texts,
            "keeps": page.keeps and not page.venue.is_kiosk,
            "is_resumed": page.is_resumed,
            "goes_on": definition.layout == "question" and page.page < count - 1,
            "words": _script_words(sheet, drawn),
        },
        **preview,
    )


def fields_of(definition: Definition, answers: Mapping[str, Answer]) -> dict[str, list[str]]:
    """Return the form fields that stand for answers."""
    fields: dict[str, list[str]] = {}
    for question in definition:
        if question.key in answers:
            fields.update(KINDS[question.kind].fields(question, answers[question.key]))
    return fields


def language_name(language: str) -> str:
    """Return what the language calls itself, or its code."""
    try:
        return str(get_language_info(language)["name_local"])
    except KeyError:
        return language


def _travelling(page: FormPage) -> list[tuple[str, str]]:
    """Return the fields that go along from page to page besides those that every form has."""
    marks = {
        "_in": page.venue.name,
        "_limited": "1" if page.is_limited else "",
        "_change": "1" if page.is_change else "",
    }
    fields = [(name, value) for name, value in marks.items() if value]
    return [*fields, *((f"{IN_FORM}{name}", value) for name, value in page.hidden.items())]


def _script_words(sheet: Sheet, drawn: Sequence[Question]) -> dict[str, str | Mapping[str, str]]:
    """Return the sentences that the script may need on the page, and no others.

    One with a day in it comes whole, under a name that ends with the day: browsers write days differently.
    """
    refusals = sorted(f"error.{code}" for code in refusals_on(drawn))
    phrases = {name: sheet.words.phrases[name] for name in (*SCRIPT_WORDS, *refusals)}
    limits = [question.settings for question in drawn if question.kind == "date"]
    days = [(one["min"], too_early) for one in limits] + [(one["max"], too_late) for one in limits]
    refused = [(day, refuse(day)) for day, refuse in days if day]
    return {**phrases, **{f"error.{one.code} {day}": refusal(one, sheet) for day, one in refused}}


def _live_texts(page: FormPage, drawn: Sequence[Question]) -> list[tuple[str, list[str | list[str]]]]:
    """Return the texts that repeat answers given on the same page, where the questions are as written."""
    definition = page.definition
    if not definition.piped:
        return []
    values = values_for(
        definition, page.answers, language=page.language, hidden=page.hidden, person=page.person
    )
    as_written = [definition.question_by_key[question.key] for question in drawn]
    return live_texts(definition, values, as_written, page.language)


def _parts(
    questions: Sequence[Question], waiting: Collection[str], sheet: Sheet, page: FormPage
) -> Iterator[tuple[str, str, list[str]]]:
    """Return the titles of the sections on the page, each with the language that stands in and its questions.

    What an answer on the page may call up stands in a template: without a script it is not there.
    """
    # Where some questions of the survey are required and some are not, the free ones say so.
    is_mixed = len({question.is_required for question in page.definition if KINDS[question.kind].asks}) == 2
    for number, section in groupby(questions, key=lambda question: question.page):
        drawn = []
        for question in section:
            is_free = not question.is_required and KINDS[question.kind].asks
            place = Place(is_optional=is_mixed and is_free)
            refused = page.errors.get(question.key)
            html = draw_question(question, place, sheet, refused, version_id=page.version_id)
            if question.key in waiting:
                html = format_html('<template data-for="{}">{}</template>', question.key, html)
            drawn.append(html)
        meta = page.definition.page_by_number.get(number)
        title = meta.title if meta else Text({}, page.language)
        yield title.into(page.language), title.stand_in(page.language), drawn


def _refusals(
    questions: Sequence[Question], sheet: Sheet, errors: Mapping[str, AnswerRefused]
) -> tuple[list[Refusal], list[Refusal]]:
    """Return what was wrong, and what is only new."""
    problems: list[Refusal] = []
    notes: list[Refusal] = []
    for question in questions:
        if question.key in errors:
            refused = errors[question.key]
            found = notes if refused.code == UNSEEN else problems
            text, language = question.text, sheet.language
            found.append(
                (question.key, text.into(language), text.stand_in(language), refusal(refused, sheet))
            )
    return problems, notes
