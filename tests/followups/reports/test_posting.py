"""Who gets which report by mail, when, and that nobody gets it twice."""

import smtplib
from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.urls import reverse

from followups.models import Delivery, FollowUp, Mailing
from followups.reports.alerts import find_alerts
from followups.reports.posting import ATTEMPTS, due_issues, post_reports
from metrics.actions.absorb import absorb_responses
from tests import factories as f
from tests.accounts.staff import logged_in
from tests.followups.reports.conftest import MONDAY

pytestmark = pytest.mark.django_db
XSS = '<script>alert("x")</script> & <b>bold</b>'


@pytest.fixture
def unhappy(mine):
    """An unhappy answer of last week from an account that pays the canary."""
    survey = f.published_survey()
    f.subscription(mine, MONDAY.date() - timedelta(days=200), MONDAY.date() + timedelta(days=60), 987_654)
    person = f.contact(mine, name="Ada")
    f.respond(survey, {"nps": 1, "csat": 1, "why": XSS}, at=MONDAY - timedelta(days=3), contact=person)
    absorb_responses(now=MONDAY, sweep=True)


def test_each_role_gets_its_reports_once(executive, manager, mine, unhappy):
    assert post_reports(now=MONDAY) == 2
    assert post_reports(now=MONDAY + timedelta(minutes=10)) == 0
    sent = {message.to[0]: message for message in mail.outbox}
    assert set(sent) == {executive.email, manager.email}
    assert sent[executive.email].subject == "Customers in May 2026"
    assert sent[manager.email].subject.startswith("Your accounts, week to 31 May 2026")
    states = set(Delivery.objects.values_list("user", "kind", "period", "state"))
    assert states == {
        (executive.pk, "monthly", "2026-05", "sent"),
        (manager.pk, "digest", "2026-06-01", "sent"),
    }


def test_a_mail_holds_what_its_reader_may_see(executive, manager, mine, theirs, unhappy):
    f.subscription(theirs, MONDAY.date() - timedelta(days=100), MONDAY.date() + timedelta(days=50), 555_555)
    post_reports(now=MONDAY)
    bodies = {message.to[0]: message.body + str(message.alternatives[0][0]) for message in mail.outbox}
    assert "USD 1,543,209" in bodies[executive.email]
    assert "USD" not in bodies[manager.email]
    assert "Zulu" not in bodies[manager.email]
    assert "Alpha" in bodies[manager.email]


def test_an_answer_stays_text_in_a_mail(manager, unhappy):
    post_reports(now=MONDAY)
    html = str(mail.outbox[0].alternatives[0][0])
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html
    assert XSS in mail.outbox[0].body


def test_a_quiet_week_sends_nothing_and_says_so(manager, mine):
    assert post_reports(now=MONDAY) == 0
    assert mail.outbox == []
    assert Delivery.objects.get(user=manager).state == "quiet"


def test_the_clock_of_the_reporting_zone_decides(settings):
    early = MONDAY.replace(hour=3)
    assert [*due_issues("monthly", early), *due_issues("digest", early)] == []
    assert [issue.period for issue in due_issues("monthly", MONDAY + timedelta(days=6))] == ["2026-05"]
    assert [*due_issues("monthly", MONDAY + timedelta(days=7))] == []
    assert [issue.period for issue in due_issues("digest", MONDAY + timedelta(days=1))] == ["2026-06-01"]
    assert [*due_issues("digest", MONDAY + timedelta(days=2))] == []


def test_who_declined_who_left_and_what_is_off_get_nothing(executive, manager, unhappy):
    Mailing.objects.get(kind="monthly").declined_by.add(executive)
    manager.is_active = False
    manager.save()
    assert post_reports(now=MONDAY) == 0
    Mailing.objects.get(kind="monthly").declined_by.clear()
    Mailing.objects.update(is_on=False)
    assert post_reports(now=MONDAY) == 0


