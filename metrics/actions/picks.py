"""The steps from responses to what was picked and how often, each one statement over a whole set.

What a response picks is noted with its absorption as a few numbers; days are counted from these, months from
days. Choices have many slices and few answers in each, so that one row a cell holds all of them.
"""

import json
from collections.abc import Collection, Iterable
from datetime import date

from django.db.backends.utils import CursorWrapper

from metrics.actions import periods
from metrics.codebook import Offer
from metrics.models.picks import CAME, COMPLETE, FLAGGED

NEW_PICKS = """
INSERT INTO metrics_pick (survey_id, question_key, key, place)
SELECT survey_id, question_key, key, place
FROM jsonb_to_recordset(%(picks)s::jsonb)
    AS offered (survey_id bigint, question_key varchar, key varchar, place smallint)
EXCEPT SELECT survey_id, question_key, key, place FROM metrics_pick
"""

# As which number each element of an answer counts.
OFFERS = """
CREATE TEMPORARY TABLE offer AS
SELECT book.version_id, book.path, book.is_ranked, (
    SELECT jsonb_object_agg(meant.key, pick.id)
    FROM jsonb_each(book.picks) AS meant (key, value)
    JOIN metrics_pick AS pick
        ON pick.survey_id = book.survey_id AND pick.question_key = book.key
        AND pick.key = meant.value ->> 0 AND pick.place = (meant.value ->> 1)::int
) AS picks
FROM jsonb_to_recordset(%(offers)s::jsonb)
    AS book (version_id bigint, survey_id bigint, key varchar, path text[], is_ranked boolean, picks jsonb)
"""

# The first element of every answer is that there is one, "", at place 0.
PICKED = f"""
CASE WHEN reading.fault = '' AND NOT reading.is_test THEN
    ARRAY[{CAME}]
    || CASE WHEN reading.submitted_at IS NOT NULL THEN ARRAY[{COMPLETE}] ELSE '{{}}' END
    || CASE WHEN reading.submitted_at IS NOT NULL AND reading.flags <> '{{}}' THEN ARRAY[{FLAGGED}]
        ELSE '{{}}' END
    || ARRAY(
        SELECT picked.id FROM offer
        CROSS JOIN LATERAL (SELECT reading.answers #> offer.path AS answer OFFSET 0) AS given
        CROSS JOIN LATERAL jsonb_array_elements('[""]' || CASE jsonb_typeof(given.answer)
            WHEN 'array' THEN given.answer ELSE jsonb_build_array(given.answer) END
        ) WITH ORDINALITY AS one (element, ordinal)
        CROSS JOIN LATERAL (
            SELECT CASE jsonb_typeof(one.element) WHEN 'object' THEN 'other'
                ELSE one.element #>> '{{}}' END AS said
        ) AS element
        CROSS JOIN LATERAL (
            SELECT (offer.picks ->> CASE WHEN offer.is_ranked AND ordinal > 1
                THEN (ordinal - 1) || ':' || said ELSE said END)::int AS id
        ) AS picked
        WHERE offer.version_id = reading.version_id AND given.answer <> 'null' AND picked.id IS NOT NULL
            AND (ordinal = 1 OR said <> '')
    )
ELSE '{{}}' END
"""  # noqa: S608 - the numbers are ours

DAYS = """, fresh AS MATERIALIZED (
    SELECT cell.survey_id, cell.begins, slice_id, picks, counts
    FROM cell CROSS JOIN LATERAL (
        SELECT slice_id, array_agg(pick ORDER BY pick) AS picks, array_agg(count ORDER BY pick) AS counts
        FROM (
            SELECT slice_id, pick, count(*)::int AS count
            FROM metrics_absorbed AS absorbed CROSS JOIN LATERAL unnest(absorbed.picks) AS pick
            WHERE (absorbed.survey_id, absorbed.day) = (cell.survey_id, cell.begins)
            GROUP BY slice_id, pick
        ) AS one GROUP BY slice_id
    ) AS counted
)
"""
MONTHS = """, fresh AS MATERIALIZED (
    SELECT cell.survey_id, cell.begins, slice_id, picks, counts
    FROM cell CROSS JOIN LATERAL (
        SELECT slice_id, array_agg(pick ORDER BY pick) AS picks, array_agg(count ORDER BY pick) AS counts
        FROM (
            SELECT slice_id, pick, sum(count)::int AS count
            FROM metrics_picktally AS tally
            CROSS JOIN LATERAL unnest(tally.picks, tally.counts) AS given (pick, count)
            WHERE tally.survey_id = cell.survey_id AND NOT tally.is_month
                AND tally.begins >= cell.begins AND tally.begins < cell.begins + interval '1 month'
            GROUP BY slice_id, pick
        ) AS one GROUP BY slice_id
    ) AS counted
)
"""
WRITE = """, gone AS (
    DELETE FROM metrics_picktally AS tally USING cell
    WHERE (tally.survey_id, tally.is_month, tally.begins) = (cell.survey_id, %(is_month)s, cell.begins)
        AND NOT EXISTS (
            SELECT FROM fresh WHERE (fresh.survey_id, fresh.begins, fresh.slice_id)
                = (tally.survey_id, tally.begins, tally.slice_id)
        )
)
INSERT INTO metrics_picktally AS tally (survey_id, is_month, begins, slice_id, picks, counts)
SELECT survey_id, %(is_month)s, begins, slice_id, picks, counts FROM fresh
ON CONFLICT (survey_id, is_month, begins, slice_id)
    DO UPDATE SET picks = excluded.picks, counts = excluded.counts
    WHERE (tally.picks, tally.counts) <> (excluded.picks, excluded.counts)
"""


def read_offers(cursor: CursorWrapper, offers: Iterable[Offer]) -> None:
    """Read into `offer` what the versions offer, and give a number to each pick that has none yet."""
    named = {(offer.survey_id, offer.key, *pick) for offer in offers for pick in offer.picks.values()}
    columns = ("survey_id", "question_key", "key", "place")
    cursor.execute(
        NEW_PICKS, {"picks": json.dumps([dict(zip(columns, each, strict=True)) for each in sorted(named)])}
    )
    cursor.execute(OFFERS, {"offers": json.dumps([offer._asdict() for offer in offers])})
    # There may be hundreds of versions, and each response asks for those of its own.
    cursor.execute("CREATE INDEX ON offer (version_id)")
    cursor.execute("ANALYZE offer (version_id)")


def write_pick_tallies(cursor: CursorWrapper, cells: Collection[tuple[int, date]]) -> None:
    """Make what was picked on these days of surveys, and in their months, the sums of what was absorbed."""
    surveys, days = zip(*sorted(cells), strict=True) if cells else ((), ())
    asked = {"surveys": list(surveys), "days": list(days)}
    cursor.execute(periods.DAYS + DAYS + WRITE, {**asked, "is_month": False})
    cursor.execute(periods.MONTHS + MONTHS + WRITE, {**asked, "is_month": True})
