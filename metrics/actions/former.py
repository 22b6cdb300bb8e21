"""How responses counted before they were changed or deleted, kept so that a past day can be asked again.

What counts differently than it did when some day ended is written beside it, in the transaction that counts
it anew: so there is a row for each late correction, and none for all the others.
"""

from collections.abc import Collection
from datetime import date

from django.conf import settings
from django.db.backends.utils import CursorWrapper

# A test counts for nothing, on no day.
ADD = """
INSERT INTO metrics_formerresponse (response_id, invitation_id, survey_id, account_id, contact_id,
    contact_role, slice_id, day, is_complete, scores, since, until)
SELECT {response}, known.invitation_id, known.survey_id, known.account_id, known.contact_id,
    known.contact_role, known.slice_id, known.day, known.is_complete, coalesce({scores}, '[]'),
    known.known_on, {until}
FROM {found} WHERE known.known_on < {until} AND NOT known.is_test
"""
SCORES = """
jsonb_agg(jsonb_build_object('question_key', question_key, 'kind', kind, 'value', value)
    ORDER BY question_key)
"""
# A revision that changes nothing of what counts, such as words or the time of day, leaves no trace.
CHANGED = f"""
CREATE TEMPORARY TABLE changed ON COMMIT DROP AS
WITH revised AS (
    SELECT reading.*, known.id AS absorbed_id FROM reading
    JOIN metrics_absorbed AS known ON known.response_id = reading.id
    WHERE known.revision <> reading.revision
), held AS (
    SELECT response_id, {SCORES} AS scores FROM metrics_score
    WHERE response_id IN (SELECT id FROM revised) GROUP BY response_id
), fresh AS (
    SELECT response_id, {SCORES} AS scores FROM answer
    WHERE value IS NOT NULL AND response_id IN (SELECT id FROM revised) GROUP BY response_id
)
SELECT revised.id AS response_id, absorbed_id, held.scores,
    coalesce(%(today)s, (revised.changed_at AT TIME ZONE %(zone)s)::date) AS until
FROM revised JOIN metrics_absorbed AS known ON known.id = absorbed_id
JOIN metrics_slice AS slice ON slice.id = known.slice_id
LEFT JOIN held ON held.response_id = revised.id
LEFT JOIN fresh ON fresh.response_id = revised.id
WHERE (known.survey_id, known.account_id, known.contact_id, known.contact_role, known.day,
        known.invitation_id, known.is_complete, known.is_test, slice.segment, slice.tier, slice.region,
        slice.language, slice.channel, held.scores)
    IS DISTINCT FROM (revised.survey_id, revised.account_id, revised.contact_id, revised.contact_role,
        revised.day, revised.invitation_id, revised.submitted_at IS NOT NULL, revised.is_test,
        revised.segment, revised.tier, revised.region, revised.language, revised.channel, fresh.scores)
"""  # noqa: S608 - an expression of ours
RENEW = "UPDATE reading SET known_on = until FROM changed WHERE reading.id = changed.response_id"
FOUND = "changed JOIN metrics_absorbed AS known ON known.id = changed.absorbed_id"
# Whose deletion Django saw has lost its number; its scores have not, and are found by all that they share.
GONE = f"""(
    SELECT *, row_number() OVER (
        PARTITION BY survey_id, day, account_id, contact_id, contact_role, slice_id ORDER BY id
    ) AS place FROM metrics_absorbed WHERE id = ANY(%(gone)s)
) AS known LEFT JOIN (
    SELECT response_id, survey_id, day, account_id, contact_id, contact_role, slice_id, {SCORES} AS scores,
        row_number() OVER (
            PARTITION BY survey_id, day, account_id, contact_id, contact_role, slice_id ORDER BY response_id
        ) AS place
    FROM metrics_score AS score
    WHERE (survey_id, day) IN (SELECT survey_id, day FROM metrics_absorbed WHERE id = ANY(%(gone)s))
        AND NOT EXISTS (SELECT FROM surveys_response AS response WHERE response.id = score.response_id)
    GROUP BY response_id, survey_id, day, account_id, contact_id, contact_role, slice_id
) AS orphan ON (orphan.survey_id, orphan.day, orphan.contact_role, orphan.slice_id, orphan.place)
        = (known.survey_id, known.day, known.contact_role, known.slice_id, known.place)
    AND (orphan.account_id, orphan.contact_id) IS NOT DISTINCT FROM (known.account_id, known.contact_id)
"""  # noqa: S608 - an expression of ours


def keep_changed(cursor: CursorWrapper, today: date | None) -> None:
    """Keep how the responses in `reading` counted until today, where they count otherwise now.

    Without a day it is that on which each was changed.
    """
    cursor.execute(CHANGED, {"today": today, "zone": settings.REPORTING_TIME_ZONE})
    cursor.execute(ADD.format(response="changed.response_id", scores="scores", until="until", found=FOUND))
    cursor.execute(RENEW)
    cursor.execute("DROP TABLE changed")


def keep_gone(cursor: CursorWrapper, gone: Collection[int], today: date | None) -> None:
    """Keep how deleted responses counted until today, by the numbers of their absorptions."""
    response = "coalesce(known.response_id, orphan.response_id, -known.id)"
    until = "coalesce(%(today)s, (now() AT TIME ZONE %(zone)s)::date)"
    given = {"gone": list(gone), "today": today, "zone": settings.REPORTING_TIME_ZONE}
    cursor.execute(ADD.format(response=response, scores="orphan.scores", until=until, found=GONE), given)
