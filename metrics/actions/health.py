"""The health of accounts: what is known of them on a day, weighed by the scorecard, one row each."""

import gc
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Account
from metrics.actions.bands import Past, past_of, recolour_after
from metrics.actions.scorecards import card_of, lock_scoring, scorecard_for
from metrics.actions.snapshots import Snapshot, write_snapshots
from metrics.evidence import Evidence, Finding, gather, portfolio_rate
from metrics.evidence.among import among
from metrics.formulas.health import PERSONS_WORD, HealthScore, Override, hard_rules
from metrics.formulas.health_components import UNKNOWN
from metrics.formulas.scorecards import Card
from metrics.models import Health, HealthOverride

# Answers that come in meanwhile wait for one chunk at most.
CHUNK = 5_000
# After a longer outage the days in between stay without a snapshot.
CATCH_UP_DAYS = 35

NOTHING = Finding(UNKNOWN, {})


class Known(NamedTuple):
    """All that decides the health of some accounts on a day."""

    day: date
    card: Card
    evidence: Evidence
    past: Mapping[int, Past]
    words: Mapping[int, HealthOverride]


def score_accounts(
    *, day: date, now: datetime, accounts: Collection[int] | QuerySet[Account, Any] | None = None
) -> int:
    """Write the health of the day of these accounts, or of all; return how many rows are new or renewed.

    Until the day ends a second time replaces the first; afterwards what was known then stays, and what has
    come since is a revision beside it. Accounts that had churned by the day get none.
    """
    customers = Account.objects.active_on(day).filter(Q(created_on=None) | Q(created_on__lte=day))
    if accounts is not None:
        customers = customers.filter(pk__in=accounts)
    keys = iter(customers.order_by("pk").values_list("pk", flat=True))
    rate = portfolio_rate(day)
    written = 0
    while chunk := list(islice(keys, CHUNK)):
        with _collecting_later():
            written += _score_chunk(chunk, day, now, rate=rate)
    return written


@contextmanager
def _collecting_later() -> Iterator[None]:
    """Let nobody look for cycles among the objects of a chunk: there are none, and it took half the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


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
        lock_scoring()
        scorecard = scorecard_for(day=day, now=now)
        card = card_of(scorecard)
        known = Known(
            day,
            card,
            gather(accounts, day, rate=rate, rules=card.rules),
            past_of(accounts, day),
            _persons_words(accounts, day),
        )
        rows = [_snapshot(account, known) for account in accounts]
        written = write_snapshots(rows, day=day, now=now, scorecard=scorecard)
        recolour_after(accounts, day, now)
    return written


def _persons_words(accounts: Sequence[int], day: date) -> dict[int, HealthOverride]:
    acting = HealthOverride.objects.acting_on(day).filter(among(accounts)).order_by("pk")
    return {each.account_id: each for each in acting}


def _snapshot(account: int, known: Known) -> Snapshot:
    """Return the health of one account as it is stored."""
    card, evidence, word = known.card, known.evidence, known.words.get(account)
    found = {key: evidence.findings.get(key, {}).get(account, NOTHING) for key in card.used}
    rules = hard_rules(
        notice_of_termination=account in evidence.notices,
        decision_maker_case_late=account in evidence.late_decision_makers,
        invoice_days_overdue=evidence.overdue_days.get(account),
    )
    if word:
        rules.append(Override(PERSONS_WORD, word.value, is_cap=False))
    health = card.score({key: finding.measure for key, finding in found.items()}, rules)
    colour = known.past[account].next_band(
        known.day,
        health.score,
        health.confidence,
        card.cutoffs,
        is_overridden=health.overridden_by is not None,
    )
    return Snapshot(
        account,
        health.score_c,
        health.base_c,
        # Rounded down, so that a colour never stands beside a confidence that forbids it.
        math.floor(health.confidence * 10_000),
        colour,
        [*_parts(card, found, health), *_overrides(rules, health, word)],
    )


def _parts(card: Card, found: Mapping[str, Finding], health: HealthScore) -> list[dict[str, Any]]:
    """Return the parts as they are stored: everything in whole hundredths, with the facts behind it."""
    return [
        {
            "key": key,
            "weight": round(component.weight * 100),
            "neutral": round(component.neutral * 100),
            "score": None if (score := found[key].measure.score) is None else round(score * 100),
            "freshness": round(found[key].measure.freshness * 10_000),
            "contribution": health.contributions_c[key],
            "facts": found[key].facts,
        }
        for key, component in card.used.items()
    ]


def _overrides(
    rules: Sequence[Override], health: HealthScore, word: HealthOverride | None
) -> list[dict[str, Any]]:
    """Return what acts on the score beside the parts; the one that decides holds all the points."""
    explained = []
    for rule in rules:
        is_binding = rule.key == health.overridden_by
        stored: dict[str, Any] = {
            "key": rule.key,
            "weight": 0,
            "neutral": None,
            "score": round(rule.value * 100),
            "freshness": 0,
            "contribution": health.override_c if is_binding else 0,
            "facts": {"override": word.pk} if word and rule.key == PERSONS_WORD else {},
            "is_override": True,
            "is_cap": rule.is_cap,
        }
        explained.append(stored | {"is_binding": True} if is_binding else stored)
    return explained
