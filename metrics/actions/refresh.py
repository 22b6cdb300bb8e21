"""What keeps the pages current: newly absorbed answers, and the health of the accounts that gave them."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from metrics.actions.absorb import BATCH, Absorption, absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.portfolio import count_account_nps

# A sweep compares all responses each time, so it takes fewer and larger steps.
SWEEP_BATCH = 10 * BATCH


def refresh_metrics(*, now: datetime, sweep: bool = False) -> Absorption:
    """Absorb one batch of responses and score the accounts it touched, both or neither.

    In one transaction: after a kill between the two nobody would remember whose health is out of date.
    """
    with transaction.atomic():
        absorbed = absorb_responses(now=now, limit=SWEEP_BATCH if sweep else BATCH, sweep=sweep)
        if absorbed.accounts:
            today = timezone.localdate(now, settings.REPORTING_ZONE)
            score_accounts(day=today, now=now, accounts=absorbed.accounts)
            count_account_nps(day=today, accounts=absorbed.accounts)
    return absorbed
