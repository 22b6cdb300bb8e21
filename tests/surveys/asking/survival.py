"""Senders that are killed while they send, and what holds afterwards (SECURITY F15).

A story for a test and for a benchmark: two workers, processes of their own, send a campaign by a mail server
that is unkind to some; time and again one of them is killed and another takes its place.
"""

import time
from collections import Counter
from datetime import timedelta
from multiprocessing.process import BaseProcess

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Account, Contact
from surveys.mail.dispatch import send_due_mails
from surveys.models import Mail
from tests.surveys.asking.catcher import Catcher
from tests.surveys.asking.workers import PROCESSES, at_work

# Of fifty recipients one each; the others are good.
UNKIND = ("soft", "hard", "keep", "drop", "refuse")
# So many of all hang: a conversation waits for each until its patience ends.
HANGING = 4
SECONDS_TO_GET_ON = 120
# What each kind comes to; whose words were on a line when their worker was killed are unknown as well.
ENDS = {"soft": "sent", "good": "sent", "hard": "hard_failed", "refuse": "hard_failed", "drop": "hard_failed"}


def kind_of(number: int) -> str:
    if number % 50 == len(UNKIND) and number < 50 * HANGING:
        return "hang"
    return dict(enumerate(UNKIND)).get(number % 50, "good")


def fill(companies: list[Account], recipients: int) -> None:
    Contact.objects.bulk_create(
        Contact(
            account=companies[number % len(companies)],
            external_id=f"k{number}",
            email=f"{kind_of(number)}{number}@example.com",
        )
        for number in range(recipients)
    )


def send_with_kills(catcher: Catcher, *, every: int) -> int:
    """Send all that is due, and return how many workers were killed at it: one after every so many mails."""
    workers = [start_worker(catcher.port) for _ in range(2)]
    killed = 0
    try:
        while is_mailing(workers, catcher, every):
            victim = workers.pop(0)
            victim.kill()
            victim.join()
            killed += 1
            workers.append(start_worker(catcher.port))
    finally:
        for worker in workers:
            worker.kill()
            worker.join()
    # What was claimed by the dead is sent when its lease is over, what failed for now on the days after.
    for days in range(1, 8):
        send(connection.settings_dict["NAME"], catcher.port, timedelta(days=days))
    return killed


def is_mailing(workers: list[BaseProcess], catcher: Catcher, mails: int) -> bool:
    """Wait until so many more mails came, and return whether they did before all workers were done."""
    deadline, wanted = time.monotonic() + SECONDS_TO_GET_ON, len(catcher.taken) + mails
    while any(worker.is_alive() for worker in workers):
        if len(catcher.taken) >= wanted:
            return True
        assert time.monotonic() < deadline, "the workers do not get on"
        time.sleep(0.02)
    return False


def start_worker(port: int) -> BaseProcess:
    """Start a process of its own that sends what is due in this database."""
    arguments = (connection.settings_dict["NAME"], port, timedelta())
    worker = PROCESSES.Process(target=send, args=arguments, daemon=True)
    worker.start()
    return worker


def send(database: str, port: int, later: timedelta) -> None:
    with at_work(database, port):
        send_due_mails(clock=lambda: timezone.now() + later)


def check(catcher: Catcher, recipients: int, killed: int) -> Counter[str]:
    """Return how many mails came to which end, once every one is known to be the right one."""
    mails = Mail.objects.select_related("invitation__contact")
    ends = Counter(mail.state for mail in mails)
    stored = {message["To"] for message in catcher.kept}
    assert ends.total() == recipients
    assert set(catcher.kept_by_id().values()) == {1}
    cut = 0
    for mail in mails:
        address = mail.invitation.contact.email
        kind = address.partition("@")[0].rstrip("0123456789")
        if mail.state == "unknown" and "did not come back" in mail.error:
            assert mail.handed_at
            cut += 1
        else:
            assert mail.state == ENDS.get(kind, "unknown")
            assert (address in stored) == (mail.state == "sent" or kind == "keep")
    assert cut <= settings.MAIL_CONVERSATIONS * killed
    return ends
