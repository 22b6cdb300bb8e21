"""How many of those asked answered, and how many of those who began came to the end."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Count, F, Func, IntegerField, Max, Q, Sum, Value
from django.db.models.functions import TruncDate

from metrics.formulas.intervals import wilson
from metrics.formulas.response_rates import completion_rate as completed_of
from metrics.formulas.response_rates import response_rate as answered_of
from metrics.measures.dimensions import ANSWERED
from metrics.measures.measure import Measure, Unit
from metrics.measures.memory import COUNTS, remembered
from metrics.measures.scope import PART, Scope
from metrics.measures.sentiment import in_percent
from metrics.measures.spans import months_and_days
from metrics.models import AskedAccounts, AskedDay, PickTally
from metrics.models.picks import CAME, COMPLETE
from surveys.models import Invitation, Response

# Rows of months and days, and whose accounts, are named by QuerySets: who sees what is decided there alone.
OF_ACCOUNTS = """
WITH span (programme, accounts, delivered, completed) AS ({spans}), chosen (account{own}) AS ({chosen}),
one AS (
    SELECT programme, unnest(accounts) AS account, unnest(delivered) AS delivered,
        unnest(completed) AS completed FROM span
), counted AS (
    SELECT programme, account, sum(delivered) AS delivered, sum(completed) AS completed FROM one
    GROUP BY programme, account
)
SELECT programme{own}, sum(delivered)::bigint, sum(completed)::bigint
FROM counted JOIN chosen USING (account)
GROUP BY programme{own}
"""
ONE_DAY = timedelta(days=1)
RESPONSE_RATE = (
    "Of the invitations delivered in the window (bounces left out), the percentage that was answered to the"
    " end, whenever that was."
)
# Where no names are kept, the invitation alone knows that it was answered.
IS_ANSWERED = Q(response__submitted_at__isnull=False, response__is_test=False) | Q(answered_on__isnull=False)
COMPLETION_RATE = (
    "Of the visits that answered at least one page in the window, the percentage that reached the end."
)


def response_rate(scope: Scope) -> Measure:
    """Return the invitations answered (0..100 percent) with Wilson's interval, None without deliveries."""
    delivered, completed = _asked(scope)
    return _response_rate(scope, delivered, completed)


def response_rates(whole: Scope, parts: Sequence[Scope]) -> list[Measure]:
    """Return the response rate of parts of one question: segments, teams, owners, programmes or none of them.

    From one read of all accounts, unless no part is of some of them.
    """
    if not any(part.is_narrowed for part in parts):
        return [response_rate(part) for part in parts]
    rows = _asked_accounts(whole, PART)
    measures = []
    for part in parts:
        named = (part.programme.pk if part.programme else None, *part.part)
        wanted = [(place, value) for place, value in enumerate(named) if value is not None]
        own = (row for row in rows if all(row[place] == value for place, value in wanted))
        measures.append(_response_rate(part, *_sums(own)))
    return measures


def _response_rate(scope: Scope, delivered: int, completed: int) -> Measure:
    return scope.measure(
        "response_rate",
        Unit.PERCENT,
        answered_of(completed, delivered),
        n=delivered,
        counted="invitations",
        interval=in_percent(wilson(completed, delivered)),
        definition=RESPONSE_RATE,
        beside={"completed": completed},
    )


def delivered_by_day(scope: Scope, first: date) -> dict[int, dict[date, int]]:
    """Return how many invitations were delivered on each day since the first one, by survey."""
    since = scope.between(first, scope.today)
    counts: dict[int, dict[date, int]] = defaultdict(dict)
    counted = None if scope.is_narrowed else AskedDay.objects.aggregate(last=Max("day"))["last"]
    if counted:
        stored = AskedDay.objects.filter(since.days(), since.surveys())
        for survey, day, total in stored.values_list("survey", "day", "delivered"):
            counts[survey][day] = total
        since = since.between(max(first, counted + ONE_DAY), scope.today)
    rows = _invitations(since).annotate(day=TruncDate("sent_at", tzinfo=settings.REPORTING_ZONE)).order_by()
    for survey, day, total in rows.values_list("survey", "day").annotate(total=Count("pk")):
        counts[survey][day] = total
    return dict(counts)


def _asked(scope: Scope) -> tuple[int, int]:
    """Return how many invitations were delivered in the window and how many of them were answered.

    Days that are counted are not counted again: one query of those, one of the rest.
    """
    if scope.is_narrowed:
        return _sums(_asked_accounts(scope))
    which = scope.days() & scope.surveys()
    stored = AskedDay.objects.aggregate(
        last=Max("day"),
        delivered=Sum("delivered", filter=which),
        completed=Sum("completed", filter=which),
    )
    delivered, completed = stored["delivered"] or 0, stored["completed"] or 0
    rest = _since(scope, stored["last"])
    if rest is None:
        return delivered, completed
    counts = _invitations(rest).aggregate(delivered=Count("pk"), completed=Count("pk", filter=IS_ANSWERED))
    return delivered + counts["delivered"], completed + counts["completed"]


