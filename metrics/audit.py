"""What scores, comments, tallies and healths should be, worked out once more from the raw answers in Python.

It shares the rules of the question kinds with what it checks and nothing else: none of the SQL, none of the
code that wrote the rows.
"""

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Case, DateTimeField, F, Q, QuerySet, When
from django.db.models.functions import Coalesce

from metrics.audit_asked import asked_differences
from metrics.audit_heard import heard_differences
from metrics.audit_picks import Named, months, pick_numbers, picks_of, stored_days, tallied
from metrics.audit_sheets import scored, stored_sheets
from metrics.audit_totals import closed_tallies, totals
from metrics.audit_waiting import held_of_the_gone, waiting
from metrics.audit_years import counted_year, expected_years, said_within, stored_years
from metrics.formulas.days import day_bounds, reporting_day
from metrics.formulas.health import CUTOFFS
from metrics.models import Absorbed, Comment, Health, Score, Scorecard, Tally
from surveys.interchange.native import DefinitionRefused
from surveys.kinds import KINDS, AnswerRefused
from surveys.models import Response
from surveys.models.responses import CALENDAR
from surveys.versions import published_definition

CHUNK = 2_000
# What the nightly audit looks at: the last days, and one of so many others.
RECENT_DAYS, ONE_IN = 3, 100
# What was changed less than this ago may still be on its way.
PROMISE = timedelta(seconds=15)

# Rows by name: ("score", response, question) and the like, with what stands in them.
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


class Misfit(Exception):
    """Answers that do not fit their version and count for nothing."""


def differences(*, now: datetime, days: Collection[date] | None = None) -> list[str]:
    """Return a sentence for each row (of some days) that is not what the responses say."""
    with _one_moment():
        found: list[str] = []
        tallies: Counter[tuple[Any, ...]] = Counter()
        numbers, picked = pick_numbers(), Counter[tuple[Any, ...]]()
        year, said = counted_year(), Counter[tuple[Any, ...]]()
        sheets: Counter[tuple[Any, ...]] = Counter()
        gone = held_of_the_gone(days)
        after: int | None = 0
        while after is not None:
            responses = list(_responses(now, days).filter(pk__gt=after)[:CHUNK])
            up_to = responses[-1].pk if responses else None
            stored = _stored_rows(after, up_to, days)
            expected = {}
            expected.update({name: row for name, row in gone.items() if name in stored})
            for response in responses:
                expected.update(_expected_rows(response, stored, numbers))
            found += _compare(expected, stored)
            picked.update(tallied({name: row for name, row in expected.items() if name[0] == "picks"}))
            said.update(said_within(year, expected))
            sheets.update(scored(expected))
            tallies.update(_cell(name, row) for name, row in expected.items() if name[0] == "score")
            after = up_to
        picked.update(tallied({name: row for name, row in gone.items() if name[0] == "picks"}))
        expected_tallies: Rows = {cell: (count,) for cell, count in tallies.items()}
        stored_tallies = _stored_tallies(days)
        found += _compare(expected_tallies, stored_tallies)
        found += _compare({sheet: (total,) for sheet, total in sheets.items()}, stored_sheets(days))
        stored_picks = stored_days(days)
        found += _compare({cell: (count,) for cell, count in picked.items()}, stored_picks)
        if days is None:
            found += _compare(*closed_tallies(stored_tallies))
            found += _compare(*totals(stored_tallies))
            found += _compare(*months(stored_picks))
            found += asked_differences()
            found += heard_differences(until=now - PROMISE)
            found += _compare(expected_years(year, said), stored_years())
        found += [f"health of account {account} on {day} does not add up" for account, day in _unbalanced()]
        return found


def sampled_days(*, today: date, chance: random.Random) -> list[date]:
    """Return the last three days and one of every hundred others that have tallies, one at least."""
    recent = {today - timedelta(days=back) for back in range(RECENT_DAYS)}
    others = sorted(set(Tally.objects.order_by().values_list("day", flat=True).distinct()) - recent)
    return sorted(recent | set(chance.sample(others, ceil(len(others) / ONE_IN))))


def count_answers(version_id: int, answers: object) -> dict[str, tuple[str, int | str]]:
    """Return (kind, score or words) by question key as the version counts answers, or raise Misfit."""
    try:
        definition = published_definition(version_id)
    except DefinitionRefused:
        raise Misfit from None
    if not isinstance(answers, dict):
        raise Misfit
    counted: dict[str, tuple[str, int | str]] = {}
    for question in definition:
        kind, given = KINDS[question.kind], answers.get(question.key)
        if given is None:
            continue
        counts: int | str | None
        if kind.is_scored:
            try:
                counts = kind.score(kind.check(question, given))
            except AnswerRefused:
                raise Misfit from None
        elif kind.is_comment:
            if not isinstance(given, str):
                raise Misfit
            counts = given or None
        else:
            continue
        if counts is not None:
            counted[question.key] = (question.kind, counts)
    return counted


@contextmanager
def _one_moment() -> Iterator[None]:
    """Read everything as of one moment, however long it takes, unless a transaction is under way already."""
    is_outermost = not connection.in_atomic_block
    with transaction.atomic():
        if is_outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _responses(now: datetime, days: Collection[date] | None) -> QuerySet[Response, Any]:
    """Return responses (of some days) as named tuples, their times only where Python can hold them."""
    within = Q()
    for day in days or ():
        start, end = day_bounds(day, settings.REPORTING_ZONE)
        within |= Q(moment__gte=start, moment__lt=end)
    waits = waiting()
    if days is not None:
        # What was changed and waits again counts on the day it did.
        within |= waits & Q(absorbed__day__in=days)
    return (
        Response.objects.annotate(moment=Coalesce("submitted_at", "started_at"))
        .filter(within)
        .annotate(
            waits=waits,
            at=Case(When(moment__range=CALENDAR, then="moment"), output_field=DateTimeField()),
            is_new=Q(changed_at__gt=now - PROMISE),
            is_complete=Q(submitted_at__isnull=False),
            version_survey_id=F("version__survey_id"),
        )
        .order_by("pk")
        .values_list(
            *("pk", "revision", "survey_id", "version_id", "version_survey_id", "account_id", "contact_id"),
            *("language", "channel", "is_test", "answers", "at", "is_new", "is_complete", "flags", "waits"),
            named=True,
        )
    )


