"""What became of contracts that fell due: renewed or lost, and what was known of the account before."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Subscription
from metrics.formulas.money import ZERO
from metrics.formulas.renewals import GRACE_DAYS, Term
from metrics.formulas.succession import Line, terms
from metrics.measures.exchange import rates_on
from metrics.measures.scope import Scope
from metrics.models.health import first_replay
from surveys.models import Programme

# Whoever keeps less than half of what was due has left, whatever the rest is called (METRICS §2.7).
LEAST_KEPT = Decimal("0.5")
ONE_DAY = timedelta(days=1)
# A snapshot that old may stand for the day asked for, where not every day was scored.
NEAR_DAYS = 31
# Answers that old still count for the sentiment before a renewal.
ANSWER_DAYS = 365

HEALTHS = """
SELECT due.position, health.day, health.score, health.band, health.parts, health.computed_at
FROM unnest(%s::int[], %s::bigint[], %s::date[]) AS due (position, account_id, day)
JOIN LATERAL (
    SELECT * FROM metrics_health
    WHERE account_id = due.account_id AND day <= due.day AND day > due.day - %s AND revision = 1
    ORDER BY day DESC LIMIT 1
) AS health ON true
"""
# The mean of each contact's latest answer; an answer without a contact is that of one more person.
SENTIMENTS = """
SELECT due.position, avg(latest.value)
FROM unnest(%s::int[], %s::bigint[], %s::date[]) AS due (position, account_id, day)
JOIN LATERAL (
    SELECT DISTINCT ON (contact_id, CASE WHEN contact_id IS NULL THEN response_id END) value
    FROM metrics_score AS score
    JOIN surveys_survey AS survey ON survey.id = score.survey_id
    JOIN surveys_programme AS programme ON programme.id = survey.programme_id
    WHERE score.account_id = due.account_id AND kind = 'nps' AND day <= due.day AND day > due.day - %s
        AND programme.mode = %s
    ORDER BY contact_id, CASE WHEN contact_id IS NULL THEN response_id END, day DESC, response_id DESC
) AS latest ON true
GROUP BY due.position
"""


class Outcome(NamedTuple):
    """What became of all that one account had to renew on one day.

    `renewed` is the share (>= 0) of the yearly value due that was renewed, growth included.
    """

    account: int
    segment: str
    due_on: date
    is_kept: bool
    renewed: float | None = None


class Snapshot(NamedTuple):
    """An account's health as it was known so long before, in hundredths of a point."""

    day: date
    score: int
    band: str
    parts: Sequence[Any]
    computed_at: datetime

    @property
    def is_replay(self) -> bool:
        """Whether it was computed so much later that nobody can have known it."""
        return self.computed_at >= first_replay(self.day)

    @property
    def is_a_persons(self) -> bool:
        """Whether a person's word stood for the formula's."""
        return any(part["key"] == "persons_word" for part in self.parts)


def renewal_outcomes(scope: Scope) -> list[Outcome]:
    """Return what became of the contracts due in the window, as far as it is decided by today.

    Lost is who kept less than half of the yearly value that was due. While the 90 days of grace run nothing
    is decided, unless the account has left.
    """
    if scope.start is None:
        raise ValueError("contracts fall due between two days, so the scope needs a start")
    start, end = scope.start, scope.end
    segments, churned = {}, {}
    for account, segment, churned_on in scope.accounts.values_list("pk", "segment", "churned_on"):
        segments[account], churned[account] = segment, churned_on
    due: dict[tuple[int, date], list[Term]] = defaultdict(list)
    for term in terms(_lines(scope, start, end), as_of=scope.today):
        if isinstance(term.account, int) and start <= term.due_on < min(end, scope.today + ONE_DAY):
            due[term.account, term.due_on].append(term)
    outcomes = []
    for (account, due_on), found in sorted(due.items()):
        value = sum((term.due for term in found), ZERO)
        kept = sum((term.renewed for term in found), ZERO)
        is_kept = kept >= value * LEAST_KEPT
        left = churned[account]
        is_decided = due_on + timedelta(days=GRACE_DAYS) <= scope.today or (left and left <= scope.today)
        if value and (is_kept or is_decided):
            outcomes.append(Outcome(account, segments[account], due_on, is_kept, float(kept / value)))
    return outcomes


def healths_before(outcomes: Sequence[Outcome], lead_days: int) -> dict[int, Snapshot]:
    """Return the first snapshot of each account so many days before, by the outcome's position."""
    with connection.cursor() as cursor:
        cursor.execute(HEALTHS, [*_asked(outcomes, lead_days), NEAR_DAYS])
        return {position: Snapshot(*rest) for position, *rest in _loaded(cursor)}


def sentiment_before(outcomes: Sequence[Outcome], lead_days: int) -> dict[int, int]:
    """Return the mean likelihood answer (hundredths of 0..10) so many days before, by outcome's position."""
    with connection.cursor() as cursor:
        mode = Programme.Mode.RELATIONSHIP
        cursor.execute(SENTIMENTS, [*_asked(outcomes, lead_days), ANSWER_DAYS, mode])
        return {position: round(100 * mean) for position, mean in cursor.fetchall()}


def _asked(outcomes: Sequence[Outcome], lead_days: int) -> list[list[Any]]:
    lead = timedelta(days=lead_days)
    return [
        list(range(len(outcomes))),
        [outcome.account for outcome in outcomes],
        [outcome.due_on - lead for outcome in outcomes],
    ]


def _loaded(cursor: Any) -> Iterator[list[Any]]:
    # Below the ORM jsonb comes as text.
    for *rest, parts, computed_at in cursor.fetchall():
        yield [*rest, json.loads(parts) if isinstance(parts, str) else parts, computed_at]


def _lines(scope: Scope, start: date, end: date) -> Collection[Line]:
    """Return the subscriptions due in `[start, end)` and all that may renew them."""
    grace = timedelta(days=GRACE_DAYS)
    near = (start - grace, end + grace)
    rates = rates_on(start)
    names_renewals = Subscription.objects.filter(account=OuterRef("account")).exclude(renews=None)
    rows = (
        Subscription.objects.filter(account__in=scope.accounts, annual_value__gt=0)
        .filter(Q(ends_on=None) | Q(ends_on__gt=F("starts_on")))
        .filter(
            Q(ends_on__range=near)
            | Q(starts_on__range=near)
            | Q(renews__ends_on__gte=start, renews__ends_on__lt=end)
        )
        .values_list("pk", "account", "product", "starts_on", "ends_on", "annual_value", "currency", "renews")
        .annotate(names_renewals=Exists(names_renewals))
        .order_by("pk")
    )
    # Only shares are formed: where no rate is known, amounts of one currency still compare.
    return [
        Line(key, account, product, begun, ended, rates.convert(value, currency) or value, renews, names)
        for key, account, product, begun, ended, value, currency, renews, names in rows
    ]
