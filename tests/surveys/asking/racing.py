"""Two workers that plan and send at once, and what SQL counts against the caps afterwards.

A story for a test and for a benchmark. Every company has more people than its caps allow, every mail domain
more companies; one campaign was planned before there were caps, two are planned by both workers at once.
"""

from django.db import connection
from django.utils import timezone

from accounts.models import Account, Contact
from surveys.actions.planning import plan_campaign
from surveys.mail.dispatch import send_due_mails
from surveys.models import Campaign, ContactCap, ContactPolicy, Invitation
from tests.surveys.asking.catcher import Catcher
from tests.surveys.asking.workers import PROCESSES, at_work

ROLES = ("decision_maker", "influencer", "user")
OF_A_ROLE, COMPANIES = 4, 2
QUIET_DAYS = 30
# Per what, how many, in how many days, of which role: each is tighter than the one before leaves room for.
CAPS = (("account", 2, 7, "decision_maker"), ("account", 9, 7, ""), ("domain", 16, 7, ""))
FULL = 16
SECONDS = 900
BROKEN = """
WITH asks AS (
    SELECT contact.id AS contact, account_id AS account, role, sent_at::date AS day,
        split_part(email, '@', 2) AS domain
    FROM surveys_invitation AS invitation JOIN accounts_contact AS contact ON contact.id = contact_id
    WHERE sent_at IS NOT NULL
), windows AS (
    SELECT count(*) OVER (PARTITION BY {per} ORDER BY day
        RANGE BETWEEN CURRENT ROW AND %(days)s * interval '1 day' FOLLOWING) AS size
    FROM asks WHERE %(role)s IN ('', role)
)
SELECT count(*) FROM windows WHERE size > %(limit)s
"""


def fill(domains: int) -> None:
    """Make the people of so many mail domains."""
    companies = Account.objects.bulk_create(
        Account(external_id=f"race-{number}", name=f"Company {number}", created_on="2024-01-01")
        for number in range(domains * COMPANIES)
    )
    Contact.objects.bulk_create(
        Contact(
            account=company,
            external_id=f"{company.external_id}-{role}-{number}",
            email=f"{role}{number}.{place}@d{place // COMPANIES}.example",
            role=role,
        )
        for place, company in enumerate(companies)
        for role in ROLES
        for number in range(OF_A_ROLE)
    )


def race(early: Campaign, late: list[Campaign], catcher: Catcher) -> None:
    """Plan the early campaign without caps, then let two workers plan the late ones and send all three."""
    ContactPolicy.objects.update_or_create(pk=1, defaults={"quiet_days": QUIET_DAYS})
    plan_campaign(early, now=timezone.now())
    ContactCap.objects.bulk_create(
        ContactCap(per=per, limit=limit, days=days, role=role) for per, limit, days, role in CAPS
    )
    start = PROCESSES.Barrier(2)
    ids = [made.pk for made in late]
    workers = [
        PROCESSES.Process(
            target=plan_and_send, args=(connection.settings_dict["NAME"], catcher.port, order, start)
        )
        for order in (ids, ids[::-1])
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(SECONDS)
    assert [worker.exitcode for worker in workers] == [0, 0]


def plan_and_send(database: str, port: int, campaigns: list[int], start) -> None:
    with at_work(database, port):
        start.wait(SECONDS)
        for made in campaigns:
            plan_campaign(Campaign.objects.get(pk=made), now=timezone.now())
        send_due_mails(clock=timezone.now)


def check(catcher: Catcher, domains: int) -> int:
    """Return how many were asked, once no cap is broken, none was for nothing and nobody got two mails."""
    for per, limit, days, role in (*CAPS, ("contact", 1, QUIET_DAYS, "")):
        with connection.cursor() as cursor:
            cursor.execute(BROKEN.format(per=per), {"days": days - 1, "limit": limit, "role": role})
            (broken,) = cursor.fetchone()
        assert broken == 0, f"{broken} asks beyond {limit} an {per} {role}"
    asked = Invitation.objects.exclude(sent_at=None).count()
    assert set(catcher.kept_by_id().values()) == {1}
    assert len(catcher.taken) == asked
    # A place that was planned for who was asked otherwise meanwhile stays empty until planning comes again.
    assert FULL * domains * 0.9 <= asked <= FULL * domains
    return asked
