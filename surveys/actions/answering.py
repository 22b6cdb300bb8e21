"""The one write of a response, for open and personal links, forms and API alike: exactly once.

The database decides. One guarded INSERT reads the survey's state, the link's state and whether the response
is complete already, in the same instant in which it writes; UNIQUE(survey, submission_key) and
UNIQUE(invitation) settle every race. A submission counts if the survey is open when that statement runs:
what arrives after closing is refused, however early its page was loaded.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

from surveys.answers import Checked
from surveys.definition import Definition
from surveys.kinds import Answer
from surveys.links import token_hash
from surveys.models import Version
from surveys.versions import Published, published
from surveys.visits import API, PERSONAL, Link, NotTaken, OpenLink, PersonalLink, SurveyClosed

C = TypeVar("C", bound=Checked)

WRITE = """
INSERT INTO surveys_response AS response (
    public_id, survey_id, version_id, collector_id, invitation_id, contact_id, account_id, submission_key,
    started_at, submitted_at, changed_at, revision, language, channel, answers, hidden, is_test, flags
)
SELECT
    gen_random_uuid(), survey.id, version.id, {who}, %(key)s,
    %(started_at)s, %(submitted_at)s::timestamptz, %(now)s, 1, %(language)s, {channel},
    %(answers)s, '{{}}', false, '{{}}'
FROM {link}
JOIN surveys_survey survey ON survey.id = link.survey_id
JOIN surveys_version version ON version.survey_id = survey.id AND version.id = %(version)s
WHERE {is_usable}
    AND survey.live_version_id IS NOT NULL
    AND (survey.opens_at IS NULL OR survey.opens_at <= %(now)s)
    AND (survey.closes_at IS NULL OR survey.closes_at > %(now)s)
ON CONFLICT ({once}) DO UPDATE SET
    version_id = excluded.version_id, submission_key = excluded.submission_key,
    submitted_at = excluded.submitted_at, changed_at = excluded.changed_at, revision = response.revision + 1,
    language = excluded.language, answers = excluded.answers
WHERE response.submitted_at IS NULL
RETURNING public_id
"""
WRITE_OPEN = WRITE.format(
    link="surveys_collector link",
    who="link.id, NULL, NULL, NULL",
    channel="link.channel",
    is_usable="link.slug = %(link)s AND (link.closed_at IS NULL OR link.closed_at > %(now)s)",
    once="survey_id, submission_key",
)
# The contact and the account are the invitation's: nothing in a request can change whose answers they are.
WRITE_PERSONAL = WRITE.format(
    link="surveys_invitation link JOIN accounts_contact contact ON contact.id = link.contact_id",
    who="NULL, link.id, contact.id, contact.account_id",
    channel=f"'{PERSONAL}'",
    is_usable="link.token_hash = %(link)s AND link.revoked_at IS NULL"
    " AND (link.expires_at IS NULL OR link.expires_at > %(now)s)",
    once="invitation_id",
)
WRITE_HANDED_IN = WRITE.format(
    link="(SELECT id AS survey_id FROM surveys_survey WHERE id = %(link)s) link"
    " LEFT JOIN accounts_contact contact ON contact.id = %(contact)s",
    who="NULL, NULL, contact.id, contact.account_id",
    channel=f"'{API}'",
    is_usable="true",
    once="survey_id, submission_key",
)


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

    `goes_on` is true for a page of several: it is read on top of the answers saved so far.
    """

    key: str
    version_id: int
    language: str
    started_at: datetime
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Recorded(Generic[C]):
    """A stored response; `is_new` is false when an earlier sending of the same had stored it."""

    public_id: UUID
    checked: C
    is_new: bool


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
    version = seen_version(submission.version_id)
    if not submission.goes_on:
        return _record(link, submission, version, read(version.definition, {}), now)
    with transaction.atomic():
        # The row lock lets two tabs that save different pages do so one after the other.
        rows = link.responses(submission.key).select_for_update(of=("self",))
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
        public_id = _write(link, submission, checked, now)
        if public_id is not None:
            return Recorded(public_id, checked, is_new=True)
    visit = link.visit(submission.key, now)
    if visit.saved and visit.is_answered:
        if visit.saved.submission_key != link.stored_key(submission.key) or not checked.is_complete:
            raise AlreadyAnswered(visit)
        if checked.errors or visit.saved.answers != checked.answers:
            raise AnsweredDifferently(visit)
        return Recorded(visit.saved.public_id, checked, is_new=False)
    if version.survey_id != visit.survey_id:
        raise VersionUnknown
    visit.refuse_unless_open(now)
    if checked.errors:
        raise AnswersRefused(checked)
    # The write found the survey closed, and it was opened again before we could ask why.
    raise SurveyClosed(visit)


def _write(link: Link, submission: Submission, checked: Checked, now: datetime) -> UUID | None:
    """Insert the response or complete the partial one; None when the database has a reason not to."""
    statement, where = _statement(link)
    values = {
        **where,
        "version": submission.version_id,
        "key": link.stored_key(submission.key),
        "started_at": min(submission.started_at, now),
        "submitted_at": now if checked.is_complete else None,
        "now": now,
        "language": submission.language,
        "answers": json.dumps(checked.answers),
    }
    with _prepared_cursor() as cursor:
        cursor.execute(statement, values)
        row = cursor.fetchone()
    return row[0] if row else None


def _statement(link: Link) -> tuple[str, dict[str, str | bytes | int | None]]:
    if isinstance(link, OpenLink):
        return WRITE_OPEN, {"link": link.slug}
    if isinstance(link, PersonalLink):
        return WRITE_PERSONAL, {"link": token_hash(link.token)}
    return WRITE_HANDED_IN, {"link": link.survey_id, "contact": link.contact_id}


def _prepared_cursor() -> CursorWrapper:
    """Return a cursor whose statements the server parses and plans once a connection, not once a response.

    Django puts the values into the text and sends it anew each time: planning this one took three quarters
    of the time of a response. `prepare_threshold` in the settings says when a statement is kept.
    """
    # Looked up once: every attribute of Django's `connection` is looked up by thread.
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    wrap = database.make_debug_cursor if database.queries_logged else database.make_cursor
    return wrap(ServerBindingCursor(database.connection))  # type: ignore[call-arg, arg-type]
