"""The steps from responses to scores, comments and tallies, each one statement over a whole set.

Everything is read from the responses in one statement, the `reading`, so that an edit that comes in
between is seen whole or not at all.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.db.backends.utils import CursorWrapper

from metrics.actions import picks
from metrics.actions.totals import write_totals
from metrics.codebook import codebook
from metrics.formulas.disclosure import shown
from surveys.models import Response, Version

# A survey and a day on which its answers are counted: the unit in which tallies are made.
Cell = tuple[int, date]

READING = """
CREATE TEMPORARY TABLE reading AS
SELECT response.id, response.public_id, response.revision, response.changed_at, response.survey_id,
    response.version_id, response.account_id, response.contact_id, response.language, response.channel,
    response.invitation_id,
    response.is_test, response.answers, response.submitted_at, response.flags, local.day,
    coalesce(slice.segment, account.segment, '') AS segment,
    coalesce(slice.tier, account.tier, '') AS tier,
    coalesce(slice.region, account.region, '') AS region,
    CASE WHEN known.contact_id = response.contact_id THEN known.contact_role
        ELSE coalesce(contact.role, '') END AS contact_role,
    CASE WHEN response.is_test THEN ''
        WHEN version.survey_id <> response.survey_id THEN 'its version belongs to another survey'
        WHEN version.id = ANY(%(unreadable)s) THEN 'its version cannot be read'
        WHEN jsonb_typeof(response.answers) <> 'object' THEN 'its answers are not an object'
        WHEN local.day IS NULL THEN 'its time is outside the calendar'
        ELSE '' END AS fault,
    known.survey_id AS known_survey_id, known.day AS known_day, known.account_id AS known_account_id,
    coalesce(known.known_on, %(today)s, (response.changed_at AT TIME ZONE %(zone)s)::date) AS known_on
FROM surveys_response AS response
JOIN surveys_version AS version ON version.id = response.version_id
LEFT JOIN accounts_account AS account ON account.id = response.account_id
LEFT JOIN accounts_contact AS contact ON contact.id = response.contact_id
LEFT JOIN metrics_absorbed AS known ON known.response_id = response.id
LEFT JOIN metrics_slice AS slice
    ON slice.id = known.slice_id AND known.account_id IS NOT DISTINCT FROM response.account_id
CROSS JOIN LATERAL (SELECT coalesce(response.submitted_at, response.started_at) AS at) AS moment
CROSS JOIN LATERAL (
    SELECT CASE WHEN moment.at >= '1900-01-01' AND moment.at < '9999-01-01'
        THEN (moment.at AT TIME ZONE %(zone)s)::date END AS day
) AS local
"""

# What was said in confidence and not revealed yet is as if it were not there.
WAITS = "response.revealed_at IS NULL AND NOT response.is_test AND response.survey_id = ANY(%(promising)s)"
# The segments of a block of what was revealed, and those of which too few are in it to be told apart.
SEGMENTS = """
SELECT block.place, reading.segment, count(*) FROM reading
JOIN unnest(%(ids)s::bigint[], %(places)s::int[]) AS block (id, place) USING (id) GROUP BY 1, 2
"""
HIDE_SEGMENTS = """
UPDATE reading SET segment = '' FROM unnest(%(ids)s::bigint[], %(places)s::int[]) AS block (id, place)
WHERE reading.id = block.id AND (block.place, reading.segment)
    IN (SELECT * FROM unnest(%(of)s::int[], %(segments)s::text[]))
"""

NEW_SLICES = """
INSERT INTO metrics_slice (segment, tier, region, language, channel)
SELECT segment, tier, region, language, channel FROM reading
EXCEPT SELECT segment, tier, region, language, channel FROM metrics_slice
"""

ANSWERS = """
CREATE TEMPORARY TABLE answer AS
SELECT reading.id AS response_id, book.key AS question_key, book.kind,
    (book.scores ->> given.answer::text)::smallint AS value,
    CASE WHEN book.scores IS NULL AND jsonb_typeof(given.answer) = 'string'
        THEN reading.answers ->> book.key END AS text
FROM reading
JOIN jsonb_to_recordset(%(book)s::jsonb) AS book (version_id bigint, key text, kind text, scores jsonb)
    USING (version_id)
CROSS JOIN LATERAL (SELECT reading.answers -> book.key AS answer OFFSET 0) AS given
WHERE reading.fault = '' AND NOT reading.is_test AND given.answer <> 'null'
"""

MARK_MISFITS = """
UPDATE reading SET fault = 'the answer to ' || misfit.question_key || ' does not fit'
FROM (
    SELECT response_id, min(question_key) AS question_key FROM answer
    WHERE value IS NULL AND text IS NULL GROUP BY response_id
) AS misfit
WHERE reading.id = misfit.response_id
"""

DROP_MISFITS = """
DELETE FROM answer USING reading WHERE reading.id = answer.response_id AND reading.fault <> ''
"""

DROP_ABSORBED = "DELETE FROM metrics_absorbed USING reading WHERE response_id = reading.id"

ADD_ABSORBED = f"""
INSERT INTO metrics_absorbed (response_id, revision, changed_at, survey_id, account_id, contact_id,
    contact_role, slice_id, day, fault, picks, known_on, invitation_id, is_complete, is_test)
