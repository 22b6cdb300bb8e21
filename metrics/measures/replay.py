"""What a past day knew: every table that a metric reads says what it said when that day ended.

Metrics know nothing of it. While a question is replayed, each statement begins with a WITH that gives the
tables' names to what they held then, so what is asked is asked in the same words as ever. Accounts, people,
contracts and rates are as the newest snapshot by the end of the day found them, answers as they counted when
the day ended, invitations as far as their times had come.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q

from accounts.models import Account, Viewer
from metrics.formulas.days import day_bounds
from metrics.measures.scope import NotClosed, Scope
from metrics.models import (
    AccountYear,
    AskedDay,
    Close,
    Health,
    Score,
    Scorecard,
    SliceTotal,
    Snapshot,
    Tally,
    Total,
)
from metrics.models.known import COPIES, columns_of
from metrics.models.years import VALUES
from surveys.models import Invitation, Response

# How a response, and each of its scores, was counted before; whatever is not kept of it is null.
FORMER_RESPONSE = {
    "id": "response_id",
    "survey_id": "survey_id",
    "account_id": "account_id",
    "contact_id": "contact_id",
    "invitation_id": "invitation_id",
    "language": "slice.language",
    "channel": "slice.channel",
    "started_at": "day::timestamp AT TIME ZONE '{zone}'",
    "submitted_at": "CASE WHEN is_complete THEN day::timestamp AT TIME ZONE '{zone}' END",
    "is_test": "false",
    "flags": "'{{}}'",
}
FORMER_SCORE = {
    "id": "-former.id",
    "response_id": "response_id",
    "survey_id": "survey_id",
    "account_id": "account_id",
    "contact_id": "contact_id",
    "contact_role": "contact_role",
    "slice_id": "slice_id",
    "day": "day",
    "question_key": "score.question_key",
    "kind": "score.kind",
    "value": "score.value",
}
SCORES = "jsonb_to_recordset(scores) AS score (question_key text, kind text, value smallint)"
COUNTED = "JOIN metrics_absorbed AS known ON known.response_id = live.{key} AND known.known_on <= '{day}'"
FORMER = "FROM metrics_formerresponse AS former {joined} WHERE since <= '{day}' AND until > '{day}'"
INVITED = {
    "bounced_at": "CASE WHEN bounced_at < '{end}' THEN bounced_at END",
    "answered_on": "CASE WHEN answered_on <= '{day}' THEN answered_on END",
}
TALLY = "SELECT 0 AS id, {cell}, count(*) AS count FROM metrics_score GROUP BY {cell}"
COUNTS = ", ".join(f"count(*) FILTER (WHERE value = {value})" for value in VALUES)
TOTAL = """SELECT 0 AS id, {cell}, {is_month} AS is_month, {begins} AS begins,
    ARRAY[{counts}] AS counts FROM metrics_score GROUP BY {cell}, {begins}"""
TOTALS = {
    Total: "survey_id, question_key, kind",
    SliceTotal: "survey_id, question_key, kind, slice_id",
}
PERIODS = {"false": "day", "true": "date_trunc('month', day)::date"}


@dataclass(frozen=True, slots=True)
class _Seeing:
    """Somebody who sees what may be seen today, however it was owned then."""

    viewer: Viewer
    accounts: frozenset[int]
    is_active: bool = True
    sees_all_accounts: bool = False

    @property
    def sees_revenue(self) -> bool:
        return self.viewer.sees_revenue

    @property
    def sees_people(self) -> bool:
        return self.viewer.sees_people

    @property
    def users_filter(self) -> Q:
        return self.viewer.users_filter

    def accounts_filter(self, prefix: str) -> Q:
        return Q(**{f"{prefix}pk__in": self.accounts})


@contextmanager
def replayed(scope: Scope) -> Iterator[Scope]:
    """Give the scope in which to ask: its own, or with `known_on` that of the day, while all tables say it.

    Who sees only some accounts sees those of today. Raises NotClosed where nothing was kept by then.
    """
    if scope.known_on is None:
        yield scope
        return
    end = day_bounds(scope.known_on, settings.REPORTING_ZONE)[1]
    if not Snapshot.objects.filter(taken_at__lt=end).exists():
        raise NotClosed(f"What was known on {scope.known_on} was not kept yet.")
    viewer = scope.viewer
    if not viewer.sees_all_accounts:
        own = Account.objects.visible_to(viewer).order_by().values_list("pk", flat=True)
        viewer = _Seeing(viewer, frozenset(own))
    with connection.execute_wrapper(_Past(scope.known_on)):
        yield replace(scope, viewer=viewer, today=min(scope.today, scope.known_on))


class _Past:
    """Puts the tables of a day before every statement that reads."""

    def __init__(self, day: date) -> None:
        self.tables = tables_of(day)

    def __call__(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        if sql.lstrip(" (").startswith("SELECT"):
            named = {name: body for name, body in self.tables.items() if f'"{name}"' in sql}
            if not {each._meta.db_table for each in (Tally, *TOTALS)}.isdisjoint(named):
                named = {Score._meta.db_table: self.tables[Score._meta.db_table], **named}
            held = ", ".join(f"{name} AS NOT MATERIALIZED ({body})" for name, body in named.items())
            sql = f"WITH {held} {sql}" if held else sql
        return execute(sql, params, many, context)


# ruff: noqa: S608 - nothing but names of ours and a day goes into these
def tables_of(day: date) -> dict[str, str]:
    """Return what selects the rows that each table held when the day ended, by the table's name."""
    bounds = day_bounds(day, settings.REPORTING_ZONE)[1]
    words = {"day": day.isoformat(), "end": bounds.isoformat(), "zone": settings.REPORTING_TIME_ZONE}
    tables = {source: _copied(source, words) for source in COPIES}
    tables[Score] = _counted(Score, "response_id", FORMER_SCORE, f"CROSS JOIN {SCORES}", words)
    slices = "JOIN metrics_slice AS slice ON slice.id = former.slice_id"
    tables[Response] = _counted(Response, "id", FORMER_RESPONSE, slices, words)
    cell = ", ".join(column for column in columns_of(Tally) if column not in ("id", "count"))
    tables[Tally] = TALLY.format(cell=cell)
    for total, by in TOTALS.items():
        tables[total] = " UNION ALL ".join(
            TOTAL.format(cell=by, is_month=is_month, begins=begins, counts=COUNTS)
            for is_month, begins in PERIODS.items()
        )
    named = ", ".join(
        INVITED.get(column, column).format(**words) + f" AS {column}" for column in columns_of(Invitation)
    )
    tables[Invitation] = f"SELECT {named} FROM surveys_invitation WHERE sent_at < '{words['end']}'"
    tables[Health] = f"SELECT * FROM metrics_health WHERE computed_at < '{words['end']}'"
    tables[Scorecard] = f"SELECT * FROM metrics_scorecard WHERE created_at < '{words['end']}'"
    # What was counted beforehand is what is known now.
    for counted in (Close, AskedDay, AccountYear):
        tables[counted] = f"SELECT * FROM {counted._meta.db_table} WHERE false"
    return {source._meta.db_table: sql for source, sql in tables.items()}


def _copied(source: type[models.Model], words: dict[str, str]) -> str:
    """Return what a table of which copies are kept held; what the copies leave out is as it is today."""
    held = {*COPIES[source].facts()}
    columns = ", ".join(
        "held.key AS id" if column == "id" else f"{'held' if column in held else 'live'}.{column}"
        for column in columns_of(source)
    )
    return (
        f"SELECT {columns} FROM {COPIES[source]._meta.db_table} AS held"
        f" LEFT JOIN {source._meta.db_table} AS live ON live.id = held.key"
        f" WHERE held.since < '{words['end']}' AND (held.until IS NULL OR held.until >= '{words['end']}')"
    )


def _counted(
    source: type[models.Model], key: str, former: dict[str, str], joined: str, words: dict[str, str]
) -> str:
    """Return what of a table had been counted by the day, as it counted then."""
    live = ", ".join(f"live.{column}" for column in columns_of(source))
    then = ", ".join(former.get(column, "NULL").format(**words) for column in columns_of(source))
    return (
        f"SELECT {live} FROM {source._meta.db_table} AS live {COUNTED.format(key=key, **words)}"
        f" UNION ALL SELECT {then} {FORMER.format(joined=joined, **words)}"
    )
