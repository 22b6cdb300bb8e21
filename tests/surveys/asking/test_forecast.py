"""The dry run says what planning then does."""

from collections import Counter
from datetime import timedelta
from itertools import count

import pytest

from surveys.actions.planning import plan_campaigns
from surveys.asking.forecast import counts_by_day, forecast
from surveys.models import Campaign, ContactCap, Invitation, Skip
from tests.factories import (
    NOON,
    account,
    audience,
    campaign,
    contact,
    contact_policy,
    programme,
    published_survey,
    subscription,
)

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


# Turns that recur come by a hash of the ids. With these, put-off turns end on a Saturday.
@pytest.mark.parametrize(("first_contact", "first_campaign"), [(2238, 291), (2228, 292)])
def test_it_foresees_what_planning_does(first_contact, first_campaign):
    contacts = count(first_contact)
    important, other = programme(), programme()
    important.priority = 1
    important.save()
    for number in range(4):
        acme = account(segment=("Retail", "Banking")[number % 2])
        subscription(acme, TODAY - timedelta(days=300), TODAY + timedelta(days=100 + number), 1000)
        for _ in range(4):
            contact(acme, pk=next(contacts))
    contact(acme, pk=next(contacts), unsubscribed_at=NOON)
    contact_policy(quiet_days=6)
    ContactCap.objects.create(per="account", limit=2, days=4)
    campaigns = [
        campaign(published_survey(of=other), pk=first_campaign),
        campaign(
            published_survey(of=other),
            pk=first_campaign + 1,
            trigger=Campaign.Trigger.RECURRING,
            days=12,
            weekdays=[0, 1, 2, 3, 4],
        ),
        campaign(
            published_survey(of=important),
            pk=first_campaign + 2,
            trigger=Campaign.Trigger.BEFORE_RENEWAL,
            days=95,
            audience=audience(("segment", "one_of", ["Retail"])),
        ),
    ]
    foreseen = list(
        forecast(Campaign.objects.filter(pk__in=[one.pk for one in campaigns]), now=NOON, days=40)
    )
    asked = Counter((one.day, one.campaign.pk, one.contact.pk) for one in foreseen if one.protected is None)
    assert not Invitation.objects.exists()
    assert not Skip.objects.exists()

    for day in range(40):
        plan_campaigns(now=NOON + timedelta(days=day))
    planned = Counter(
        (one.planned_for.date(), one.campaign_id, one.contact_id) for one in Invitation.objects.all()
    )

    in_time = Counter({one: 1 for one in planned if one[0] < TODAY + timedelta(days=40)})
    assert in_time == asked
    assert len(asked) > 40


def test_it_names_the_reason_and_the_day():
    anna = contact(account())
    contact(anna.account, unsubscribed_at=NOON)
    contact_policy(quiet_days=30)
    made = [campaign(published_survey()) for _ in range(2)]
    foreseen = list(forecast(made, now=NOON, days=90))

    told = [(one.day, one.protected and (one.protected.reason, one.protected.until)) for one in foreseen]
    assert (TODAY, None) in told
    assert (TODAY, ("quiet days", TODAY + timedelta(days=30))) in told
    assert (TODAY + timedelta(days=30), None) in told
    assert told.count((TODAY, ("unsubscribed", None))) == 2
    assert counts_by_day(foreseen) == {TODAY: (1, 3), TODAY + timedelta(days=30): (1, 0)}
