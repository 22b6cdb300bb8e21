"""The one write of a response, for open and personal links, forms and API alike: exactly once.

The database decides. One guarded INSERT reads the survey's state, the link's state and whether the response
is complete already, in the same instant in which it writes; UNIQUE(survey, submission_key) and
UNIQUE(invitation) settle every race. A submission counts if the survey is open when that statement runs:
what arrives after closing is refused, however early its page was loaded.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections, transaction

from accounts.prepared import prepared_row
from surveys.actions.statements import LEAST_ASKED, LOCK, LOCK_CLASS, SAME_ADDRESS, Door, statement
from surveys.answers import Checked
from surveys.definition import Definition
from surveys.kinds import Answer
from surveys.links import token_hash
from surveys.models import Version
from surveys.privacy import IDENTIFIED, coarse, start_of_day
from surveys.versions import Published, published
from surveys.visits import Link, NotTaken, OpenLink, PersonalLink, SurveyClosed, SurveyFull, Visit

C = TypeVar("C", bound=Checked)


class VersionUnknown(Exception):
    """The answers name a version that is not one of this survey's."""


class AnswersRefused(Exception):
    """Answers that may not be stored; `checked` says which and why."""

    def __init__(self, checked: Checked) -> None:
        super().__init__(", ".join(f"{key}: {error}" for key, error in checked.errors.items()))
        self.checked = checked


class AlreadyAnswered(NotTaken):
    """A complete response is there already, from another sending."""


class AnsweredDifferently(NotTaken):
    """The same submission was complete already, with other answers; they stay as they were."""


@dataclass(frozen=True, slots=True)
class Submission:
    """What one sending says about itself. Whom it is from is never among it: the link says that.

    `goes_on` is true for a page of several: it is read on top of the answers saved so far. `is_change` asks
    to put these answers in the place of complete ones, where the survey lets people change theirs.
    `is_limited` is what the page thought of the survey's limits: it only spares a statement.
    """

    key: str
    version_id: int
    language: str
    started_at: datetime
    goes_on: bool = False
    is_change: bool = False
    is_limited: bool = False
    hidden: Mapping[str, str] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    visitor: bytes = b""


@dataclass(frozen=True, slots=True)
class Recorded(Generic[C]):
    """A stored response; `is_new` is false when an earlier sending of the same had stored it.

    `told` is what the statement that has just stored it says of it: its public id first.
    """

    public_id: UUID
    checked: C
    is_new: bool
    told: Sequence[Any] = ()


def record_response(
    link: Link,
    submission: Submission,
    read: Callable[[Definition, Mapping[str, Answer]], C],
    *,
    now: datetime,
) -> Recorded[C]:
    """Store what `read` makes of the version's definition and the answers so far; complete or partial.

    The same submission again gives the same result. Raises LinkUnknown, NotYetOpen, SurveyClosed,
    VersionUnknown, AlreadyAnswered, AnsweredDifferently or AnswersRefused, and then nothing is stored.
    """
    try:
        return _record_once(link, submission, read, now)
    except IntegrityError:
        # A statement names one constraint that it makes way for, and two sendings of one page to a personal
        # link can meet in the other first. Whoever was faster has committed by now, and is found.
        return _record_once(link, submission, read, now)


def _record_once(
    link: Link,
    submission: Submission,
    read: Callable[[Definition, Mapping[str, Answer]], C],
    now: datetime,
) -> Recorded[C]:
    version = seen_version(submission.version_id)
    if not submission.goes_on and not submission.is_limited:
        return _record(link, submission, version, read(version.definition, {}), now)
    with transaction.atomic():
        if submission.is_limited:
            _wait_for_turn(version.survey_id)
        if not submission.goes_on:
            return _record(link, submission, version, read(version.definition, {}), now)
        # The row lock lets two tabs that save different pages do so one after the other.
        rows = link.responses(submission.key, version.definition.privacy).select_for_update(of=("self",))
        kept = rows.values_list("answers", flat=True).first()
        return _record(link, submission, version, read(version.definition, kept or {}), now)


