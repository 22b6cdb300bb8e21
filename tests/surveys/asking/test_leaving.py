"""Leaving: a GET asks, a POST acts at once and for good."""

from datetime import timedelta

import pytest

from surveys.actions.mail_events import Kind, record_mail_event
from surveys.actions.outreach import ContactNotAskable, create_invitation
from surveys.actions.planning import plan_campaign
from surveys.asking.addresses import address_hash
from surveys.links import token_for
from surveys.models import Invitation, Mail, MailEvent, Preference, Suppression
from tests.factories import NOON, account, campaign, contact, invitation, published_survey

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def survey():
    return published_survey()


@pytest.fixture
def anna(survey):
    return invitation(survey, contact(account(), email="Anna@Example.com"))


def leave_url(invitation):
    return f"/r/{token_for(bytes(invitation.nonce))}/unsubscribe/"


def counts():
    return Suppression.objects.count(), Preference.objects.count()


def test_a_get_changes_nothing(client, anna):
    for method in (client.get, client.head):
        assert method(leave_url(anna)).status_code == 200

    anna.contact.refresh_from_db()
    assert counts() == (0, 0)
    assert anna.contact.unsubscribed_at is None


def test_one_click_acts_without_cookie_or_redirect(client, anna):
    answer = client.post(leave_url(anna), "List-Unsubscribe=One-Click", content_type=FORM)

    assert answer.status_code == 200
    assert not answer.cookies
    anna.contact.refresh_from_db()
    assert anna.contact.unsubscribed_at
    assert counts() == (1, 0)
    assert client.post(leave_url(anna), "List-Unsubscribe=One-Click", content_type=FORM).status_code == 200
    assert counts() == (1, 0)


def test_an_expired_link_still_lets_one_leave(client, anna):
    Invitation.objects.update(expires_at=NOON, revoked_at=NOON)
    client.post(leave_url(anna), {"wish": "never"})

    assert counts() == (1, 0)


def test_nobody_who_left_is_asked_whatever_contact_they_become(client, anna, survey):
    client.post(leave_url(anna), "List-Unsubscribe=One-Click", content_type=FORM)
    again = contact(account(), email=" anna@EXAMPLE.com")
    made = campaign(survey)

    plan_campaign(made, now=NOON)
    assert not Mail.objects.exists()
    with pytest.raises(ContactNotAskable):
        create_invitation(survey, again, now=NOON)


def test_they_may_be_asked_less(client, anna):
    answer = client.post(leave_url(anna), {"wish": "less"})

    assert "half a year" in answer.content.decode()
    wish = Preference.objects.get()
    assert (bytes(wish.address_hash), wish.quiet_days) == (address_hash("anna@example.com"), 182)
    made = campaign(published_survey())
    plan_campaign(made, now=NOON + timedelta(days=40))
    assert made.skips.get().reason == "asked for less"


def test_they_may_keep_one_programme(client, anna, survey):
    answer = client.post(leave_url(anna), {"wish": "only"})

    assert survey.programme.name in answer.content.decode()
    later = NOON + timedelta(days=40)
    assert plan_campaign(campaign(published_survey()), now=later).invited == 0
    assert plan_campaign(campaign(survey), now=later).invited == 1


def test_no_choice_is_no_choice(client, anna):
    assert client.post(leave_url(anna), {"wish": "all"}).status_code == 400
    assert counts() == (0, 0)


def test_an_unknown_link_gets_the_same_page(client, db):
    answer = client.post("/r/AAAAAAAAAAAAAAAAAAAAAA/unsubscribe/", {"wish": "never"})

    assert client.get("/r/AAAAAAAAAAAAAAAAAAAAAA/unsubscribe/").status_code == 200
    assert answer.status_code == 200
    assert counts() == (0, 0)


@pytest.mark.parametrize("kind", [Kind.BOUNCED, Kind.COMPLAINED, Kind.UNSUBSCRIBED])
def test_what_a_provider_says_is_heard_once(anna, kind):
    mail = Mail.objects.create(
        invitation=anna, due_at=NOON, state="unknown", handed_at=NOON, provider_id="p1"
    )
    said = {"provider_id": "p1", "address": "anna@example.com", "occurred_at": NOON}

    assert record_mail_event("e1", kind, **said)
    assert not record_mail_event("e1", kind, **said)
    mail.refresh_from_db()
    assert mail.state == "sent"
    assert Suppression.objects.get().reason == kind
    assert MailEvent.objects.count() == 1


def test_a_delivery_settles_an_unknown_mail(anna):
    Invitation.objects.update(sent_at=None)
    Mail.objects.create(invitation=anna, due_at=NOON, state="unknown", handed_at=NOON, provider_id="p1")
    record_mail_event("e1", Kind.DELIVERED, provider_id="p1", address="a@example.com", occurred_at=NOON)

    assert Mail.objects.get().delivered_at == NOON
    assert Invitation.objects.get().sent_at == NOON
    assert not Suppression.objects.exists()
