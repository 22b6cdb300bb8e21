"""Planning a campaign to 50,000 contacts, and sending it to a mail server that answers in 50 ms."""

import os
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.arena import published_survey
from surveys.actions.planning import plan_campaign
from surveys.mail.dispatch import send_due_mails
from surveys.models import Audience, Campaign, Mail, Message
from tests.surveys.asking.catcher import catching_apart

CONTACTS = int(os.environ.get("BENCH_CONTACTS", "50000"))
MAILS = int(os.environ.get("BENCH_MAILS", "2000"))
TARGET_SECONDS, TARGET_RATE, TARGET_MIB = 30, 100, 64
DELAY = 0.05
# One account of thousands, others of a few: whoever counts what an account was asked meets both.
FILL = """
INSERT INTO accounts_account (external_id, name, domain, segment, industry, country, region, tier, currency,
    attributes, created_on)
SELECT 'mail-' || n, 'Company ' || n, '', '', '', '', '', '', '', '{}', '2024-01-01'
FROM generate_series(0, %(contacts)s / 20) AS n;

INSERT INTO accounts_contact (account_id, external_id, name, email, title, role, language, time_zone)
SELECT account.id, 'mail-' || n, 'Anna Miller ' || n, 'anna' || n || '@c' || n %% 5000 || '.example', '',
    'user', '', ''
FROM generate_series(1, %(contacts)s) AS n
JOIN accounts_account AS account
    ON account.external_id = 'mail-' || CASE WHEN n %% 10 = 0 THEN 0 ELSE n / 20 END;
"""


@dataclass
class Cost:
    """Seconds by the clock, and of the processor by this process."""

    seconds: float = 0
    cpu: float = 0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure what the block takes."""
    cost = Cost()
    began, cpu = time.perf_counter(), time.process_time()
    yield cost
    cost.seconds, cost.cpu = time.perf_counter() - began, time.process_time() - cpu


def a_campaign(name: str) -> Campaign:
    """Return an approved campaign to everyone, around the clock."""
    survey, _, _ = published_survey(name)
    now = timezone.now()
    made = Campaign.objects.create(
        name=name,
        survey=survey,
        audience=Audience.objects.create(name=name),
        starts_on=timezone.localdate(now),
        approved_at=now,
        opens="00:00",
        closes="00:00",
        weekdays=list(range(7)),
        reminder_days=[4],
    )
    made.refresh_from_db()
    body = "Dear {{contact.first_name|customer}},\n\nhow is {{account.name}}?"
    Message.objects.create(campaign=made, language="en", subject="{{contact.first_name}}?", body=body)
    return made


def fill(contacts: int) -> None:
    """Make the contacts, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_account CASCADE")
        cursor.execute("TRUNCATE surveys_campaign CASCADE")
        cursor.execute(FILL, {"contacts": contacts})
        cursor.execute("ANALYZE")


def planning(campaign: Campaign) -> Cost:
    """Return what planning took, or raise where somebody is left out."""
    with measured() as cost:
        done = plan_campaign(campaign, now=timezone.now())
    if done.invited != CONTACTS or Mail.objects.count() != CONTACTS:
        raise RuntimeError(f"{done} of {CONTACTS} were planned")
    return cost


def sending(campaign: Campaign) -> Cost:
    """Return what sending took, while as many others as were planned are due as well."""
    # The limit ends the run; the others stay in the way of every claim, as they are on a real day.
    Campaign.objects.filter(pk=campaign.pk).update(per_hour=MAILS)
    with catching_apart(DELAY) as catcher:
        settings.EMAIL_BACKEND = "surveys.mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", catcher.recv()
        with measured() as cost:
            sent = send_due_mails(clock=timezone.now)
        catcher.send("how many?")
        taken = catcher.recv()
    if not sent == taken == MAILS:
        raise RuntimeError(f"{sent} of {MAILS} were sent, {taken} arrived")
    return cost


def peak_of_planning(contacts: int) -> float:
    """Return the most memory that planning so many held at once, in MiB."""
    fill(contacts)
    campaign = a_campaign(f"mail-memory-{contacts}")
    tracemalloc.start()
    try:
        plan_campaign(campaign, now=timezone.now())
        return tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()


def run() -> list[tuple[str, str, str]]:
    """Return how long planning takes and what it holds, and how many mails leave in a second.

    Beside the time of the clock stands that of the processor, which a busy machine does not stretch.
    """
    # Both beyond the hundred statements that psycopg keeps the words of.
    small, large = (peak_of_planning(contacts) for contacts in (15000, 30000))
    fill(CONTACTS)
    campaign = a_campaign("mail")
    planned, sent = planning(campaign), sending(campaign)
    return [
        (
            f"planning a campaign to {CONTACTS:,} contacts",
            f"{planned.seconds:.1f} s",
            f"< {TARGET_SECONDS} s",
        ),
        ("the same, of one processor", f"{planned.cpu:.1f} s", ""),
        ("memory of planning, of 30,000 over 15,000", f"{large / small:.2f}×", "< 1.3"),
        ("memory of planning 30,000", f"{large:.0f} MiB", f"< {TARGET_MIB} MiB"),
        (
            "mails sent to a server that answers in 50 ms",
            f"{MAILS / sent.seconds:.0f}/s",
            f"≥ {TARGET_RATE}/s",
        ),
        ("the same, of one processor", f"{1000 * sent.cpu / MAILS:.1f} ms a mail", ""),
    ]
