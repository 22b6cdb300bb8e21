"""What is read of people's asks, against every ask there is."""

from datetime import timedelta
from random import Random

import pytest

from surveys.asking import addresses
from surveys.asking.addresses import address_hash, address_hashes, rows_about
from surveys.asking.days import local_day
from surveys.asking.ledgers import ledger_around
from surveys.asking.policy import SENT, Ask, Cap, Ledger, Policy, protection
from surveys.asking.standing import person_of
from surveys.models import Invitation, Mail, Programme, Suppression
from tests import factories as f
from tests.factories import NOON

pytestmark = pytest.mark.django_db
TODAY = local_day(NOON)
ONES_OWN = (Cap("contact", 2, 14), Cap("contact", 3, 40, "user"))
POLICIES = {
    "quiet days": Policy(quiet_days=9),
    "caps of one's own": Policy(quiet_days=2, caps=ONES_OWN),
    "caps of others too": Policy(caps=(*ONES_OWN, Cap("account", 4, 9), Cap("domain", 5, 6, "user"))),
}


@pytest.fixture
def asks():
    """Return everyone, and everyone's asks by now and to come with what they are to a plan."""
    chance, people, known = Random(20261123), [], []
    surveys = [f.published_survey() for _ in range(2)]
    Programme.objects.filter(pk=surveys[0].programme_id).update(priority=2)
    for number in range(12):
        role = chance.choice(["user", "influencer"])
        contact = f.contact(f.account(), role=role, email=f"{number}@{chance.choice('ab')}.example")
        people.append(person_of(contact, chance.choice([0, 0, 20])))
        for _ in range(chance.randrange(7)):
            day, survey = TODAY - timedelta(days=chance.randrange(50)), chance.choice(surveys)
            at = NOON + (day - TODAY)
            f.invitation(survey, contact, sent_at=at, round=str(len(known)))
            known.append((people[-1], Ask(day)))
        for state in chance.sample(["planned", "unknown", "revoked"], chance.randrange(3)):
            at, survey = NOON + timedelta(days=chance.randrange(30)), chance.choice(surveys)
            is_revoked = NOON if state == "revoked" else None
            made = f.invitation(
                survey, contact, sent_at=None, planned_for=at, revoked_at=is_revoked, round=str(len(known))
            )
            if not is_revoked:
                Mail.objects.create(invitation=made, due_at=at, state=state)
                priority = Programme.objects.get(surveys=survey).priority if state == "planned" else SENT
                known.append((people[-1], Ask(local_day(at), priority)))
    return people, known


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_it_protects_as_if_every_ask_were_known(asks, policy):
    people, known = asks
    everything = Ledger()
    for person, ask in known:
        everything.add(person, ask)
    read = ledger_around(people, TODAY, policy, days_ahead=40)
    found = 0
    for person in people:
        for ahead in range(41):
            for priority in (1, 5):
                asked = (person, TODAY + timedelta(days=ahead))
                expected = protection(*asked, everything, policy, priority=priority)
                assert protection(*asked, read, policy, priority=priority) == expected
                found += expected is not None
    assert found > 50


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_invitations_in_question_are_left_out(asks, policy):
    people, _ = asks
    everyone = [*Invitation.objects.values_list("pk", flat=True)]
    read = ledger_around(people, TODAY, policy, without=everyone)
    assert not any(protection(one, TODAY, read, policy, priority=5) for one in people)


@pytest.mark.parametrize("few", [0, 100], ids=["the fewer are read", "they are looked up"])
@pytest.mark.parametrize("others", [2, 30], ids=["fewer than asked for", "more"])
def test_rows_about_addresses_are_found_among_others(monkeypatch, few, others):
    monkeypatch.setattr(addresses, "FEW", few)
    digests = address_hashes(f"{number}@acme.example" for number in range(9))
    listed = ["3@ACME.example", " 8@acme.example", *(f"{number}@other.example" for number in range(others))]
    for email in listed:
        Suppression.objects.create(address_hash=address_hash(email), reason="listed", created_at=NOON)
    rows = Suppression.objects.values_list("address_hash", "reason")
    found = rows_about(digests, rows)
    assert {digests.index(digest) for digest in found if digest in digests} == {3, 8}
    assert {*found.values()} == {("listed",)}
    assert rows_about([], rows) == {}
