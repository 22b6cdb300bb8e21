"""Whom a campaign asks, and why others are left alone."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from surveys.actions.planning import plan_campaign, plan_campaigns
from surveys.asking.addresses import address_hash
from surveys.models import (
    Campaign,
    ContactCap,
    Invitation,
    Mail,
    Preference,
    Skip,
    Suppression,
)
from tests.factories import (
    NOON,
    account,
    audience,
    campaign,
    contact,
    contact_policy,
    invitation,
    programme,
    published_survey,
    subscription,
)

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


@pytest.fixture
def survey():
    return published_survey()


def plan(made, days=0):
    planned = plan_campaign(made, now=NOON + timedelta(days=days))
    return planned.invited, planned.skipped


def reasons(made):
    return {skip.contact.name: (skip.reason, skip.until) for skip in made.skips.select_related("contact")}


def test_it_plans_a_mail_and_a_link_for_everyone(survey):
    anna = contact(account())
    made = campaign(survey, expires_after_days=10)

    assert plan(made) == (1, 0)
    mail = Mail.objects.get()
    assert (mail.state, mail.due_at, mail.number) == ("planned", NOON, 0)
    assert mail.invitation.contact == anna
    assert mail.invitation.sent_at is None
    assert mail.invitation.expires_at == NOON + timedelta(days=10)


def test_it_plans_nobody_twice(survey):
    contact(account())
    made = campaign(survey)

    assert [plan(made), plan(made), plan(made, days=3)] == [(1, 0), (0, 0), (0, 0)]


def test_it_says_why_somebody_is_left_out(survey):
    acme = account()
    for name, fields in {
        "unsubscribed": {"unsubscribed_at": NOON},
        "bounced": {"bounced_at": NOON},
        "erased": {"erased_at": NOON},
        "no e-mail address": {"email": ""},
        "complained to the mail provider": {"email": "angry@example.com"},
        "asked for another programme only": {"email": "picky@example.com"},
    }.items():
        contact(acme, name=name, **fields)
    Suppression.objects.create(
        address_hash=address_hash(" Angry@Example.COM "), reason="complained", created_at=NOON
    )
    Preference.objects.create(
        address_hash=address_hash("picky@example.com"), only_programme=programme(), changed_at=NOON
    )
    made = campaign(survey)

    assert plan(made) == (0, 6)
    assert all(found == (name, None) for name, found in reasons(made).items())


def test_quiet_days_count_asks_of_every_programme(survey):
    anna, bob = contact(account(), name="Anna"), contact(account(), name="Bob")
    invitation(published_survey(), anna, sent_at=NOON - timedelta(days=10))
    made = campaign(survey)

    assert plan(made) == (1, 1)
    assert reasons(made) == {"Anna": ("quiet days", TODAY + timedelta(days=20))}
    assert plan(made, days=20) == (1, 0)
    assert Invitation.objects.filter(contact=bob).count() == 1


def test_a_cap_of_the_account_holds_within_one_plan(survey):
    acme = account()
    for number in range(5):
        contact(acme, name=str(number))
    contact_policy(quiet_days=0)
    ContactCap.objects.create(per="account", limit=2, days=7)
    made = campaign(survey)

    assert plan(made) == (2, 3)
    assert plan(made, days=6) == (0, 3)
    assert plan(made, days=7) == (2, 1)


@pytest.mark.parametrize(
    ("cap", "asked"),
    [
        ({"per": "domain", "limit": 4}, (3, 1)),
        ({"per": "domain", "limit": 1, "role": "decision_maker"}, (3, 4)),
        ({"per": "account", "limit": 1, "role": "user"}, (2, 3)),
        ({"per": "contact", "limit": 1}, (3, 3)),
    ],
)
def test_every_cap_counts_what_was_asked_before(survey, cap, asked):
    """Two accounts share a mail domain, three people each; one account was asked a day before both are."""
    companies = [account(), account()]
    for company, domain in zip(companies, ("Acme.example", "acme.EXAMPLE"), strict=True):
        for number, role in enumerate(("decision_maker", "user", "user")):
            contact(company, role=role, email=f"{number}.{company.pk}@{domain}")
    contact_policy(quiet_days=0)
    ContactCap.objects.create(days=7, **cap)
    one = audience(("account", "one_of", [companies[0].external_id]))

    assert (plan(campaign(survey, audience=one))[0], plan(campaign(survey), days=1)[0]) == asked


def test_who_matters_more_asks_first(survey):
    contact(account())
    support, renewal = programme(), programme()
    renewal.priority = 1
    renewal.save()
    campaign(published_survey(of=support), name="support")
    campaign(published_survey(of=renewal), name="renewal")

    plan_campaigns(now=NOON)

    assert Invitation.objects.get().campaign.name == "renewal"
    assert Skip.objects.get().campaign.name == "support"


def test_it_leaves_alone_who_negotiates_a_renewal(survey):
    acme = account()
    contact(acme, name="Anna")
    subscription(acme, TODAY - timedelta(days=300), TODAY + timedelta(days=20), 1000)
    contact_policy(quiet_days=0, quiet_before_renewal_days=30)
    made = campaign(survey)

    assert plan(made) == (0, 1)
    assert reasons(made) == {"Anna": ("renewal is being negotiated", TODAY + timedelta(days=20))}


def test_each_contact_has_a_turn_in_a_recurring_campaign(survey):
    acme = account()
    for _ in range(40):
        contact(acme)
    contact_policy(quiet_days=5)
    made = campaign(survey, trigger=Campaign.Trigger.RECURRING, days=10)
    by_day = [plan(made, days=day)[0] for day in range(20)]

    assert sum(by_day[:10]) == 40
    assert by_day[:10] == by_day[10:]
    assert max(by_day) < 12
    assert plan(made, days=19) == (0, 0)


def test_subscriptions_call_for_turns(survey):
    acme, other = account(), account()
    contact(acme)
    contact(other)
    contact_policy(quiet_days=0)
    term = subscription(acme, TODAY - timedelta(days=30), TODAY + timedelta(days=120), 1000)
    welcome = campaign(survey, trigger=Campaign.Trigger.AFTER_START, days=30)
    renewal = campaign(survey, trigger=Campaign.Trigger.BEFORE_RENEWAL, days=120)

    assert plan(welcome) == (1, 0)
    assert plan(renewal) == (1, 0)
    assert {row.round for row in Invitation.objects.all()} == {
        f"after_start:{term.pk}",
        f"before_renewal:{term.pk}",
    }
    assert plan(welcome, days=1) == (0, 0)


def test_a_renewed_or_cancelled_term_calls_for_none(survey):
    acme = account()
    contact(acme)
    old = subscription(acme, TODAY - timedelta(days=245), TODAY + timedelta(days=120), 1000)
    subscription(acme, TODAY + timedelta(days=120), TODAY + timedelta(days=485), 1000, renews=old)
    subscription(acme, TODAY - timedelta(days=1), TODAY + timedelta(days=120), 10, cancelled_on=TODAY)

    assert plan(campaign(survey, trigger=Campaign.Trigger.BEFORE_RENEWAL, days=120)) == (0, 0)


def test_a_sample_is_drawn_once(survey):
    acme = account()
    for _ in range(60):
        contact(acme)
    made = campaign(survey, sample_percent=50)
    invited, skipped = plan(made)

    assert 15 < invited < 45
    assert invited + skipped == 60
    assert plan(made, days=1) == (0, skipped)


def test_the_audience_is_kept_to(survey):
    retail, banking = account(segment="Retail"), account(segment="Banking")
    contact(retail)
    contact(banking, role="decision_maker")
    contact(account(churned_on=date(2026, 1, 1)))

    assert plan(campaign(survey, audience=audience(("segment", "one_of", ["Retail"])))) == (1, 0)
    assert plan(campaign(survey, audience=audience(("role", "none_of", ["user"])))) == (1, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"approved_at": None},
        {"paused_at": NOON},
        {"stopped_at": NOON},
        {"starts_on": TODAY + timedelta(days=1)},
    ],
)
def test_only_what_runs_is_planned(survey, fields):
    contact(account())
    campaign(survey, **fields)

    assert plan_campaigns(now=NOON).invited == 0
    campaign(survey)
    assert plan_campaigns(now=NOON).invited == 1


def test_the_hour_waits_for_the_window_of_the_contact(survey):
    contact(account(), time_zone="Asia/Kathmandu")
    made = campaign(survey, opens="09:00", closes="17:00", weekdays=[0, 1, 2, 3, 4])
    made.refresh_from_db()
    plan(made)  # Monday noon UTC is a quarter to six in the evening there

    assert Mail.objects.get().due_at.isoformat() == "2026-06-16T03:15:00+00:00"


def test_queries_do_not_grow_with_the_audience(survey):
    acme = account()
    counts = []
    for size in (3, 30):
        for _ in range(size):
            contact(acme)
        made = campaign(survey)
        Invitation.objects.update(created_at=NOON - timedelta(days=99), planned_for=NOON - timedelta(days=99))
        with CaptureQueriesContext(connection) as queries:
            assert plan(made)[0] >= size
        counts.append(len(queries))

    assert counts[1] <= counts[0]
