"""Who stands before which survey: what a link leads to, read from the database in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import FilteredRelation, Q, QuerySet

from surveys.definition import Definition
from surveys.filling import PERSON
from surveys.kinds import Answer
from surveys.limits import Limits, limits_of
from surveys.links import token_hash
from surveys.models import Collector, Invitation, Response, Survey
from surveys.privacy import IDENTIFIED

SURVEY_COLUMNS = (
    "survey_id",
    "survey__live_version_id",
    "survey__opens_at",
    "survey__closes_at",
    "survey__allows_changes",
)
# The channel of a response to a personal link, and of one that a program hands in.
PERSONAL = "personal"
API = "api"
RESPONSE_COLUMNS = (
    *("public_id", "submission_key", "version_id", "submitted_at", "language", "answers", "hidden"),
    "afterword",
)
# Begins the submission key of an answer whose invitation is not kept beside it.
PRIVATE_KEY = "private"


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


class SurveyFull(NotTaken):
    """As many as were wanted have answered; `ending` is the key of the ending to show, '' for none."""

    def __init__(self, visit: "Visit", ending: str = "") -> None:
        super().__init__(visit)
        self.ending = ending


@dataclass(frozen=True, slots=True)
class Saved:
    """A response as it stands, partial or complete."""

    public_id: UUID
    submission_key: str
    version_id: int
    submitted_at: datetime | None
    language: str
    answers: Mapping[str, Answer]
    hidden: Mapping[str, str]
    afterword: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Visit:
    """What a link leads to at one moment; `saved` is the response that it stands for, if there is one.

    `answered_on` is the day on which a personal link of a survey without names was used up.
    """

    survey_id: int
    live_version_id: int | None
    opens_at: datetime | None
    closes_at: datetime | None
    allows_changes: bool
    limits: Limits
    saved: Saved | None
    link_closed_at: datetime | None = None
    contact_language: str = ""
    answered_on: date | None = None
    channel: str = PERSONAL
    allowed_origins: tuple[str, ...] = ()

    @property
    def is_answered(self) -> bool:
        """Whether a complete response is there already."""
        return bool(self.answered_on or (self.saved and self.saved.submitted_at))

    @property
    def may_change(self) -> bool:
        """Whether who answered may answer anew."""
        return self.allows_changes and bool(self.saved and self.saved.submitted_at) and not self.answered_on

    @property
    def version_id(self) -> int | None:
        """The version that the visitor sees: that of what was begun, else the live one, None before any."""
        return self.saved.version_id if self.saved else self.live_version_id

    def refuse_unless_open(self, now: datetime) -> None:
        """Raise NotYetOpen, SurveyClosed or SurveyFull unless answers are taken at the instant."""
        if self.live_version_id is None or (self.opens_at and self.opens_at > now):
            raise NotYetOpen(self)
        if any(end and end <= now for end in (self.closes_at, self.link_closed_at)):
            raise SurveyClosed(self)
        if self.limits.is_full:
            raise SurveyFull(self)


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link that anyone may answer, again and again; a submission key names one of the visits."""

    slug: str

    def visit(self, key: str, now: datetime) -> Visit:
        """Return what the link leads to, with the response that the key names. Raises LinkUnknown."""
        rows = Collector.objects.filter(slug=self.slug).annotate(
            mine=FilteredRelation("survey__responses", condition=Q(survey__responses__submission_key=key)),
            limits=limits_of("survey", link="pk"),
        )
        columns = (*SURVEY_COLUMNS, "limits", *(f"mine__{name}" for name in RESPONSE_COLUMNS))
        row = rows.values_list("closed_at", "channel", "allowed_origins", *columns).first()
        if row is None:
            raise LinkUnknown
        closed_at, channel, allowed_origins, *rest = row
        return _visit(rest, link_closed_at=closed_at, channel=channel, allowed_origins=tuple(allowed_origins))

    def stored_key(self, key: str, privacy: str) -> str:
        """Return the submission key as the row holds it."""
        return key

    def responses(self, key: str, privacy: str) -> QuerySet[Response]:
        """Return the response that the key names, or none."""
        return Response.objects.filter(survey__collectors__slug=self.slug, submission_key=key)


