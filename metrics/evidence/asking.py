"""How an account's people take being asked. Whoever was never asked is unknown, not silent."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import BooleanField, Count, ExpressionWrapper, Q, QuerySet

from accounts.models import Contact
from metrics.evidence.among import among
from metrics.evidence.finding import Finding, Findings, hundredths
from metrics.formulas.days import day_bounds
from metrics.formulas.health_components import response_behaviour as behaviour
from surveys.models import Invitation

ASKED_DAYS = 365
# An invitation that was not answered counts as missed once it has lain this long.
MISSED_AFTER = timedelta(days=14)
MISSED_IN_A_ROW = 2


def portfolio_rate(day: date) -> float | None:
    """Return the share (0..1) of all invitations delivered in 365 days that was answered, or None."""
    until = day_bounds(day, settings.REPORTING_ZONE)[1]
    counts = _delivered(day).aggregate(
        delivered=Count("pk"), answered=Count("pk", filter=_answered(day, until))
    )
    return counts["answered"] / counts["delivered"] if counts["delivered"] else None


def response_behaviour(accounts: Sequence[int], day: date, *, rate: float | None) -> Findings:
    """Return how the accounts answer the invitations delivered in 365 days, against the portfolio's rate."""
    until = day_bounds(day, settings.REPORTING_ZONE)[1]
    rows = (
        _delivered(day)
        .filter(among(accounts, "contact__account"))
        .annotate(is_answered=_is(_answered(day, until)), is_old=_is(Q(sent_at__lte=until - MISSED_AFTER)))
        .order_by("contact_id", "sent_at", "pk")
        .values_list("contact__account_id", "contact_id", "contact__role", "is_answered", "is_old")
    )
    asked: dict[int, list[bool]] = defaultdict(list)
    of_decision_maker: dict[tuple[int, int], list[bool]] = defaultdict(list)
    for account, contact, role, is_answered, is_old in rows.iterator():
        asked[account].append(bool(is_answered))
        if role == Contact.Role.DECISION_MAKER and (is_answered or is_old):
            of_decision_maker[account, contact].append(bool(is_answered))
    silent = {account for (account, _), answered in of_decision_maker.items() if _fell_silent(answered)}
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


def _fell_silent(answered: Sequence[bool]) -> bool:
    """Return whether someone who used to answer missed the last two invitations, given in order of time."""
    return any(answered) and not any(answered[-MISSED_IN_A_ROW:])


def _answered(day: date, until: datetime) -> Q:
    """Return the condition that an invitation was answered; where it was anonymous only the day is known."""
    return Q(response__submitted_at__lt=until) | Q(answered_on__lte=day)


def _is(condition: Q) -> "ExpressionWrapper[Q]":
    return ExpressionWrapper(condition, BooleanField())
