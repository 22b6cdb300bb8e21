"""A person's word on the health of an account: with a reason, for 90 days at most, and on record."""

from datetime import date, datetime

from django.conf import settings
from django.db import transaction

from accounts.models import Account, User
from metrics.actions.health import score_accounts
from metrics.formulas.days import reporting_day
from metrics.models import HealthOverride
from metrics.models.health import OVERRIDE_DAYS


class OverrideRefused(ValueError):
    """An override that says too little, reaches too far or lies outside 0 to 100."""


@transaction.atomic
def override_health(
    account: Account, *, value: int, reason: str, until: date, author: User, now: datetime
) -> HealthOverride:
    """Let a person's word be the health of an account from today to a day, included; the word before it ends.

    The health of today follows at once. Raises OverrideRefused.
    """
    today = reporting_day(now, settings.REPORTING_ZONE)
    if not 0 <= value <= 100:
        raise OverrideRefused("A health lies between 0 and 100.")
    if not reason.strip():
        raise OverrideRefused("Say why, for whoever reads it next.")
    days = (until - today).days + 1
    if not 1 <= days <= OVERRIDE_DAYS:
        raise OverrideRefused(f"An override ends between today and {OVERRIDE_DAYS - 1} days from now.")
    _withdraw(account, by=author, today=today, now=now)
    made = HealthOverride.objects.create(
        account=account,
        value=value,
        reason=reason.strip(),
        author=author,
        created_at=now,
        starts_on=today,
        ends_on=date.fromordinal(until.toordinal() + 1),
    )
    score_accounts(day=today, now=now, accounts=[account.pk])
    return made


@transaction.atomic
def withdraw_override(account: Account, *, by: User, now: datetime) -> None:
    """End the override of an account; the health of today is that of its parts again."""
    today = reporting_day(now, settings.REPORTING_ZONE)
    _withdraw(account, by=by, today=today, now=now)
    score_accounts(day=today, now=now, accounts=[account.pk])


def _withdraw(account: Account, *, by: User, today: date, now: datetime) -> None:
    # Two people who override at once wait for each other here, so that one word stands at a time.
    Account.objects.select_for_update().get(pk=account.pk)
    acting = HealthOverride.objects.filter(account=account, ends_on__gt=today, withdrawn_at=None)
    acting.update(ends_on=today, withdrawn_at=now, withdrawn_by=by)
