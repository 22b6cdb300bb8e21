"""Workers killed in the middle of two thousand mails: nobody is left out, nobody gets two (SECURITY F15)."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Contact
from surveys.actions.planning import plan_campaign
from surveys.mail.dispatch import send_due_mails
from surveys.models import Mail
from tests.factories import account, campaign, published_survey
from tests.surveys.asking.catcher import catching

ROOT = Path(__file__).parents[3]
RECIPIENTS = 2000
KILLED_AT = (200, 600, 1100)
PATIENCE = 300


def kind_of(number):
    return {0: "soft", 1: "hard", 2: "keep", 3: "drop"}.get(number % 50, "good")


def worker(port):
    """A process of its own that sends what is due over the database of this test."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    database = f"{server}/{connection.settings_dict['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": database,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "LOG_LEVEL": "ERROR",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", "send_mails"], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL
    )


@pytest.mark.django_db(transaction=True)
def test_two_thousand_recipients_survive_killed_workers(settings):
    companies = [account() for _ in range(RECIPIENTS // 20)]
    Contact.objects.bulk_create(
        Contact(account=companies[n // 20], external_id=f"k{n}", email=f"{kind_of(n)}{n}@example.com")
        for n in range(RECIPIENTS)
    )
    made = campaign(published_survey())
    plan_campaign(made, now=timezone.now())
    with catching() as catcher:
        workers = [worker(catcher.port) for _ in range(2)]
        try:
            for threshold in KILLED_AT:
                wait_until(lambda: len(catcher.kept) >= threshold)  # noqa: B023 - called at once
                victim = workers.pop(0)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                workers.append(worker(catcher.port))
            wait_until(lambda: not any(one.poll() is None for one in workers))
        finally:
            for one in workers:
                one.kill()
                one.wait()
        settings.EMAIL_BACKEND = "surveys.mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", catcher.port
        for days in range(1, 8):
            send_due_mails(clock=lambda: timezone.now() + timedelta(days=days))  # noqa: B023 - called at once

    check(catcher)


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "the workers do not get on"
        time.sleep(0.02)


def check(catcher):
    mails = Mail.objects.select_related("invitation__contact")
    by_state = Counter(mail.state for mail in mails)
    stored = catcher.kept_by_id()
    assert by_state.total() == RECIPIENTS
    assert set(by_state) <= {"sent", "hard_failed", "unknown"}
    assert set(stored.values()) == {1}
    kept = {message["To"] for message in catcher.kept}
    for mail in mails:
        address = mail.invitation.contact.email
        kind = address.partition("@")[0].rstrip("0123456789")
        if mail.state == "sent":
            assert address in kept
        elif address in kept:
            assert mail.state == "unknown"
        if mail.state == "unknown":
            assert mail.handed_at
        assert (mail.state == "hard_failed") == (kind in {"hard", "drop"})
        if kind == "keep":
            assert mail.state == "unknown"
    # Besides those whose line the server dropped, only what a kill cut in the window of a conversation.
    assert by_state["unknown"] - RECIPIENTS // 50 <= 32 * len(KILLED_AT)
