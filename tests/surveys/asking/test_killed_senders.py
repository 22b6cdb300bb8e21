"""Workers killed in the middle of two thousand mails: nobody is left out, nobody gets two (SECURITY F15)."""

import pytest
from django.utils import timezone

from surveys.actions.planning import plan_campaign
from tests.factories import account, campaign, published_survey
from tests.surveys.asking import survival
from tests.surveys.asking.catcher import catching

RECIPIENTS = 2000


@pytest.mark.django_db(transaction=True)
def test_two_thousand_recipients_survive_killed_workers():
    survival.fill([account() for _ in range(RECIPIENTS // 20)], RECIPIENTS)
    now = timezone.now()
    plan_campaign(campaign(published_survey(), starts_on=timezone.localdate(now)), now=now)
    with catching() as catcher:
        killed = survival.send_with_kills(catcher, every=300)

    ends = survival.check(catcher, RECIPIENTS, killed)
    assert killed >= 3
    assert ends["sent"] > RECIPIENTS * 0.8