SELECT reading.id, revision, changed_at, survey_id, account_id, contact_id, contact_role, slice.id, day,
    fault, {picks.PICKED}, known_on, invitation_id, submitted_at IS NOT NULL, is_test
FROM reading JOIN metrics_slice AS slice USING (segment, tier, region, language, channel)
"""  # noqa: S608 - a statement of ours inside another

DROP_SCORES = "DELETE FROM metrics_score USING reading WHERE response_id = reading.id"

ADD_SCORES = """
INSERT INTO metrics_score (response_id, survey_id, question_key, kind, account_id, contact_id, contact_role,
    slice_id, day, value)
SELECT response_id, survey_id, question_key, kind, account_id, contact_id, contact_role, slice_id, day, value
FROM answer JOIN metrics_absorbed USING (response_id) WHERE value IS NOT NULL
"""

# What was found in a comment stays with it as long as its words do.
DROP_COMMENTS = """
DELETE FROM metrics_comment AS comment USING reading
WHERE comment.response_id = reading.id AND NOT EXISTS (
    SELECT FROM answer WHERE (answer.response_id, answer.question_key, answer.text)
        = (comment.response_id, comment.question_key, comment.text) AND answer.text <> ''
)
"""

MOVE_COMMENTS = """
UPDATE metrics_comment AS comment
SET survey_id = known.survey_id, account_id = known.account_id, day = known.day
FROM metrics_absorbed AS known JOIN reading ON reading.id = known.response_id
WHERE comment.response_id = known.response_id AND (known.survey_id, known.account_id, known.day)
    IS DISTINCT FROM (comment.survey_id, comment.account_id, comment.day)
"""

# Looking for what is there already, in a table that seemed empty when this was planned, took hours. Comments
# of a day lie side by side: to go through the newest of those written in any order took three times as long.
ADD_COMMENTS = """
INSERT INTO metrics_comment (response_id, survey_id, question_key, account_id, day, text, language, themes)
SELECT answer.response_id, reading.survey_id, question_key, reading.account_id, reading.day, text,
    reading.language, '{}'
FROM answer JOIN reading ON reading.id = answer.response_id
WHERE text <> '' ORDER BY reading.day, answer.response_id, question_key
ON CONFLICT (response_id, question_key) DO NOTHING
"""

# Locks: of whoever absorbs or counts what was absorbed, and of whoever closes months.
ABSORBING = 0x65617273_0001
CLOSING = 0x65617273_0003
BEHIND = "UPDATE metrics_close SET is_behind = true WHERE until IS NULL AND month = ANY(%(months)s)"

# Cell by cell, each by the index on survey and day: joined to all cells at once PostgreSQL takes a million
# scores for a few thousand and sorts them on disk, which took six times as long. One kind a cell: two could
# only come from a version that was written past `publish_survey`.
TALLIES = """
WITH cell AS (
    SELECT * FROM unnest(%(surveys)s::bigint[], %(days)s::date[]) AS cell (survey_id, day)
), fresh AS MATERIALIZED (
    SELECT cell.survey_id, question_key, kind, slice_id, cell.day, value, count
    FROM cell CROSS JOIN LATERAL (
        SELECT question_key, min(kind) AS kind, slice_id, value, count(*) AS count
        FROM metrics_score AS score WHERE (score.survey_id, score.day) = (cell.survey_id, cell.day)
        GROUP BY question_key, slice_id, value
    ) AS counted
), gone AS (
    DELETE FROM metrics_tally AS tally USING cell
    WHERE (tally.survey_id, tally.day) = (cell.survey_id, cell.day) AND NOT EXISTS (
        SELECT FROM fresh
        WHERE (fresh.survey_id, fresh.question_key, fresh.day, fresh.slice_id, fresh.value)
            = (tally.survey_id, tally.question_key, tally.day, tally.slice_id, tally.value)
    )
)
INSERT INTO metrics_tally AS tally (survey_id, question_key, kind, slice_id, day, value, count)
SELECT survey_id, question_key, kind, slice_id, day, value, count FROM fresh
ON CONFLICT (survey_id, question_key, day, slice_id, value)
    DO UPDATE SET kind = excluded.kind, count = excluded.count
    WHERE (tally.kind, tally.count) <> (excluded.kind, excluded.count)
