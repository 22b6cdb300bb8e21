"""Writes what happened elsewhere, once, and the signals that rules make of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.db import transaction

from accounts.models import Account, Contact, Event, Signal, SignalRule

# Clocks differ a little, and an event is never of the day after tomorrow.
MAX_AHEAD = timedelta(days=1)
MAX_SIGNAL = Decimal(10) ** 14


class EventInFuture(Exception):
    """An event that has not happened yet."""


class EventDiffers(Exception):
    """The same event id came before with another content, which stays as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What another system says has happened, at the moment it says so unless it names another."""

    event_id: str
    name: str
    account: Account
    contact: Contact | None
    occurred_at: datetime | None
    attributes: Mapping[str, Any]


def record_event(happening: Happening, *, now: datetime) -> tuple[Event, bool]:
    """Return the stored event, and whether it is new; the same again changes nothing.

    Signals are computed anew from the events of the day, so that neither order nor repetition matters.
    Raises EventInFuture and EventDiffers, and then nothing is stored.
    """
    if happening.occurred_at and happening.occurred_at > now + MAX_AHEAD:
        raise EventInFuture
    with transaction.atomic():
        event, is_new = Event.objects.get_or_create(
            event_id=happening.event_id,
            defaults={
                "name": happening.name,
                "account": happening.account,
                "contact": happening.contact,
                "occurred_at": happening.occurred_at or now,
                "attributes": dict(happening.attributes),
                "received_at": now,
            },
        )
        if is_new:
            _measure(event)
    if not is_new and not _is_same(event, happening):
        raise EventDiffers
    return event, is_new


def _is_same(event: Event, said: Happening) -> bool:
    return (
        (event.name, event.account, event.contact) == (said.name, said.account, said.contact)
        and event.occurred_at == (said.occurred_at or event.occurred_at)
        and event.attributes == said.attributes
    )


def _measure(event: Event) -> None:
    rules = list(SignalRule.objects.filter(event_name=event.name))
    if not rules:
        return
    # Two events of one account's day wait for each other here: each must count the other.
    Account.objects.select_for_update(no_key=True).get(pk=event.account_id)
    day = event.occurred_at.astimezone(settings.REPORTING_ZONE).date()
    of_day = [
        other
        for other in Event.objects.filter(
            account=event.account_id,
            name=event.name,
            occurred_at__gte=event.occurred_at - timedelta(days=1),
            occurred_at__lte=event.occurred_at + timedelta(days=1),
        ).order_by("occurred_at", "pk")
        if other.occurred_at.astimezone(settings.REPORTING_ZONE).date() == day
    ]
    for rule in rules:
        _store_signal(event.account_id, rule, day, of_day)


def _store_signal(account_id: int, rule: SignalRule, day: date, events: list[Event]) -> None:
    value = _value(rule, events)
    if value is not None and abs(value) < MAX_SIGNAL:
        Signal.objects.update_or_create(
            account_id=account_id, key=rule.signal_key, observed_on=day, defaults={"value": value}
        )


def _value(rule: SignalRule, events: list[Event]) -> Decimal | None:
    """Return what the events come to, None when none of them has the attribute."""
    if rule.measure == SignalRule.Measure.COUNT:
        return Decimal(len(events))
    numbers = [number for event in events if (number := _number(event, rule.attribute)) is not None]
    if not numbers:
        return None
    return sum(numbers, Decimal()) if rule.measure == SignalRule.Measure.SUM else numbers[-1]


def _number(event: Event, attribute: str) -> Decimal | None:
    """Return the number that an attribute holds, None where it holds none."""
    value = event.attributes.get(attribute)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < MAX_SIGNAL else None
