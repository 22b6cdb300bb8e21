"""How an account's people take being asked. Whoever was never asked is unknown, not silent."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet

from accounts.models import Contact
from metrics.evidence.finding import Finding, Findings, hundredths
from metrics.formulas.days import day_bounds
from metrics.formulas.health_components import response_behaviour as behaviour
from surveys.models import Invitation

ASKED_DAYS = 365
# An invitation counts as missed once it has lain this long.
MISSED_AFTER = timedelta(days=14)
MISSED_IN_A_ROW = 2


def response_behaviour(accounts: Sequence[int], day: date) -> Findings:
    """Return how the accounts answer the invitations delivered in 365 days, against all accounts together."""
    until = day_bounds(day, settings.REPORTING_ZONE)[1]
    rows = (
        _delivered(day)
        .filter(contact__account__in=accounts)
        .order_by("contact_id", "sent_at", "pk")
        .values_list(
            "contact__account_id", "contact_id", "contact__role", "sent_at", "response__submitted_at"
        )
    )
    asked: dict[int, list[bool]] = defaultdict(list)
    of_decision_maker: dict[tuple[int, int], list[tuple[datetime, bool]]] = defaultdict(list)
    for account, contact, role, sent_at, submitted_at in rows.iterator():
        is_answered = submitted_at is not None and submitted_at < until
        asked[account].append(is_answered)
        if sent_at and role == Contact.Role.DECISION_MAKER:
            of_decision_maker[account, contact].append((sent_at, is_answered))
    silent = {account for (account, _), asks in of_decision_maker.items() if _fell_silent(asks, until=until)}
    rate = _portfolio_rate(day)
    return {
        "response_behaviour": {
            account: Finding(
                behaviour(
                    delivered=len(answered),
                    answered=sum(answered),
                    portfolio_rate=rate,
                    decision_maker_fell_silent=account in silent,
                ),
                {
                    "delivered": len(answered),
                    "answered": sum(answered),
                    "portfolio_rate": hundredths(100 * (rate or 0)),
                    "decision_maker_fell_silent": account in silent,
                },
            )
            for account, answered in asked.items()
        }
    }


def _delivered(day: date) -> QuerySet[Invitation, Any]:
    zone = settings.REPORTING_ZONE
    since, until = day_bounds(day - timedelta(days=ASKED_DAYS - 1), zone)[0], day_bounds(day, zone)[1]
    return Invitation.objects.delivered().filter(sent_at__gte=since, sent_at__lt=until)


def _portfolio_rate(day: date) -> float | None:
    """Return the share (0..1) of all delivered invitations that was answered, None when there are none."""
    until = day_bounds(day, settings.REPORTING_ZONE)[1]
    counts = _delivered(day).aggregate(
        delivered=Count("pk"), answered=Count("pk", filter=Q(response__submitted_at__lt=until))
    )
    return counts["answered"] / counts["delivered"] if counts["delivered"] else None


def _fell_silent(asks: Sequence[tuple[datetime, bool]], *, until: datetime) -> bool:
    """Return whether someone who used to answer missed the last two invitations, given in order of time."""
    last = asks[-MISSED_IN_A_ROW:]
    return (
        any(is_answered for _, is_answered in asks)
        and len(last) == MISSED_IN_A_ROW
        and not any(is_answered for _, is_answered in last)
        and all(sent_at + MISSED_AFTER <= until for sent_at, _ in last)
    )
