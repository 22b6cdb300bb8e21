from collections.abc import Mapping
from dataclasses import dataclass

from django.http import HttpResponse

from surveys.actions.answering import Submission
from surveys.answers import read_form
from surveys.definition import Definition
from surveys.hidden import IN_FORM, read_hidden
from surveys.kinds import Answer
from surveys.paging import Turn, turn_back, turn_page
from surveys.views.incoming import BACK, Form
from surveys.views.looks import look_of
from surveys.views.pages import FormPage, render_form
from surveys.views.replies import html_response
from surveys.views.venues import PLAIN, Venue
from surveys.visits import Link, person_of, seed_of


@dataclass(frozen=True, slots=True)
class Sent:
    """A sent page, with what it was made from."""

    form: Form
    version_id: int
    definition: Definition
    language: str
    action: str
    link: Link | None = None

    @property
    def hidden(self) -> dict[str, str]:
        """The hidden fields that the survey allows."""
        return read_hidden(self.definition, self.form.fields, prefix=IN_FORM)

    def submission(self, *, flags: tuple[str, ...] = (), visitor: bytes = b"") -> Submission:
        """Return what the page says about itself, and what the request says about it."""
        return Submission(
            key=self.form.key,
            version_id=self.version_id,
            language=self.language,
            started_at=self.form.started_at,
            goes_on=self.form.page is not None and len(self.definition.pages) > 1,
            is_change=self.form.is_change,
            is_limited=self.form.is_limited,
            hidden=self.hidden,
            flags=flags,
            visitor=visitor,
        )

    def read(self, definition: Definition, kept: Mapping[str, Answer]) -> Turn:
        """Return what the page leads to, on top of the answers kept so far."""
        form = self.form
        if form.go == BACK and form.page is not None:
            return turn_back(definition, form.fields, page=form.page, kept=kept)
        return turn_page(definition, form.fields, page=form.page, shown=form.shown, kept=kept)

    def as_typed(self, definition: Definition, kept: Mapping[str, Answer]) -> Turn:
        """Return the same page as it stands: nothing is demanded, and what is wrong waits for its turn."""
        page = self.form.page or 0
        here = definition.pages[page]
        checked = read_form(
            definition, self.form.fields, kept=kept, on_page=here, is_complete=False, is_demanding=False
        )
        return Turn(checked.answers, {}, is_complete=False, page=page)

    def draw(self, turn: Turn, status: int = 200, venue: Venue = PLAIN, **preview: object) -> HttpResponse:
        """Return the page that comes next, or the same again with its fields as they were sent."""
        page = FormPage(
            definition=self.definition,
            page=turn.page,
            language=self.language,
            answers=turn.answers,
            action=self.action,
            key=self.form.key,
            version_id=self.version_id,
            started=int(self.form.started_at.timestamp()),
            fields=self.form.fields,
            errors=turn.errors,
            is_change=self.form.is_change,
            is_limited=self.form.is_limited,
            hidden=self.hidden,
            person=person_of(self.link, self.definition),
            seed=seed_of(self.link, self.form.key),
            venue=venue,
            keeps=not preview,
        )
        return html_response(render_form(page, **preview), status, venue, look_of(self.definition.theme))