def seen_version(version_id: int) -> Published:
    """Return the version that a page was made from. Raises VersionUnknown."""
    try:
        return published(version_id)
    except Version.DoesNotExist:
        raise VersionUnknown from None


def _record(link: Link, submission: Submission, version: Published, checked: C, now: datetime) -> Recorded[C]:
    if not checked.errors:
        told = _write(link, submission, version, checked, now)
        if told is not None:
            return Recorded(told[0], checked, is_new=True, told=told)
    visit = link.visit(submission.key, now)
    if visit.is_answered:
        _refuse_another(link, submission, version, checked, visit)
        assert visit.saved is not None
        return Recorded(visit.saved.public_id, checked, is_new=False)
    if version.survey_id != visit.survey_id:
        raise VersionUnknown
    visit.refuse_unless_open(now)
    if checked.errors:
        raise AnswersRefused(checked)
    if visit.limits.is_limited and not submission.is_limited:
        with transaction.atomic():
            _wait_for_turn(version.survey_id)
            return _record(link, replace(submission, is_limited=True), version, checked, now)
    if visit.limits.quotas:
        raise SurveyFull(visit, visit.limits.ending(checked.answers, visit.survey_id))
    # The write found the survey closed, and it was opened again before we could ask why.
    raise SurveyClosed(visit)


def _refuse_another(
    link: Link, submission: Submission, version: Published, checked: Checked, visit: Visit
) -> None:
    """Raise unless this is the complete submission that is there already, sent once more."""
    key = link.stored_key(submission.key, version.definition.privacy)
    if visit.saved is None or visit.saved.submission_key != key or not checked.is_complete:
        raise AlreadyAnswered(visit)
    if checked.errors or visit.saved.answers != checked.answers:
        raise AnsweredDifferently(visit)


def _write(
    link: Link, submission: Submission, version: Published, checked: Checked, now: datetime
) -> Sequence[Any] | None:
    """Insert the response or complete the partial one; None when the database has a reason not to."""
    privacy = version.definition.privacy
    door, where = _door(link)
    sql = statement(door, privacy, is_limited=submission.is_limited, is_complete=checked.is_complete)
    values: dict[str, Any] = {
        **where,
        **_times(submission, privacy, now, is_complete=checked.is_complete),
        "version": submission.version_id,
        "key": link.stored_key(submission.key, privacy),
        "language": submission.language,
        "answers": json.dumps(checked.answers),
        "hidden": json.dumps(dict(submission.hidden)) if submission.hidden else "{}",
        "flags": [*submission.flags],
        "visitor": submission.visitor,
        "is_change": submission.is_change,
        "same_address": SAME_ADDRESS,
        "least_asked": LEAST_ASKED,
    }
    return prepared_row(sql, values)


def _wait_for_turn(survey_id: int) -> None:
    """Wait until nobody else writes to a limited survey; the turn ends with the transaction."""
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        cursor.execute(LOCK, [LOCK_CLASS, survey_id])


def _times(submission: Submission, privacy: str, now: datetime, *, is_complete: bool) -> dict[str, Any]:
    """Return the times that are stored: no more than the day where no names are kept."""
    if privacy == IDENTIFIED:
        return {
            "started_at": min(submission.started_at, now),
            "submitted_at": now if is_complete else None,
            "changed_at": now,
            "now": now,
        }
    day = start_of_day(now, settings.REPORTING_ZONE)
    return {
        "started_at": day,
        "submitted_at": day if is_complete else None,
        "changed_at": coarse(now),
        "now": now,
        "day": now.astimezone(settings.REPORTING_ZONE).date(),
    }


def _door(link: Link) -> tuple[Door, dict[str, str | bytes | int | None]]:
    if isinstance(link, OpenLink):
        return "open", {"link": link.slug}
    if isinstance(link, PersonalLink):
        return "personal", {"link": token_hash(link.token)}
    return "handed_in", {"link": link.survey_id, "contact": link.contact_id}
