"""The real page of a survey for who makes it: the same look, turns and branches, nothing stored but tests."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from django.http import HttpRequest, HttpResponse
from django.template.backends.utils import csrf_input
from django.utils import timezone

from surveys.actions.answering import Submission
from surveys.answers import read_form
from surveys.branching import ending_of
from surveys.definition import Definition, Question
from surveys.filling import filled_for
from surveys.kinds import Answer
from surveys.languages import choose_language
from surveys.paging import Turn, next_page
from surveys.views.doors import message_page
from surveys.views.incoming import RequestRefused, form_of
from surveys.views.looks import look_of
from surveys.views.messages import render_thanks
from surveys.views.pages import fields_of
from surveys.views.replies import html_response
from surveys.views.sent import Sent
from surveys.wording import wording


class Keep(Protocol):
    """What stores complete answers."""

    def __call__(self, submission: Submission, answers: Mapping[str, Answer], *, now: datetime) -> object:
        """Store them, once for one submission."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """The version that is answered, and what stores the answers to it."""

    version_id: int
    keep: Keep


def preview_page(
    request: HttpRequest,
    definition: Definition,
    *,
    language: str | None,
    at: str | None = None,
    action: str | None = None,
    keeper: Keeper | None = None,
) -> HttpResponse:
    """Return a page of the survey marked as a preview; the answers so far travel in the form itself.

    It begins with the screen of the question `at`, shown whatever its conditions say, and is sent to the
    address `action`. A `keeper` is handed the complete answers at the end. For a view that has seen to
    permission and to the CSRF token, as the admin's has.
    """
    question = definition.question_by_key.get(at or "")
    if question is not None and request.method != "POST":
        definition = _unconditional(definition, question)
    fields = {name: [str(value) for value in values] for name, values in request.POST.lists()}
    try:
        form = form_of(fields, now=timezone.now())
    except RequestRefused as refused:
        return message_page(request, refused.phrase, refused.status)
    chosen = choose_language(definition.languages, filter(None, (form.language, language)))
    sent = Sent(form, keeper.version_id if keeper else 0, definition, chosen, action or request.path)
    response = _following(request, sent, at, keeper)
    # The admin may show it in a frame of its own.
    response["Content-Security-Policy"] = look_of(definition.theme).policy("'self'")
    response["X-Frame-Options"] = "SAMEORIGIN"
    # Without any referrer a browser sends the origin "null", which the check of the CSRF token refuses.
    response["Referrer-Policy"] = "same-origin"
    return response


def _unconditional(definition: Definition, question: Question) -> Definition:
    """Return the definition with every question on the page of this one asked of everyone."""
    questions = tuple(
        replace(one, show_if=None) if one.page == question.page else one for one in definition.questions
    )
    pages = tuple(
        replace(page, show_if=None) if page.number == question.page else page
        for page in definition.pages_meta
    )
    return replace(definition, questions=questions, pages_meta=pages)


def _first_page(definition: Definition, at: str | None) -> int:
    screens = enumerate(definition.pages)
    here = next((n for n, screen in screens if any(one.key == at for one in screen)), None)
    return next_page(definition, {}, -1) or 0 if here is None else here


def _following(request: HttpRequest, sent: Sent, at: str | None, keeper: Keeper | None) -> HttpResponse:
    form, definition = sent.form, sent.definition
    notice = wording(sent.language)["test" if keeper else "preview"]
    kept = read_form(definition, form.fields, is_complete=False, is_demanding=False).answers
    if request.method != "POST":
        turn = Turn({}, {}, is_complete=False, page=_first_page(definition, at))
    elif form.page is not None and form.page not in range(len(definition.pages)):
        return message_page(request, "broken", 400)
    else:
        turn = sent.as_typed(definition, kept) if form.is_switch else sent.read(definition, kept)
    if turn.is_complete:
        if keeper:
            keeper.keep(sent.submission(), turn.answers, now=timezone.now())
        told = filled_for(definition, turn.answers, language=sent.language, hidden=sent.hidden)
        thanks = render_thanks(told, sent.language, ending_of(told, turn.answers), notice=notice)
        return html_response(thanks, look=look_of(definition.theme))
    on_page = {question.key for question in definition.pages[turn.page]}
    earlier = {key: answer for key, answer in {**kept, **turn.answers}.items() if key not in on_page}
    carried = [(name, value) for name, values in fields_of(definition, earlier).items() for value in values]
    is_refused = bool(turn.errors) and not turn.is_only_unseen
    return sent.draw(
        turn, 400 if is_refused else 200, notice=notice, carried=carried, csrf=csrf_input(request)
    )
