"""What health is computed by: an immutable version, and a new one when somebody or new data ask for it."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from accounts.models import Signal, Subscription, User
from metrics.evidence.cases import are_kept
from metrics.evidence.signals import FOLLOW_UP_KEYS, SUPPORT_KEYS, USAGE_KEYS
from metrics.formulas.days import reporting_day
from metrics.formulas.scorecards import (
    DEFAULTS,
    Card,
    checked,
    content_hash,
    from_json,
    rules_to_json,
    weights_to_json,
)
from metrics.models import Scorecard

# Whoever scores or changes what is scored by holds this lock until the end of the transaction.
LOCK = 0x65617273_0002
# What Earshot measures itself is always in use: an account that nobody asked is less known for it.
OWN_MEASURES = ("relationship_sentiment", "transactional_sentiment", "sentiment_trend", "response_behaviour")


class ScorecardUnchanged(Exception):
    """The new scorecard says what the one in force says."""


def lock_scoring() -> None:
    """Wait until nobody else scores; what is read afterwards is not older than what they wrote."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def scorecard_for(*, day: date, now: datetime) -> Scorecard:
    """Return the scorecard that a day is scored by, made first where none is or a measure has come into use.

    A past day keeps the one that was in force on it. A measure that depends on data from elsewhere counts
    from the first such data on, and stays: when its data dry up it goes stale, which lowers the confidence,
    instead of vanishing. The caller holds the lock.
    """
    versions = list(Scorecard.objects.order_by("-number"))
    if not versions:
        return _written(
            _with_arrived(_first_card()), author=None, note="The weights that Earshot begins with", now=now
        )
    in_force = next((each for each in versions if each.valid_from <= day), versions[-1])
    newest = versions[0]
    if in_force != newest:
        return in_force
    card = card_of(newest)
    wider = _with_arrived(card)
    if wider == card:
        return newest
    arrived = [key for key, component in wider.components.items() if component != card.components[key]]
    names = ", ".join(key.replace("_", " ") for key in arrived)
    written = _written(wider, author=None, note=f"In use from now on: {names}", now=now)
    return written if written.valid_from <= day else newest


@transaction.atomic
def activate_scorecard(card: Card, *, author: User, note: str, now: datetime) -> Scorecard:
    """Put a scorecard in force from today on; every day before keeps the one it was scored by.

    Raises ScorecardRefused where no health could be computed by it, ScorecardUnchanged where nothing differs.
    """
    lock_scoring()
    newest = Scorecard.objects.first()
    if newest and card_of(newest) == checked(card):
        raise ScorecardUnchanged
    return _written(checked(card), author=author, note=note, now=now)


def card_of(scorecard: Scorecard) -> Card:
    """Return what a scorecard says."""
    return from_json(scorecard.weights, scorecard.rules)


def current_card() -> Card:
    """Return what the newest scorecard says, or what Earshot begins with."""
    newest = Scorecard.objects.first()
    return card_of(newest) if newest else _first_card()


def _first_card() -> Card:
    return Card({key: each._replace(is_used=key in OWN_MEASURES) for key, each in DEFAULTS.items()})


def _with_arrived(card: Card) -> Card:
    waiting = [key for key, component in card.components.items() if not component.is_used]
    return card.with_use_of(_with_data(waiting))


def _written(card: Card, *, author: User | None, note: str, now: datetime) -> Scorecard:
    newest = Scorecard.objects.first()
    weights: dict[str, Any] = weights_to_json(card)
    rules = rules_to_json(card)
    return Scorecard.objects.create(
        number=newest.number + 1 if newest else 1,
        weights=weights,
        rules=rules,
        content_hash=content_hash(weights, rules),
        valid_from=reporting_day(now, settings.REPORTING_ZONE),
        author=author,
        created_at=now,
        note=note,
    )


def _with_data(keys: Collection[str]) -> list[str]:
    """Return the components for which there is anything from which they could be measured."""
    return [key for key in keys if _has_data(key)]


def _has_data(key: str) -> bool:
    if key in ("revenue_movement", "renewal_readiness"):
        return Subscription.objects.exists()
    if key == "follow_up" and are_kept():
        return True
    signals = {"product_usage": USAGE_KEYS, "support_load": SUPPORT_KEYS, "follow_up": FOLLOW_UP_KEYS}
    return key in signals and Signal.objects.filter(key__in=signals[key]).exists()