"""


class Reading(NamedTuple):
    """What a set of responses touches: cells and accounts, before and now, and the faults found in it."""

    responses: int
    cells: set[Cell]
    accounts: set[int]
    faults: list[tuple[str, str]]


def read_responses(
    cursor: CursorWrapper, ids: list[int] | None, today: date | None, revealed: Sequence[Sequence[int]] = ()
) -> Reading:
    """Read these responses, or all, into `reading` and `answer`, and leave out the answers of faulty ones.

    Those never counted before are known since today, since they changed where no day is given. Of the blocks
    `revealed` a segment shows where enough are of it, and enough of the others.
    """
    chosen = f"WHERE NOT ({WAITS})" if ids is None else "WHERE response.id = ANY(%(ids)s)"
    versions = Version.objects.all()
    if ids is not None:
        versions = versions.filter(pk__in=Response.objects.filter(pk__in=ids).values("version"))
    book = codebook(versions)
    given = {"ids": ids, "zone": settings.REPORTING_TIME_ZONE, "unreadable": book.unreadable, "today": today}
    promising = Version.objects.promising().values_list("survey", flat=True) if ids is None else ()
    cursor.execute(READING + chosen, {**given, "promising": list(promising)})
    if revealed:
        _hide_segments(cursor, revealed)
    # Documents are not what a plan depends on, and counting what is common in them takes time.
    cursor.execute("ANALYZE reading (id, version_id, fault)")
    cursor.execute(NEW_SLICES)
    picks.read_offers(cursor, book.offers)
    cursor.execute(ANSWERS, {"book": json.dumps([entry._asdict() for entry in book.entries])})
    cursor.execute("ANALYZE answer")
    cursor.execute(MARK_MISFITS)
    if cursor.rowcount:
        cursor.execute(DROP_MISFITS)
    cursor.execute("SELECT survey_id, day FROM reading UNION SELECT known_survey_id, known_day FROM reading")
    cells = {(survey, day) for survey, day in cursor.fetchall() if survey and day}
    cursor.execute("SELECT account_id FROM reading UNION SELECT known_account_id FROM reading")
    accounts = {account for (account,) in cursor.fetchall() if account}
    cursor.execute("SELECT public_id::text, fault FROM reading WHERE fault <> '' ORDER BY id")
    faults = cursor.fetchall()
    cursor.execute("SELECT count(*) FROM reading")
    return Reading(cursor.fetchone()[0], cells, accounts, faults)


def _hide_segments(cursor: CursorWrapper, blocks: Sequence[Sequence[int]]) -> None:
    """Leave out of each block the segments by which fewer than enough could be told apart (SECURITY T22)."""
    placed = [(response, place) for place, block in enumerate(blocks) for response in block]
    ids, places = zip(*placed, strict=True)
    given = {"ids": list(ids), "places": list(places)}
    cursor.execute(SEGMENTS, given)
    people: dict[int, dict[str, int]] = defaultdict(dict)
    for place, segment, count in cursor.fetchall():
        people[place][segment] = count
    hidden = [(place, name) for place, own in people.items() for name in own.keys() - shown(own)]
    of, segments = zip(*hidden, strict=True) if hidden else ((), ())
    cursor.execute(HIDE_SEGMENTS, {**given, "of": list(of), "segments": list(segments)})


def write_absorbed(cursor: CursorWrapper) -> None:
    """Note how the responses read are counted."""
    cursor.execute(DROP_ABSORBED)
    cursor.execute(ADD_ABSORBED)


def write_scores(cursor: CursorWrapper) -> int:
    """Write the scores of the responses read, as absorbed, in place of those they had; return how many."""
    cursor.execute(DROP_SCORES)
    cursor.execute(ADD_SCORES)
    return int(cursor.rowcount)


def write_comments(cursor: CursorWrapper) -> int:
    """Make the comments of the responses read what their answers say; return how many are new or changed."""
    cursor.execute(DROP_COMMENTS)
    cursor.execute(MOVE_COMMENTS)
    cursor.execute(ADD_COMMENTS)
    return int(cursor.rowcount)


def forget_reading(cursor: CursorWrapper) -> None:
    """Make room for the next reading in the same transaction."""
    cursor.execute("DROP TABLE reading, answer, offer")


def write_tallies(cursor: CursorWrapper, cells: Collection[Cell]) -> None:
    """Make the tallies of these cells, and their totals, what their scores say.

    Closes of their months are behind then.
    """
    surveys, days = zip(*sorted(cells), strict=True) if cells else ((), ())
    cursor.execute(TALLIES, {"surveys": list(surveys), "days": list(days)})
    write_totals(cursor, cells)
    # A close that reads now waits until this is committed, and so finds it.
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLOSING])
    months = {day.replace(day=1) for day in days}
    cursor.execute(BEHIND, {"months": sorted(months)})
