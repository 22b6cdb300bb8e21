"""The statements that store a response: one INSERT each, which reads in the same instant whether it may be.

They differ by door (open link, personal link, program), by what the survey promised about names, and by
whether it has limits, which are counted under a lock.
"""

from functools import lru_cache
from typing import Literal

from surveys.privacy import ANONYMOUS, IDENTIFIED
from surveys.visits import API, PERSONAL

Door = Literal["open", "personal", "handed_in"]

# Whoever limits a survey has its writers go one after the other, so that what they count holds.
LOCK = "SELECT pg_advisory_xact_lock(%s, %s)"
LOCK_CLASS = 0x65617273
# So many answers a day from one address on one link are an office; what comes after them is flagged.
SAME_ADDRESS = 50
# A company's name stays on a confidential answer where at least so many of its people were asked.
LEAST_ASKED = 5

WRITE = """
WITH {ballot} stored AS (
INSERT INTO surveys_response AS response (
    public_id, survey_id, version_id, collector_id, invitation_id, contact_id, account_id, submission_key,
    started_at, submitted_at, changed_at, revision, language, channel, answers, hidden, is_test, flags
)
SELECT
    gen_random_uuid(), survey.id, version.id, {who}, %(key)s::varchar,
    %(started_at)s, %(submitted_at)s::timestamptz, %(changed_at)s, 1, %(language)s, {channel},
    %(answers)s::jsonb, %(hidden)s::jsonb, false, {flags}
FROM {link}
JOIN surveys_survey survey ON survey.id = link.survey_id
JOIN surveys_version version ON version.survey_id = survey.id AND version.id = %(version)s
WHERE {may}
ON CONFLICT ({once}) DO UPDATE SET
    version_id = excluded.version_id, submission_key = excluded.submission_key,
    submitted_at = coalesce(response.submitted_at, excluded.submitted_at), changed_at = excluded.changed_at,
    revision = response.revision + 1, language = excluded.language, answers = excluded.answers,
    hidden = response.hidden || excluded.hidden, flags = excluded.flags, revealed_at = NULL
WHERE {again}
RETURNING {told}
){after}
SELECT * FROM stored
"""
# What is said of a stored response: to a respondent its name, to a program all but the answers it has sent.
PUBLIC_ID = "public_id"
TOLD = (
    *(PUBLIC_ID, "survey_id", "version_id", "account_id", "contact_id", "invitation_id", "started_at"),
    *("submitted_at", "changed_at", "language", "channel", "is_test"),
)
OPEN = """
    survey.live_version_id IS NOT NULL
    AND (survey.opens_at IS NULL OR survey.opens_at <= %(now)s)
    AND (survey.closes_at IS NULL OR survey.closes_at > %(now)s)
"""
UNLIMITED = """
    AND survey.response_limit IS NULL AND {link_limit} IS NULL
    AND NOT EXISTS (SELECT FROM surveys_quota AS quota WHERE quota.survey_id = survey.id)
"""
# A test takes nobody's place; what is flagged does, for a cap is a cap.
ROOM = """
    AND (survey.response_limit IS NULL OR survey.response_limit > (
        SELECT count(*) FROM (SELECT {counted} LIMIT survey.response_limit) AS taken))
    AND ({link_limit} IS NULL OR {link_limit} > (
        SELECT count(*) FROM (
            SELECT {counted} AND other.collector_id = link.id LIMIT {link_limit}) AS taken))
    AND NOT EXISTS (
        SELECT FROM surveys_quota AS quota WHERE quota.survey_id = survey.id
        AND (%(answers)s::jsonb -> quota.question_key) @> quota.value
        AND quota."limit" <= (
            SELECT count(*) FROM (
                SELECT {counted} AND (other.answers -> quota.question_key) @> quota.value
                LIMIT quota."limit") AS taken))
"""
COUNTED = """FROM surveys_response AS other
        WHERE other.survey_id = survey.id AND other.submitted_at IS NOT NULL AND NOT other.is_test
        AND other.submission_key <> %(key)s::varchar {others}"""
# Which answer came with which ballot is written nowhere: the day is all that is left on the invitation.
BALLOT = """ballot AS (
    UPDATE surveys_invitation AS link SET answered_on = %(day)s
    FROM surveys_survey survey, surveys_version version
    WHERE survey.id = link.survey_id AND version.survey_id = survey.id AND version.id = %(version)s
        AND {may}
    RETURNING link.id, link.survey_id, link.contact_id
),"""
FOOTPRINT = """, footprint AS (
    INSERT INTO surveys_footprint (visitor, at) SELECT %(visitor)s::bytea, %(changed_at)s FROM stored
)"""
SEEN_OFTEN = """CASE WHEN link.channel <> 'kiosk' AND %(same_address)s <= (
        SELECT count(*) FROM (
            SELECT FROM surveys_footprint WHERE visitor = %(visitor)s::bytea LIMIT %(same_address)s) AS seen)
    THEN %(flags)s::varchar[] || 'address'::varchar ELSE %(flags)s::varchar[] END"""
COMPANY = """CASE WHEN %(least_asked)s <= (
        SELECT count(DISTINCT asked.contact_id) FROM surveys_invitation AS asked
        JOIN accounts_contact AS colleague ON colleague.id = asked.contact_id
        WHERE asked.survey_id = link.survey_id AND colleague.account_id = contact.account_id)
    THEN contact.account_id END"""

