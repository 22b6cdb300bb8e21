"""Mails on their way: each in one final state, none sent twice, and nobody mailed who does not want it."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from surveys.actions.claiming import claim_due_mails
from surveys.actions.planning import plan_campaign
from surveys.actions.sending import mark_handed_over, resend_unknown, settle_overdue
from surveys.asking.addresses import address_hash
from surveys.mail.dispatch import send_due_mails
from surveys.models import ContactCap, Invitation, Mail, Programme, Skip, Suppression
from tests.factories import (
    NOON,
    NPS,
    account,
    audience,
    campaign,
    contact,
    contact_policy,
    invitation,
    programme,
    published_survey,
    respond,
)
from tests.surveys.asking import racing
from tests.surveys.asking.catcher import catching

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def catcher(settings):
    with catching() as catcher:
        settings.EMAIL_BACKEND = "surveys.mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", catcher.port, 60
        yield catcher


@pytest.fixture
def survey():
    return published_survey()


def planned(survey, *addresses, **fields):
    """A campaign that is planned to these addresses."""
    for address in addresses:
        contact(account(), email=address, name="Anna Miller")
    made = campaign(survey, **fields)
    plan_campaign(made, now=NOON)
    return made


def send(at=NOON):
    return send_due_mails(clock=lambda: at, conversations=4)


def states():
    return {mail.invitation.contact.email.partition("@")[0]: mail.state for mail in Mail.objects.all()}


def test_it_sends_a_mail_that_can_be_left(survey, catcher):
    planned(survey, "anna@example.com", reply_to="us@example.com", sender="Acme <voice@acme.example>")

    assert send() == 1
    mail, (kept,) = Mail.objects.get(), catcher.kept
    assert (mail.state, mail.sent_at, mail.invitation.sent_at) == ("sent", NOON, NOON)
    assert kept["To"] == "Anna Miller <anna@example.com>"
    assert kept["From"] == "Acme <voice@acme.example>"
    assert kept["Reply-To"] == "us@example.com"
    assert kept["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert kept["List-Unsubscribe"].endswith("/unsubscribe/>")
    assert kept["Subject"] == "How are we doing, Anna?"
    text, html = (part.get_content() for part in kept.iter_parts())
    assert "Dear Anna," in text
    for number in range(11):
        assert f"&amp;nps={number}" in html


def test_every_way_to_fail_ends_in_its_state(survey, catcher, settings):
    settings.EMAIL_TIMEOUT = 4  # what `hang` takes, and the others may take on a slow machine
    names = ("good", "soft", "hard", "refuse", "hang", "keep", "drop")
    planned(survey, *(f"{name}@example.com" for name in names))

    assert send() == 1
    assert states() == {
        "good": "sent",
        "soft": "soft_failed",
        "hard": "hard_failed",
        "refuse": "hard_failed",
        "hang": "unknown",
        "keep": "unknown",
        "drop": "soft_failed",
    }
    assert set(Mail.objects.values_list("claimed_until", flat=True)) == {None}
    send(NOON + HOUR)
    assert states()["soft"] == "sent"
    assert states()["drop"] == "soft_failed"
    for later in range(2, 12):
        send(NOON + later * timedelta(days=1))
    assert states()["drop"] == "hard_failed"
    assert states()["keep"] == "unknown"
    assert set(catcher.kept_by_id().values()) == {1}


def test_a_contact_who_is_not_there_is_not_asked_again(survey, catcher):
    planned(survey, "hard@example.com")
    send()

    mail = Mail.objects.get()
    assert mail.invitation.contact.bounced_at == NOON
    assert mail.invitation.revoked_at == NOON
    assert "550" in mail.error


def test_only_a_person_sends_an_unknown_one_again(survey, catcher):
    planned(survey, "keep@example.com")
    send()
    send(NOON + timedelta(days=5))
    assert len(catcher.kept) == 1

    assert resend_unknown(Mail.objects.get(), now=NOON + HOUR)
    send(NOON + HOUR)
    assert len(catcher.kept) == 2
    assert len(catcher.kept_by_id()) == 1  # the same Message-ID, so that it can be told


def test_one_bad_contact_stops_nobody(survey, catcher):
    contact(account(), email="bad@example.com", name="Bob\r\nBcc: evil@example.com")
    planned(survey, "good@example.com")

    assert send() == 1
    assert states() == {"bad": "hard_failed", "good": "sent"}
    assert all(not message["Bcc"] for message in catcher.kept)


def test_markup_in_a_name_stays_letters(survey, catcher):
    contact(account(name="<script>x</script>"), email="a@example.com", name="<a href=//evil>x</a>")
    plan_campaign(campaign(survey), now=NOON)
    send()

    text, html = (part.get_content() for part in catcher.kept[0].iter_parts())
    assert "&lt;script&gt;" in html
    assert "&lt;a" in html
    assert "<script>" not in html
    assert "<script>x</script>" in text


def test_names_are_filled_in_the_question_too_and_once_only(catcher):
    asked = {**NPS, "text": "{{contact.first_name|You}} of {{account.name}}, would you recommend us?"}
    contact(account(name="{{mail.link}} & Sons"), email="a@example.com", name="Zoë")
    contact(account(name="Plain"), email="b@example.com", name="")
    plan_campaign(campaign(published_survey([asked])), now=NOON)
    send()

    letters = {kept["To"]: [part.get_content() for part in kept.iter_parts()] for kept in catcher.kept}
    (text, html), (other, _) = letters["Zoë <a@example.com>"], letters["b@example.com"]
    assert "Zoë of {{mail.link}} & Sons, would you" in text
    assert "Zoë of {{mail.link}} &amp; Sons, would you" in " ".join(html.split())
    assert "You of Plain, would you" in other
    assert html.count("/r/") == other.count("/r/") + 11


def test_whoever_unsubscribes_between_claim_and_words_gets_none(survey, catcher):
    planned(survey, "anna@example.com")
    claim = claim_due_mails(now=NOON, limit=10)
    Suppression.objects.create(
        address_hash=address_hash("ANNA@example.com"), reason="unsubscribed", created_at=NOON
    )

    assert mark_handed_over([mail.pk for mail in claim.mails], claim, now=NOON) == set()
    send(NOON + HOUR)
    assert catcher.kept == []
    assert states() == {"anna": "suppressed"}


def test_a_halted_campaign_hands_over_nothing(survey, catcher):
    made = planned(survey, "anna@example.com")
    claim = claim_due_mails(now=NOON, limit=10)
    made.paused_at = NOON
    made.save()

    assert mark_handed_over([mail.pk for mail in claim.mails], claim, now=NOON) == set()
    assert send(NOON + HOUR) == 0


def test_a_worker_that_died_before_the_words_loses_nothing(survey, catcher):
    planned(survey, "anna@example.com")
    claim = claim_due_mails(now=NOON, limit=10)
    assert len(claim.mails) == 1
    assert claim_due_mails(now=NOON, limit=10).mails == []

    assert send(NOON + HOUR) == 1
    assert mark_handed_over([claim.mails[0].pk], claim, now=NOON + HOUR) == set()
    assert len(catcher.kept) == 1


def test_a_worker_that_died_after_the_words_leaves_an_unknown(survey, catcher):
    planned(survey, "anna@example.com")
    claim = claim_due_mails(now=NOON, limit=10)
    mark_handed_over([claim.mails[0].pk], claim, now=NOON)

    assert settle_overdue(now=NOON + HOUR) == 1
    assert send(NOON + HOUR) == 0
    assert states() == {"anna": "unknown"}


def test_reminders_go_to_the_silent_only(survey, catcher):
    planned(survey, "silent@example.com", "quick@example.com", reminder_days=[3, 7])
    send()
    quick = Invitation.objects.get(contact__email="quick@example.com")
    respond(survey, {"nps": 9}, invitation=quick, contact=quick.contact)
    for day in (2, 3, 7, 30):
        send(NOON + timedelta(days=day))

    sent = Counter(message["To"].partition("<")[2] for message in catcher.kept)
    assert sent == {"silent@example.com>": 3, "quick@example.com>": 1}
    assert set(Mail.objects.filter(invitation=quick, number__gt=0).values_list("state", flat=True)) == {
        "unneeded"
    }


def test_reminders_count_against_no_cap(survey, catcher):
    contact_policy(quiet_days=60)
    planned(survey, "anna@example.com", reminder_days=[3])
    send()

    assert send(NOON + timedelta(days=3)) == 1


def test_a_shift_ends_and_the_next_one_goes_on(survey, catcher):
    planned(survey, *(f"p{number}@example.com" for number in range(7)))
    shifts = [send_due_mails(clock=lambda: NOON, conversations=1, shift=timedelta(0)) for _ in range(3)]

    assert shifts == [4, 3, 0]


def test_the_hourly_limit_holds(survey, catcher):
    planned(survey, *(f"p{number}@example.com" for number in range(7)), per_hour=3)

    assert [send(NOON + minutes * timedelta(minutes=1)) for minutes in (0, 30, 61, 62, 125)] == [
        3,
        0,
        3,
        0,
        1,
    ]


def test_who_became_protected_since_is_put_off(survey, catcher):
    planned(survey, "anna@example.com")
    anna = Mail.objects.get().invitation.contact
    invitation(published_survey(), anna, sent_at=NOON)

    assert send() == 0
    later = NOON + timedelta(days=30)
    assert Mail.objects.get().due_at.date() == later.date()
    assert Skip.objects.get().reason == "quiet days"
    assert send(later) == 1


def test_the_account_sees_no_more_than_its_cap_whoever_claims(survey, catcher):
    """Both campaigns were planned before there was a cap; at most one goes out in a week."""
    acme = account()
    for _ in range(4):
        contact(acme)
    contact_policy(quiet_days=0)
    for _ in range(2):
        plan_campaign(campaign(survey), now=NOON)
    ContactCap.objects.create(per="account", limit=1, days=7)

    assert [send(NOON + timedelta(days=day)) for day in (0, 6, 7, 8, 14)] == [1, 0, 1, 0, 1]


@pytest.mark.django_db(transaction=True)
def test_workers_that_race_send_nothing_twice_and_break_no_cap():
    racing.fill(domains=15)
    important, other = programme(), programme()
    Programme.objects.filter(pk=important.pk).update(priority=1)
    today = timezone.localdate()
    late = [campaign(published_survey(of=important), starts_on=today) for _ in range(2)]
    early = campaign(
        published_survey(of=other), starts_on=today, audience=audience(("role", "one_of", ["influencer"]))
    )
    with catching() as catcher:
        racing.race(early, late, catcher)

    assert racing.check(catcher, domains=15) > 200
