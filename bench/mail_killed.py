"""Ten thousand recipients, workers killed: each in one final state, none mailed twice (SECURITY F15)."""

import os

from django.utils import timezone

from accounts.models import Account
from bench import arena
from bench.mail import a_campaign
from surveys.actions.planning import plan_campaign
from tests.surveys.asking import survival
from tests.surveys.asking.catcher import catching

RECIPIENTS = int(os.environ.get("BENCH_RECIPIENTS", "10000"))
KILL_AFTER = 1000


def run() -> list[tuple[str, str, str]]:
    """Return how many mails came to which end; raises where one came to a wrong one."""
    arena.emptied()
    companies = Account.objects.bulk_create(
        Account(external_id=f"killed-{number}", name=f"Company {number}", created_on="2024-01-01")
        for number in range(RECIPIENTS // 20)
    )
    survival.fill(companies, RECIPIENTS)
    campaign = a_campaign("killed")
    # One mail each, so that each has one end.
    campaign.reminder_days = []
    campaign.save()
    plan_campaign(campaign, now=timezone.now())
    with catching() as catcher:
        killed = survival.send_with_kills(catcher, every=KILL_AFTER)
    ends = survival.check(catcher, RECIPIENTS, killed)
    counts = ", ".join(f"{state} {count:,}" for state, count in ends.most_common())
    return [(f"{RECIPIENTS:,} recipients, {killed} workers killed", "all settled", counts)]