INVITED = "JOIN accounts_contact contact ON contact.id = link.contact_id"
USABLE_COLLECTOR = "link.slug = %(link)s AND (link.closed_at IS NULL OR link.closed_at > %(now)s)"
USABLE_INVITATION = (
    "link.token_hash = %(link)s AND link.revoked_at IS NULL"
    " AND (link.expires_at IS NULL OR link.expires_at > %(now)s)"
)
# It was not answered under an earlier version either, which kept names.
UNNAMED = """NOT EXISTS (
        SELECT FROM surveys_response AS named
        WHERE named.invitation_id = link.id AND named.submitted_at IS NOT NULL)"""
SUBMISSION = "survey_id, submission_key"
NOT_BEFORE = "response.submitted_at IS NULL"


@lru_cache(maxsize=32)
def statement(door: Door, privacy: str, *, is_limited: bool, is_complete: bool) -> str:
    """Return the statement that stores a response and gives back what is told of it, or nothing."""
    if door == "open":
        return _open(is_limited=is_limited, is_complete=is_complete)
    if door == "handed_in":
        return _handed_in(privacy, is_limited=is_limited)
    if privacy == IDENTIFIED:
        return _personal(is_limited=is_limited)
    return _private(privacy, is_limited=is_limited, is_complete=is_complete)


def _open(*, is_limited: bool, is_complete: bool) -> str:
    return WRITE.format(
        ballot="",
        link="surveys_collector link",
        who="link.id, NULL, NULL, NULL",
        channel="link.channel",
        flags=SEEN_OFTEN if is_complete else "%(flags)s::varchar[]",
        may=f"{USABLE_COLLECTOR} AND {OPEN} {_limits(is_limited, link_limit='link.response_limit')}",
        once=SUBMISSION,
        again=NOT_BEFORE,
        after=FOOTPRINT if is_complete else "",
        told=PUBLIC_ID,
    )


def _personal(*, is_limited: bool) -> str:
    """The contact and the account are the invitation's: nothing in a request says whose answers they are."""
    limits = _limits(is_limited, others="AND other.invitation_id IS DISTINCT FROM link.id")
    return WRITE.format(
        ballot="",
        link=f"surveys_invitation link {INVITED}",
        who="NULL, link.id, contact.id, contact.account_id",
        channel=f"'{PERSONAL}'",
        flags="%(flags)s::varchar[]",
        may=f"{USABLE_INVITATION} AND link.answered_on IS NULL AND {OPEN}"
        f" AND (survey.allows_changes OR NOT %(is_change)s) {limits}",
        once="invitation_id",
        again=f"{NOT_BEFORE} OR %(is_change)s AND (response.submission_key, response.answers)"
        " IS DISTINCT FROM (excluded.submission_key, excluded.answers)",
        after="",
        told=PUBLIC_ID,
    )


def _private(privacy: str, *, is_limited: bool, is_complete: bool) -> str:
    """A personal link without names is answered once as well: by a mark on the invitation."""
    may = f"{USABLE_INVITATION} AND link.answered_on IS NULL AND {UNNAMED} AND {OPEN} {_limits(is_limited)}"
    return WRITE.format(
        ballot=BALLOT.format(may=may) if is_complete else "",
        link=f"{'ballot' if is_complete else 'surveys_invitation'} link {INVITED}",
        who=f"NULL, NULL, NULL, {'NULL::bigint' if privacy == ANONYMOUS else COMPANY}",
        channel=f"'{PERSONAL}'",
        flags="%(flags)s::varchar[]",
        may="true" if is_complete else may,
        once=SUBMISSION,
        again=NOT_BEFORE,
        after="",
        told=PUBLIC_ID,
    )


def _handed_in(privacy: str, *, is_limited: bool) -> str:
    account = {IDENTIFIED: "contact.account_id", ANONYMOUS: "NULL::bigint"}.get(privacy, COMPANY)
    contact = "contact.id" if privacy == IDENTIFIED else "NULL::bigint"
    return WRITE.format(
        ballot="",
        link="(SELECT id AS survey_id, NULL::bigint AS id FROM surveys_survey WHERE id = %(link)s) link"
        " LEFT JOIN accounts_contact contact ON contact.id = %(contact)s",
        who=f"({API_COLLECTOR}), NULL, {contact}, {account}",
        channel=f"'{API}'",
        flags="%(flags)s::varchar[]",
        may=f"{AS_LIVE} AND {OPEN} {_limits(is_limited)}",
        once=SUBMISSION,
        again=NOT_BEFORE,
        after="",
        told=", ".join(f"response.{name}" for name in TOLD),
    )


# A program has seen no page: its answers are held to what is live, by a contact that there is.
AS_LIVE = "survey.live_version_id = version.id AND (%(contact)s::bigint IS NULL OR contact.id IS NOT NULL)"
API_COLLECTOR = """SELECT min(collector.id) FROM surveys_collector AS collector
    WHERE collector.survey_id = survey.id AND collector.channel = 'api' AND collector.closed_at IS NULL"""


def _limits(is_limited: bool, *, link_limit: str = "NULL::integer", others: str = "") -> str:
    if not is_limited:
        return UNLIMITED.format(link_limit=link_limit)
    return ROOM.format(counted=COUNTED.format(others=others), link_limit=link_limit)
