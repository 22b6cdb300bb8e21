"""The dry run says what planning then does."""

from collections import Counter
from datetime import UTC, datetime, time, timedelta
from itertools import count
from random import Random

import pytest

from surveys.actions.planning import plan_campaign, plan_campaigns
from surveys.asking.forecast import counts_by_day, forecast
from surveys.asking.policy import Protected
from surveys.models import Campaign, ContactCap, Invitation, Programme, Skip
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
SERIAL = count(1)


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
    asked = Counter((one.day, one.campaign, one.contact) for one in foreseen if one.protected is None)
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


@pytest.mark.parametrize("seed", range(5))
def test_it_foresees_any_company(seed):
    """Several subscriptions of one account, people all over the world, windows, quiet times and caps."""
    chance = Random(seed)
    zones = ("", "Europe/Berlin", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kathmandu")
    programmes = [programme() for _ in range(2)]
    Programme.objects.filter(pk=programmes[0].pk).update(priority=chance.randint(1, 9))
    for _ in range(5):
        acme = account()
        for _ in range(chance.randint(1, 3)):
            begins = TODAY - timedelta(days=chance.randint(-20, 20))
            subscription(acme, begins, begins + timedelta(days=chance.randint(20, 60)), 1000)
        for _ in range(chance.randint(1, 3)):
            contact(
                acme, time_zone=chance.choice(zones), email=f"p{next(SERIAL)}@{chance.choice('ab')}.example"
            )
    contact_policy(quiet_days=chance.choice((0, 1, 9)), quiet_before_renewal_days=chance.choice((0, 12)))
    for per in chance.sample(("account", "domain", "contact"), 2):
        ContactCap.objects.create(per=per, limit=chance.randint(2, 5), days=chance.randint(2, 9))
    for trigger, days in (("after_start", 3), ("before_renewal", 10), ("once", None), ("recurring", 11)):
        campaign(
            published_survey(of=chance.choice(programmes)),
            trigger=trigger,
            days=days,
            opens="09:00",
            closes="17:00",
            weekdays=chance.sample(range(7), chance.randint(2, 7)),
        )
    now = NOON + timedelta(hours=chance.randint(0, 11))
    foreseen = list(forecast(Campaign.objects.all(), now=now, days=20))
    asked = Counter((one.day, one.campaign, one.contact) for one in foreseen if one.protected is None)
    assert asked

    for day in range(20):
        plan_campaigns(now=max(now, datetime.combine(TODAY + timedelta(days=day), time.min, UTC)))
    planned = Counter(
        (one.planned_for.date(), one.campaign_id, one.contact_id) for one in Invitation.objects.all()
    )
    assert Counter({one: n for one, n in planned.items() if one[0] < TODAY + timedelta(days=20)}) == asked


def test_two_occasions_at_once_are_two_asks_on_two_days():
    acme = account()
    anna = contact(acme)
    for _ in range(2):
        subscription(acme, TODAY - timedelta(days=30), None, 1000)
    contact_policy(quiet_days=0)
    made = campaign(published_survey(), trigger=Campaign.Trigger.AFTER_START, days=30)
    foreseen = [(one.day, one.protected) for one in forecast([made], now=NOON)]
    tomorrow = TODAY + timedelta(days=1)

    assert foreseen == [
        (TODAY, None),
        (TODAY, Protected("asked by this campaign that day", tomorrow)),
        (tomorrow, None),
    ]
    assert [plan_campaign(made, now=NOON + timedelta(days=day)).invited for day in range(3)] == [1, 1, 0]
    assert set(made.invitations.values_list("contact", flat=True)) == {anna.pk}


def test_it_foresees_that_a_renewal_comes_near():
    acme = account()
    contact(acme)
    subscription(acme, TODAY - timedelta(days=300), TODAY + timedelta(days=30), 1000)
    contact_policy(quiet_days=0, quiet_before_renewal_days=10)
    made = campaign(published_survey(), starts_on=TODAY + timedelta(days=25))
    told = [(one.day, one.protected and one.protected.reason) for one in forecast([made], now=NOON)]

    assert told == [
        (TODAY + timedelta(days=25), "renewal is being negotiated"),
        (TODAY + timedelta(days=30), None),
    ]


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
