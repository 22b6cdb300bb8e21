"""What a mail provider says by its webhook: heard with its secret and signature only, and once."""

import hashlib
import hmac
import json
from base64 import b64encode
from datetime import timedelta

import pytest
from django.utils import timezone

from config.providers import ProviderUnreadable, provider_settings
from surveys.actions.planning import plan_campaign
from surveys.mail.dispatch import send_due_mails
from surveys.models import Invitation, Mail, MailEvent, Suppression
from tests.factories import NOON, account, campaign, contact, published_survey

pytestmark = pytest.mark.django_db
SECRET, KEY = "mailgun:a-long-password-1", "key-of-mailgun"
URL = "/webhooks/mail/"


@pytest.fixture(autouse=True)
def _provider(settings):
    for name, value in provider_settings(
        f"anymail://mailgun?MAILGUN_API_KEY={KEY}&WEBHOOK_SECRET={SECRET}"
    ).items():
        setattr(settings, name, value)
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"


@pytest.fixture
def mail():
    for address in ("bert@example.com", "anna@example.com"):
        contact(account(), email=address)
    plan_campaign(campaign(published_survey()), now=NOON)
    assert send_due_mails(clock=lambda: NOON, conversations=1) == 2
    kept = sorted(Mail.objects.values_list("provider_id", flat=True))
    assert kept == ["", "1"], "as the backend for tests numbers them, whoever comes first"
    mail = Mail.objects.get(invitation__contact__email="anna@example.com")
    mail.provider_id = "<1@mailgun>"
    mail.save()
    return mail


def basic(secret):
    return {"Authorization": "Basic " + b64encode(secret.encode()).decode()}


def post(client, event, *, secret=SECRET, key=KEY, **fields):
    """Post as Mailgun does."""
    stamp, token = str(int(timezone.now().timestamp())), f"token-of-{event}"
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    data = {"event": event, "timestamp": 1781524800.5, "recipient": "anna@example.com", "id": f"id-{event}"}
    body = {
        "signature": {"timestamp": stamp, "token": token, "signature": signature},
        "event-data": data | fields,
    }
    headers = basic(secret) if secret else {}
    return client.post(URL, json.dumps(body), content_type="application/json", headers=headers)


def of(mail):
    return {"message": {"headers": {"message-id": mail.provider_id.strip("<>")}}, "user-variables": {}}


def test_a_delivery_is_noted_once(client, mail):
    for _ in range(2):
        assert post(client, "delivered", **of(mail)).status_code == 200
    mail.refresh_from_db()
    assert mail.delivered_at.year == 2026
    assert MailEvent.objects.get().mail == mail
    assert post(client, "opened", **of(mail)).status_code == 200
    mail.refresh_from_db()
    assert mail.opened_at is not None


@pytest.mark.parametrize(
    ("event", "fields", "reason"),
    [
        ("failed", {"severity": "permanent", "reason": "bounce"}, "bounced"),
        ("complained", {}, "complained"),
        ("unsubscribed", {}, "unsubscribed"),
    ],
)
def test_who_cannot_or_does_not_want_to_be_reached_gets_no_mail_any_more(client, mail, event, fields, reason):
    assert post(client, event, **of(mail), **fields).status_code == 200
    assert Suppression.objects.get().reason == reason


@pytest.mark.parametrize("wrong", [{"secret": None}, {"secret": "mailgun:guess"}, {"key": "forged"}])
def test_what_is_unsigned_or_forged_is_refused_and_suppresses_nobody(client, mail, wrong):
    assert post(client, "complained", **of(mail), **wrong).status_code == 401
    assert not Suppression.objects.exists()
    assert not MailEvent.objects.exists()
    assert post(client, "complained", **of(mail)).status_code == 200


def test_a_mail_whose_answer_was_lost_is_known_by_what_it_carried(client, mail):
    Mail.objects.filter(pk=mail.pk).update(state="unknown", provider_id="", sent_at=None, claimed_until=None)
    of_theirs = {"message": {"headers": {"message-id": "<theirs>"}}}
    assert (
        post(client, "delivered", **of_theirs, **{"user-variables": {"mail": str(mail.pk)}}).status_code
        == 200
    )
    mail.refresh_from_db()
    assert (mail.state, mail.sent_at, mail.delivered_at is None) == ("sent", NOON, False)


def test_who_got_a_mail_that_was_unknown_is_reminded_like_others(client, mail):
    mail.invitation.campaign.reminder_days = [4]
    mail.invitation.campaign.save()
    Invitation.objects.filter(pk=mail.invitation_id).update(sent_at=None)
    Mail.objects.filter(pk=mail.pk).update(state="unknown", sent_at=None)
    assert post(client, "delivered", **of(mail)).status_code == 200

    assert Mail.objects.get(invitation=mail.invitation, number=1).due_at == NOON + timedelta(days=4)


def test_an_event_about_nobody_suppresses_nobody(client):
    contact(account(), email="")
    assert (
        post(client, "complained", recipient="", message={"headers": {"message-id": "<x>"}}).status_code
        == 200
    )
    assert not Suppression.objects.exists()


def test_without_a_secret_nobody_is_heard(client, mail, settings):
    settings.ANYMAIL = {"MAILGUN_API_KEY": KEY}
    assert post(client, "complained", **of(mail)).status_code == 404
    settings.MAIL_PROVIDER, settings.ANYMAIL = "", {"WEBHOOK_SECRET": SECRET}
    assert post(client, "complained", **of(mail)).status_code == 404
    assert not Suppression.objects.exists()


def test_an_event_without_an_id_of_its_own_is_known_again(client, mail, settings):
    settings.MAIL_PROVIDER = "postmark"
    body = {
        "RecordType": "SpamComplaint",
        "MessageID": mail.provider_id,
        "Email": "anna@example.com",
        "BouncedAt": "2026-06-15T12:00:00Z",
    }
    for _ in range(2):
        answer = client.post(URL, json.dumps(body), content_type="application/json", headers=basic(SECRET))
        assert answer.status_code == 200
    assert MailEvent.objects.count() == Suppression.objects.count() == 1


@pytest.mark.parametrize(
    "url",
    [
        "anymail://",
        "anymail://mail-gun",
        "anymail://mailgun.evil.example?A=1",
        "anymail://mailgun?api_key=SECRETVALUE",
        "anymail://mailgun?WEBHOOK_SECRET=short:SECRETVALUE",
        "anymail://mailgun?WEBHOOK_SECRET=SECRETVALUESECRETVALUE",
    ],
)
def test_a_provider_that_cannot_be_read_is_refused_without_its_secrets(url):
    with pytest.raises(ProviderUnreadable) as refused:
        provider_settings(url)
    assert "SECRETVALUE" not in str(refused.value)