def test_a_fall_is_told_to_the_owner_and_to_no_other_manager(manager, mine, theirs, feels):
    for account in (mine, theirs):
        feels(account, MONDAY.date() - timedelta(days=1), 80, "green")
        feels(account, MONDAY.date(), 40, "red")
    Mailing.objects.exclude(kind="alerts").update(is_on=False)
    find_alerts(now=MONDAY)
    assert post_reports(now=MONDAY) == 1
    assert post_reports(now=MONDAY + timedelta(hours=1)) == 0
    (message,) = mail.outbox
    assert message.to == [manager.email]
    assert message.subject == "1 account fell to a worse band"
    assert "Account | Was | Is | Owner\n- Alpha | green | red 40 | " in message.body
    assert "Zulu" not in message.body


@pytest.mark.parametrize(
    ("ways", "subject"),
    [
        ("better", "1 account rose to a better band"),
        ("worse better", "1 account fell to a worse band, 1 account rose to a better one"),
    ],
)
def test_a_rise_says_what_to(manager, mine, feels, ways, subject):
    scores = {"worse": ((80, "green"), (40, "red")), "better": ((40, "red"), (80, "green"))}
    for way in ways.split():
        account = f.account(owner=manager)
        for back, (score, band) in zip((1, 0), scores[way], strict=True):
            feels(account, MONDAY.date() - timedelta(days=back), score, band)
    find_alerts(now=MONDAY)
    Mailing.objects.exclude(kind="alerts").update(is_on=False)
    post_reports(now=MONDAY)
    assert [message.subject for message in mail.outbox] == [subject]


class Server:
    """A mail server that answers as it is told."""

    def __init__(self, fault):
        self.fault = fault
        self.asked = 0

    def send_messages(self, messages):
        self.asked += 1
        raise self.fault

    def close(self):
        pass


@pytest.mark.parametrize(
    ("fault", "state", "tries"),
    [
        (smtplib.SMTPDataError(451, b"later"), "failed", ATTEMPTS),
        (ConnectionResetError("in the middle"), "unknown", 1),
    ],
)
def test_only_what_the_server_surely_has_not_is_tried_again(monkeypatch, executive, fault, state, tries):
    server = Server(fault)
    monkeypatch.setattr("followups.reports.posting.get_connection", lambda: server)
    for number in range(ATTEMPTS + 3):
        post_reports(now=MONDAY + timedelta(minutes=10 * number))
    delivery = Delivery.objects.get(kind="monthly")
    assert (delivery.state, delivery.attempts, server.asked) == (state, tries, tries)
    assert delivery.fault


def test_a_mail_whose_sender_died_is_not_sent_again(executive):
    Delivery.objects.create(kind="monthly", user=executive, period="2026-05", claimed_at=MONDAY)
    post_reports(now=MONDAY + timedelta(days=1))
    assert not [message for message in mail.outbox if message.subject.startswith("Customers")]


def test_the_database_decides_that_a_report_is_one(executive):
    row = {"kind": "monthly", "user": executive, "period": "2026-05", "claimed_at": MONDAY}
    Delivery.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(**row)


def test_an_empty_digest_says_why(executive, manager, mine):
    def told(reader, **asked):
        return logged_in(reader).get(reverse("digest"), asked).text

    assert "A quiet week" in told(manager)
    assert "You have no accounts of your own" in told(executive)
    assert "A quiet week" in told(executive, of=manager.pk)
    mine.owner = None
    mine.save()
    assert f"{manager} has no accounts" in told(executive, of=manager.pk)


def test_a_digest_names_the_cases_that_wait(manager, mine):
    FollowUp.objects.create(
        account=mine, owner=manager, about="NPS 2 in “Relationship”",
        due_on=MONDAY.date() - timedelta(days=2), opened_at=MONDAY,
    )  # fmt: skip
    post_reports(now=MONDAY)
    body = next(message.body for message in mail.outbox if message.to == [manager.email])
    assert "1 follow-up of yours is overdue." in body
    assert "NPS 2 in “Relationship” | Alpha | 30 May 2026, overdue" in body
