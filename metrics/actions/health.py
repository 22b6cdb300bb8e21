"""The health of accounts: what is known of them on a day, weighed by the scorecard, one row each."""

import json
import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet

from accounts.models import Account
from metrics.actions.scorecards import Component, components_in_use, scorecard_in_use
from metrics.evidence import Evidence, Finding, gather, portfolio_rate
from metrics.formulas.health import Band, HealthScore, Part, assemble, band, hard_rules
from metrics.formulas.health_components import UNKNOWN
from metrics.models import Health

LOCK = 0x65617273_0002
# Answers that come in meanwhile wait for one chunk at most.
CHUNK = 2_000
# Bands remember for a week: after a longer gap an account starts afresh.
MEMORY_DAYS = 7
# After a longer outage the days in between stay without a snapshot.
CATCH_UP_DAYS = 35

# One document instead of thousands of parameters, whose quoting took a third of the time.
WRITE = """
INSERT INTO metrics_health (account_id, scorecard_id, day, score, base, confidence, band, parts, computed_at)
SELECT account_id, %(scorecard)s, %(day)s, score, base, confidence, band, parts, %(now)s
FROM jsonb_to_recordset(%(rows)s::jsonb)
    AS health (account_id bigint, score int, base int, confidence int, band text, parts jsonb)
ON CONFLICT (account_id, day) DO UPDATE SET scorecard_id = excluded.scorecard_id, score = excluded.score,
    base = excluded.base, confidence = excluded.confidence, band = excluded.band, parts = excluded.parts,
    computed_at = excluded.computed_at
"""

NOTHING = Finding(UNKNOWN, {})


@dataclass(slots=True)
class Past:
    """An account's scores and newest band in the days before, oldest first."""

    scores: list[float] = field(default_factory=list)
    band: Band | None = None
    is_overridden: bool = False


def score_accounts(
    *, day: date, now: datetime, accounts: Collection[int] | QuerySet[Account, Any] | None = None
) -> int:
    """Write the health of the day of these accounts, or of all; return how many rows were written.

    A second time on one day it replaces the first. Accounts that had churned by the day get none.
    """
    customers = Account.objects.active_on(day).filter(Q(created_on=None) | Q(created_on__lte=day))
    if accounts is not None:
        customers = customers.filter(pk__in=accounts)
    keys = iter(customers.order_by("pk").values_list("pk", flat=True))
    rate = portfolio_rate(day)
    written = 0
    while chunk := list(islice(keys, CHUNK)):
        written += _score_chunk(chunk, day, now, rate=rate)
    return written


def score_missing(*, today: date, now: datetime) -> int:
    """Write the health that days up to today lack since the newest snapshot; return how many rows.

    What is missing in the database decides, not a tick of a clock that may have stood still.
    """
    newest = Health.objects.filter(day__lt=today).order_by("-day").values_list("day", flat=True).first()
    first = (
        today if newest is None else max(newest + timedelta(days=1), today - timedelta(days=CATCH_UP_DAYS))
    )
    written = 0
    for back in range((today - first).days, -1, -1):
        day = today - timedelta(days=back)
        is_scored = Exists(Health.objects.filter(account=OuterRef("pk"), day=day))
        missing = Account.objects.active_on(day).exclude(is_scored)
        written += score_accounts(day=day, now=now, accounts=missing)
    return written


def _score_chunk(accounts: Sequence[int], day: date, now: datetime, *, rate: float | None) -> int:
    with transaction.atomic():
        # What is read below must not be older than what another run writes before us.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        scorecard = scorecard_in_use(now=now)
        evidence, past = gather(accounts, day, rate=rate), _past(accounts, day)
        components = components_in_use(scorecard)
        rows = [_row(account, components, evidence, past[account]) for account in accounts]
        with connection.cursor() as cursor:
            cursor.execute(
                WRITE, {"rows": json.dumps(rows), "scorecard": scorecard.pk, "day": day, "now": now}
            )
    return len(rows)


def _row(
    account: int, components: Mapping[str, Component], evidence: Evidence, past: Past
) -> dict[str, object]:
    """Return the health of one account as its row."""
    found = {key: evidence.findings.get(key, {}).get(account, NOTHING) for key in components}
    parts = [Part(key, *component, *found[key].measure) for key, component in components.items()]
    rules = hard_rules(
        notice_of_termination=account in evidence.notices,
        decision_maker_case_late=False,
        invoice_days_overdue=evidence.overdue_days.get(account),
    )
    health = assemble(parts, rules)
    colour = band(
        health.score,
        health.confidence,
        past.band,
        past.scores,
        is_overridden=past.is_overridden or health.overridden_by is not None,
    )
    return {
        "account_id": account,
        "score": health.score_c,
        "base": health.base_c,
        # Rounded down, so that a colour never stands beside a confidence that forbids it.
        "confidence": math.floor(health.confidence * 10_000),
        "band": colour,
        "parts": _explained(parts, found, health),
    }


def _explained(
    parts: Sequence[Part], found: Mapping[str, Finding], health: HealthScore
) -> list[dict[str, Any]]:
    """Return the parts as they are stored: everything in whole hundredths, with the facts behind it."""
    explained: list[dict[str, Any]] = [
        {
            "key": part.key,
            "weight": round(part.weight * 100),
            "neutral": round(part.neutral * 100),
            "score": None if part.score is None else round(part.score * 100),
            "freshness": round(part.freshness * 10_000),
            "contribution": health.contributions_c[part.key],
            "facts": found[part.key].facts,
        }
        for part in parts
    ]
    if health.overridden_by is not None:
        rule = {"key": health.overridden_by, "weight": 0, "neutral": None, "score": None, "freshness": 0}
        explained.append(rule | {"contribution": health.override_c, "facts": {}, "is_override": True})
    return explained


def _past(accounts: Sequence[int], day: date) -> Mapping[int, Past]:
    is_overridden = ExpressionWrapper(Q(parts__contains=[{"is_override": True}]), BooleanField())
    rows = (
        Health.objects.filter(account__in=accounts, day__lt=day, day__gte=day - timedelta(days=MEMORY_DAYS))
        .order_by("account_id", "day")
        .values_list("account_id", "score", "band", is_overridden)
    )
    past: dict[int, Past] = defaultdict(Past)
    for account, score, colour, was_overridden in rows.iterator():
        before = past[account]
        before.scores.append(score / 100)
        before.band, before.is_overridden = Band(colour), was_overridden
    return past
