"""Who stands before which survey: what a link leads to, read from the database in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q, QuerySet

from surveys.kinds import Answer
from surveys.links import token_hash
from surveys.models import Collector, Invitation, Response, Survey

SURVEY_COLUMNS = (
    "survey_id",
    "survey__live_version_id",
    "survey__opens_at",
    "survey__closes_at",
)
# The channel of a response to a personal link, and of one that a program hands in.
PERSONAL = "personal"
API = "api"
RESPONSE_COLUMNS = ("public_id", "submission_key", "version_id", "submitted_at", "language", "answers")


class LinkUnknown(Exception):
    """The link leads nowhere: never made, revoked or expired, and nobody is told which."""


class NotTaken(Exception):
    """Answers are not taken here; `visit` says what the link leads to."""

    def __init__(self, visit: "Visit") -> None:
        super().__init__()
        self.visit = visit


class NotYetOpen(NotTaken):
    """The survey takes no answers yet."""


class SurveyClosed(NotTaken):
    """The survey, or this open link to it, takes no more answers."""


@dataclass(frozen=True, slots=True)
class Saved:
    """A response as it stands, partial or complete."""

    public_id: UUID
    submission_key: str
    version_id: int
    submitted_at: datetime | None
    language: str
    answers: Mapping[str, Answer]


@dataclass(frozen=True, slots=True)
class Visit:
    """What a link leads to at one moment; `saved` is the response that it stands for, if there is one."""

    survey_id: int
    live_version_id: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    link_closed_at: datetime | None
    contact_language: str
    saved: Saved | None

    @property
    def is_answered(self) -> bool:
        """Whether a complete response is there already."""
        return self.saved is not None and self.saved.submitted_at is not None

    @property
    def version_id(self) -> int | None:
        """The version that the visitor sees: that of what was begun, else the live one, None before any."""
        return self.saved.version_id if self.saved else self.live_version_id

    def refuse_unless_open(self, now: datetime) -> None:
        """Raise NotYetOpen or SurveyClosed unless answers are taken at the instant."""
        if self.live_version_id is None or (self.opens_at and self.opens_at > now):
            raise NotYetOpen(self)
        if any(end and end <= now for end in (self.closes_at, self.link_closed_at)):
            raise SurveyClosed(self)


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that anyone may answer, again and again; a submission key names one of the visits."""

    slug: str

    def visit(self, key: str, now: datetime) -> Visit:
        """Return what the link leads to, with the response that the key names. Raises LinkUnknown."""
        rows = Collector.objects.filter(slug=self.slug).annotate(
            mine=FilteredRelation("survey__responses", condition=Q(survey__responses__submission_key=key))
        )
        columns = (*SURVEY_COLUMNS, *(f"mine__{name}" for name in RESPONSE_COLUMNS))
        row = rows.values_list("closed_at", *columns).first()
        if row is None:
            raise LinkUnknown
        closed_at, *rest = row
        return _visit(rest, link_closed_at=closed_at, contact_language="")

    def stored_key(self, key: str) -> str:
        """Return the submission key as the row holds it."""
        return key

    def responses(self, key: str) -> QuerySet[Response]:
        """Return the response that the key names, or none."""
        return Response.objects.filter(survey__collectors__slug=self.slug, submission_key=key)


@dataclass(frozen=True, slots=True)
class PersonalLink:
    """A link that one contact may answer once."""

    token: str

    def visit(self, key: str, now: datetime) -> Visit:
        """Return what the link leads to, with its response if there is one. Raises LinkUnknown."""
        rows = Invitation.objects.usable_at(now).filter(token_hash=token_hash(self.token))
        columns = (*SURVEY_COLUMNS, *(f"response__{name}" for name in RESPONSE_COLUMNS))
        row = rows.values_list("contact__language", *columns).first()
        if row is None:
            raise LinkUnknown
        language, *rest = row
        return _visit(rest, link_closed_at=None, contact_language=language)

    def stored_key(self, key: str) -> str:
        """Return the submission key as the row holds it: no key of one invitation is one of another."""
        return f"{token_hash(self.token).hex()[:32]}:{key}"

    def responses(self, key: str) -> QuerySet[Response]:
        """Return the response to the invitation, whatever key it was sent under, or none."""
        return Response.objects.filter(invitation__token_hash=token_hash(self.token))


@dataclass(frozen=True, slots=True)
class HandedIn:
    """No link: a program hands in what someone answered elsewhere, and says whose answers they are."""

    survey_id: int
    contact_id: int | None

    def visit(self, key: str, now: datetime) -> Visit:
        """Return how the survey stands, with the response that the key names. Raises LinkUnknown."""
        mine = Q(responses__submission_key=self.stored_key(key))
        rows = Survey.objects.filter(pk=self.survey_id).annotate(
            mine=FilteredRelation("responses", condition=mine)
        )
        columns = (column.removeprefix("survey__") for column in SURVEY_COLUMNS[1:])
        row = rows.values_list("pk", *columns, *(f"mine__{name}" for name in RESPONSE_COLUMNS)).first()
        if row is None:
            raise LinkUnknown
        return _visit(row, link_closed_at=None, contact_language="")

    def stored_key(self, key: str) -> str:
        """Return the submission key as the row holds it: no key of a program is one of a respondent."""
        return f"{API}:{key}"

    def responses(self, key: str) -> QuerySet[Response]:
        """Return the response that the key names, or none."""
        return Response.objects.filter(survey=self.survey_id, submission_key=self.stored_key(key))


Link = OpenLink | PersonalLink | HandedIn


def _visit(row: Sequence[Any], *, link_closed_at: datetime | None, contact_language: str) -> Visit:
    survey_id, live_version_id, opens_at, closes_at, *response = row
    return Visit(
        survey_id=survey_id,
        live_version_id=live_version_id,
        opens_at=opens_at,
        closes_at=closes_at,
        link_closed_at=link_closed_at,
        contact_language=contact_language,
        saved=Saved(*response) if response[0] else None,
    )