def _sums(rows: Iterable[Sequence[Any]]) -> tuple[int, int]:
    """Return the sums of the last two columns: what was delivered and what was answered."""
    counts = [(delivered, completed) for *_, delivered, completed in rows]
    return sum(delivered for delivered, _ in counts), sum(completed for _, completed in counts)


def _asked_accounts(scope: Scope, own: Sequence[str] = ()) -> list[tuple[Any, ...]]:
    """Return programme, what accounts have in common, invitations delivered and answered, in parts.

    Of months and days that are counted, kept until they are counted again, and of the days since: in four
    queries at most.
    """
    last = AskedDay.objects.aggregate(last=Max("day"))["last"]
    found: list[tuple[Any, ...]] = []
    if last:
        until = scope.between(scope.start, min(scope.end, last + ONE_DAY))
        found += remembered(_counted, until, COUNTS, *own)
    rest = _since(scope, last)
    if rest is not None:
        named = ("survey__programme", *(f"contact__account__{name}" for name in own))
        rows = _invitations(rest).order_by().values_list(*named)
        found += rows.annotate(delivered=Count("pk"), completed=Count("pk", filter=IS_ANSWERED))
    return found


def _counted(scope: Scope, *own: str) -> list[tuple[Any, ...]]:
    """Return the same of a window of which every day is counted, in one query."""
    rows: Any = AskedAccounts.objects.filter(scope.surveys(), months_and_days(scope))
    rows = rows.values_list("survey__programme", "accounts", "delivered", "completed")
    spans, of_spans = rows.order_by().query.sql_with_params()
    try:
        chosen, of_chosen = scope.accounts.order_by().values_list("pk", *own).query.sql_with_params()
    except EmptyResultSet:
        return []
    statement = OF_ACCOUNTS.format(spans=spans, chosen=chosen, own="".join(f", {name}" for name in own))
    with connection.cursor() as cursor:
        cursor.execute(statement, (*of_spans, *of_chosen))
        return list(cursor.fetchall())


def _since(scope: Scope, last: date | None) -> Scope | None:
    """Return the scope over the days after the last one that is counted, None without any."""
    if last is None:
        return scope
    rest = scope.between(max(scope.start or date.min, last + ONE_DAY), scope.end)
    return rest if rest.start and rest.start < rest.end else None


def _invitations(scope: Scope) -> Any:
    rows = Invitation.objects.delivered().filter(scope.instants("sent_at"), scope.each_survey())
    return rows.filter(contact__account__in=scope.accounts) if scope.is_narrowed else rows


def completion_rate(scope: Scope) -> Measure:
    """Return the visits completed (0..100 percent) with Wilson's interval, None without visits.

    A visit counts on the day it was submitted or, where it never was, on the day it began. Of everybody's
    visits tallies say it.
    """
    is_tallied = not (scope.is_narrowed or scope.without_flagged or scope.known_on or scope.unsaid)
    completed, begun = _tallied_visits(scope) if is_tallied else _visits(scope)
    return scope.measure(
        "completion_rate",
        Unit.PERCENT,
        completed_of(completed, completed + begun),
        n=completed + begun,
        counted="visits",
        interval=in_percent(wilson(completed, completed + begun)),
        definition=COMPLETION_RATE,
        beside={"completed": completed},
    )


def _tallied_visits(scope: Scope) -> tuple[int, int]:
    """Return how many visits were completed and how many were not; what was quarantined is neither."""
    tallies: Any = PickTally.objects.filter(scope.each_survey(), months_and_days(scope), **scope.sliced)
    came, completed = (_times(pick) for pick in (CAME, COMPLETE))
    found = tallies.aggregate(came=Sum(came), completed=Sum(completed))
    return found["completed"] or 0, (found["came"] or 0) - (found["completed"] or 0)


def _times(pick: int) -> Any:
    """Return the expression of how often a tally counts a pick: what stands at its place."""
    place = Func(F("picks"), Value(pick), function="array_position", output_field=IntegerField())
    return Func(
        F("counts"), place, template="((%(expressions)s])", arg_joiner=")[", output_field=IntegerField()
    )


def _visits(scope: Scope) -> tuple[int, int]:
    """Return the same of some accounts or answers: the two lists are each found by an index."""
    answered = {name: getattr(scope, name) for name in ANSWERED if getattr(scope, name)}
    rows = Response.objects.counted().filter(scope.surveys(), **answered)
    if scope.without_flagged:
        rows = rows.unflagged()
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    completed = rows.filter(scope.instants("submitted_at")).count()
    return completed, rows.filter(scope.instants("started_at"), submitted_at=None).count()