def _stored_rows(after: int, up_to: int | None, days: Collection[date] | None = None) -> Rows:
    """Return what is held of the responses in `(after, up_to]` (and on some days)."""
    window = Q(response__gt=after) if up_to is None else Q(response__gt=after, response__lte=up_to)
    if days is not None:
        window &= Q(day__in=days)
    rows: Rows = {}
    for known in Absorbed.objects.filter(window).select_related("slice").defer("changed_at"):
        rows["absorption", known.response_id] = (
            *(known.revision, known.survey_id, known.account_id, known.contact_id, known.day),
            *(known.slice.language, known.slice.channel, bool(known.fault), known.slice_id),
            known.contact_role,
        )
        if known.picks:
            picks = tuple(sorted(known.picks, key=str))
            rows["picks", known.response_id] = (known.survey_id, known.slice_id, known.day, picks)
    for score in Score.objects.filter(window):
        rows["score", score.response_id, score.question_key] = (
            *(score.survey_id, score.kind, score.slice_id, score.day, score.value),
            *(score.account_id, score.contact_id, score.contact_role),
        )
    for comment in Comment.objects.filter(window):
        rows["comment", comment.response_id, comment.question_key] = (
            *(comment.survey_id, comment.account_id, comment.day, comment.text),
        )
    return rows


def _expected_rows(
    response: Any, stored: Mapping[tuple[Any, ...], tuple[Any, ...]], numbers: Mapping[Named, int]
) -> Rows:
    """Return what should be held of a response.

    The slice and the contact's role are as they were when the answer came, which only the absorption knows.
    """
    name = ("absorption", response.pk)
    known = stored.get(name)
    if response.waits or (response.is_new and (known is None or known[0] < response.revision)):
        return {row: held for row, held in stored.items() if row[1] == response.pk}
    day = reporting_day(response.at, settings.REPORTING_ZONE) if response.at else None
    slice_, role = known[-2:] if known else (None, "")
    counted: dict[str, tuple[str, int | str]] = {}
    is_misfit = False
    if not response.is_test:
        try:
            if day is None or response.version_survey_id != response.survey_id:
                raise Misfit
            counted = count_answers(response.version_id, response.answers)
        except Misfit:
            is_misfit = True
    rows: Rows = {
        name: (
            *(response.revision, response.survey_id, response.account_id, response.contact_id, day),
            *(response.language, response.channel, is_misfit, slice_, role),
        )
    }
    if not (is_misfit or response.is_test):
        picks = picks_of(response, numbers)
        rows["picks", response.pk] = (response.survey_id, slice_, day, picks)
    for question, (kind, counts) in counted.items():
        if isinstance(counts, int):
            rows["score", response.pk, question] = (
                *(response.survey_id, kind, slice_, day, counts),
                *(response.account_id, response.contact_id, role),
            )
        else:
            rows["comment", response.pk, question] = (response.survey_id, response.account_id, day, counts)
    return rows


def _cell(name: tuple[Any, ...], row: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the name of the tally that a score is counted in."""
    survey, kind, slice_, day, value, *_ = row
    return ("tally", survey, name[-1], kind, slice_, day, value)


def _stored_tallies(days: Collection[date] | None) -> Rows:
    fields = ("survey", "question_key", "kind", "slice", "day", "value", "count")
    rows = Tally.objects.all() if days is None else Tally.objects.filter(day__in=days)
    return {("tally", *cell): (count,) for *cell, count in rows.values_list(*fields).iterator()}


def _compare(expected: Rows, stored: Rows) -> Iterator[str]:
    """Yield a sentence for each row that is missing, too many or wrong; what people wrote is not repeated."""
    for name in expected.keys() | stored.keys():
        is_, should = stored.get(name), expected.get(name)
        if is_ == should:
            continue
        what = " ".join(map(str, name))
        if is_ is None:
            yield f"{what} is missing"
        elif should is None:
            yield f"{what} should not be there"
        elif name[0] == "comment":
            yield f"{what} is wrong"
        else:
            yield f"{what} is {is_}, should be {should}"


def _unbalanced() -> Iterator[tuple[int, Any]]:
    """Yield account and day of each health whose parts do not add up to it, or whose colour is unfounded."""
    least = {
        pk: rules.get("bands", {}).get("least_confidence", CUTOFFS.least_confidence)
        for pk, rules in Scorecard.objects.values_list("pk", "rules")
    }
    fields = ("account", "day", "scorecard", "score", "base", "confidence", "band", "parts")
    for row in Health.objects.values_list(*fields).iterator():
        account, day, scorecard, score, base, confidence, band, parts = row
        try:
            weight = sum(part["weight"] for part in parts)
            is_sound = (
                score == base + sum(part["contribution"] for part in parts)
                and abs(base - sum(p["weight"] * p["neutral"] for p in parts if p["weight"]) / weight) <= 1
                and abs(confidence - sum(p["weight"] * p["freshness"] for p in parts) / weight) <= 2
                and (band == Health.Band.GREY) == (confidence < round(least[scorecard] * 10_000))
            )
        except (KeyError, TypeError, ZeroDivisionError):
            is_sound = False
        if not is_sound:
            yield account, day
