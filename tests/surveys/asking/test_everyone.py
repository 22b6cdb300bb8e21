"""Everyone of an audience, read at once, against what a plan finds out of each."""

import random
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Contact
from followups.models import FollowUp
from surveys.asking.addresses import address_hash
from surveys.asking.days import local_day
from surveys.asking.everyone import standings
from surveys.asking.ledgers import ledger_around
from surveys.asking.policy import SENT, protection
from surveys.asking.standing import candidates
from surveys.models import ContactCap, ContactPolicy, Mail, Preference, Suppression
from tests import factories as f
from tests.factories import NOON

pytestmark = pytest.mark.django_db
TODAY = local_day(NOON)
POLICIES = {
    "quiet days": (30, []),
    "nothing": (0, []),
    "caps of a contact": (5, [("contact", 2, 14, ""), ("contact", 1, 21, "user")]),
    "a cap of an account": (10, [("account", 2, 14, "")]),
    "caps of all": (3, [("domain", 3, 20, ""), ("account", 1, 9, "user"), ("contact", 3, 60, "")]),
}


@pytest.fixture
def world():
    """Two dozen contacts, asked now and then, some of whom cannot be asked or wish to be asked less."""
    chance = random.Random(20261123)
    survey = f.published_survey()
    for number in range(6):
        company = f.account()
        if number == 1:
            FollowUp.objects.create(account=company, about="Waits", due_on=TODAY, opened_at=NOON)
        if number == 2:
            f.subscription(company, TODAY - timedelta(days=300), TODAY + timedelta(days=12), 100)
        for role in ("decision_maker", "user", "user", "influencer"):
            person = f.contact(
                company,
                email=f"{chance.random()}@{chance.choice(['acme', 'ACME', 'other'])}.example",
                role=role,
                unsubscribed_at=NOON if chance.random() < 0.1 else None,
            )
            for _ in range(chance.randrange(5)):
                f.invitation(survey, person, sent_at=NOON - timedelta(days=chance.randrange(40)))
            if chance.random() < 0.3:
                midway = f.invitation(
                    survey, person, sent_at=None, planned_for=NOON - timedelta(days=chance.randrange(20))
                )
                Mail.objects.create(
                    invitation=midway, due_at=NOON, state=chance.choice(["unknown", "planned"])
                )
    people = list(Contact.objects.order_by("pk"))
    Suppression.objects.create(
        address_hash=address_hash(people[3].email.upper()), reason="complained", created_at=NOON
    )
    for person, days in ((people[5], 90), (people[14], 15)):
        Preference.objects.create(address_hash=address_hash(person.email), quiet_days=days, changed_at=NOON)


@pytest.mark.parametrize(("quiet_days", "caps"), POLICIES.values(), ids=POLICIES)
def test_they_stand_as_a_plan_finds_them(world, quiet_days, caps):
    f.contact_policy(quiet_days=quiet_days, quiet_before_renewal_days=20)
    for per, limit, days, role in caps:
        ContactCap.objects.create(per=per, limit=limit, days=days, role=role)
    policy = ContactPolicy.objects.current()
    rules = policy.rules()
    found = standings(Contact.objects.order_by("-pk"), TODAY)

    planned = candidates(Contact.objects.order_by("-pk"), None, policy, TODAY)
    ledger = ledger_around([one.person for one in planned], TODAY, rules)
    expected = [one.block or protection(one.person, TODAY, ledger, rules, priority=SENT) for one in planned]
    assert [one.contact for one in found] == [one.contact.pk for one in planned]
    assert [one.block for one in found] == expected
    reasons = {block.reason for block in expected if block}
    assert {"unsubscribed", "a follow-up is open", "renewal is being negotiated"} <= reasons
    assert len(reasons) >= 5 + bool(caps)


def test_more_addresses_than_contacts_change_nothing(world):
    """Whichever is less is looked up among the other."""
    f.contact_policy(quiet_days=1)
    FollowUp.objects.all().delete()
    before = standings(Contact.objects.order_by("pk"), TODAY)
    gone = [address_hash(f"{number}@gone.example") for number in range(40)]
    Suppression.objects.bulk_create(
        Suppression(address_hash=digest, reason="complained", created_at=NOON) for digest in gone
    )
    Preference.objects.bulk_create(
        Preference(address_hash=digest, quiet_days=7, changed_at=NOON) for digest in gone
    )
    assert {Suppression.Reason.COMPLAINED.label, "asked for less"} <= {
        one.block.reason for one in before if one.block
    }
    assert standings(Contact.objects.order_by("pk"), TODAY) == before
    assert standings(Contact.objects.none(), TODAY) == []


def test_queries_do_not_grow_with_the_contacts(world):
    f.contact_policy(quiet_days=30)
    counts = []
    for few in (4, 24):
        contacts = Contact.objects.filter(pk__in=Contact.objects.order_by("pk").values("pk")[:few])
        with CaptureQueriesContext(connection) as queries:
            assert len(standings(contacts, TODAY)) == few
        counts.append(len(queries))
    assert counts[0] == counts[1]