@dataclass(frozen=True, slots=True)
class PersonalLink:
    """A link that one contact may answer once."""

    token: str

    def visit(self, key: str, now: datetime) -> Visit:
        """Return what the link leads to, with its response if there is one. Raises LinkUnknown.

        Where no names are kept the invitation has no response; there the key alone names what was sent.
        """
        private = Q(survey__responses__submission_key=_private(key))
        rows = (
            Invitation.objects.usable_at(now)
            .filter(token_hash=token_hash(self.token))
            .annotate(
                unnamed=FilteredRelation("survey__responses", condition=private),
                limits=limits_of("survey"),
            )
        )
        columns = (
            *(*SURVEY_COLUMNS, "limits"),
            *(f"response__{name}" for name in RESPONSE_COLUMNS),
            *(f"unnamed__{name}" for name in RESPONSE_COLUMNS),
        )
        row = rows.values_list("contact__language", "answered_on", *columns).first()
        if row is None:
            raise LinkUnknown
        language, answered_on, *rest = row
        end = len(rest) - len(RESPONSE_COLUMNS)
        is_named = rest[end - len(RESPONSE_COLUMNS)] is not None
        rest = rest[:end] if is_named else [*rest[: end - len(RESPONSE_COLUMNS)], *rest[end:]]
        return _visit(rest, contact_language=language, answered_on=answered_on)

    def person(self) -> dict[str, str]:
        """Return whom the link was made for, by the names of placeholders; {} where nobody knows."""
        rows = Invitation.objects.filter(token_hash=token_hash(self.token))
        row = rows.values_list("contact__name", "contact__title", "contact__account__name").first()
        if row is None:
            return {}
        name, title, account = row
        return dict(zip(PERSON, (next(iter(name.split()), ""), name, title, account), strict=True))

    def stored_key(self, key: str, privacy: str) -> str:
        """Return the submission key as the row holds it: no key of one invitation is one of another.

        Where no names are kept, nothing of the invitation is in it.
        """
        named = f"{token_hash(self.token).hex()[:32]}:{key}"
        return named if privacy == IDENTIFIED else _private(key)

    def responses(self, key: str, privacy: str) -> QuerySet[Response]:
        """Return the response to the invitation, whatever key it was sent under, or none."""
        if privacy == IDENTIFIED:
            return Response.objects.filter(invitation__token_hash=token_hash(self.token))
        survey = Invitation.objects.filter(token_hash=token_hash(self.token)).values("survey")
        return Response.objects.filter(survey__in=survey, submission_key=_private(key))


@dataclass(frozen=True, slots=True)
class HandedIn:
    """No link: a program hands in what someone answered elsewhere, and says whose answers they are."""

    survey_id: int
    contact_id: int | None

    def visit(self, key: str, now: datetime) -> Visit:
        """Return how the survey stands, with the response that the key names. Raises LinkUnknown."""
        mine = Q(responses__submission_key=self.stored_key(key, IDENTIFIED))
        rows = Survey.objects.filter(pk=self.survey_id).annotate(
            mine=FilteredRelation("responses", condition=mine), limits=limits_of("pk")
        )
        columns = (column.removeprefix("survey__") for column in SURVEY_COLUMNS[1:])
        row = rows.values_list(
            "pk", *columns, "limits", *(f"mine__{name}" for name in RESPONSE_COLUMNS)
        ).first()
        if row is None:
            raise LinkUnknown
        return _visit(row, channel=API)

    def stored_key(self, key: str, privacy: str) -> str:
        """Return the submission key as the row holds it: no key of a program is one of a respondent."""
        return f"{API}:{key}"

    def responses(self, key: str, privacy: str) -> QuerySet[Response]:
        """Return the response that the key names, or none."""
        return Response.objects.filter(survey=self.survey_id, submission_key=self.stored_key(key, privacy))


Link = OpenLink | PersonalLink | HandedIn


def person_of(link: Link | None, definition: Definition) -> dict[str, str]:
    """Return whom a personal link was made for, by the names of placeholders; {} where no text asks."""
    if not isinstance(link, PersonalLink) or definition.piped.isdisjoint(PERSON):
        return {}
    return link.person()


def seed_of(link: Link | None, key: str) -> str:
    """Return what the random orders of a response come from: the same however often its page is opened."""
    return link.token if isinstance(link, PersonalLink) else key


def _private(key: str) -> str:
    return f"{PRIVATE_KEY}:{key}"


def _visit(row: Sequence[Any], **rest: Any) -> Visit:
    survey_id, live_version_id, opens_at, closes_at, allows_changes, limits, *response = row
    return Visit(
        survey_id=survey_id,
        live_version_id=live_version_id,
        opens_at=opens_at,
        closes_at=closes_at,
        allows_changes=allows_changes,
        limits=Limits.of(limits),
        saved=Saved(*response) if response[0] else None,
        **rest,
    )
