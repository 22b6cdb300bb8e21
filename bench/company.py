"""A company of 2,000 accounts with two years of contracts, health and answers, written in bulk.

The rows that customers and colleagues would have made are inserted by SQL; what is derived from them is then
derived by the product itself.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from accounts.models import Contact, User
from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from bench.arena import QUESTIONS
from metrics.actions.absorb import rebuild_metrics
from metrics.actions.asked import count_asked
from metrics.actions.closing import close_months
from metrics.actions.findings import keep_backtests, keep_watches
from metrics.actions.health import score_accounts
from metrics.actions.portfolio import count_account_nps
from metrics.actions.reading import read_comments
from metrics.actions.years import count_years
from surveys.actions.authoring import create_survey, publish_survey
from surveys.asking.addresses import address_hashes
from surveys.interchange.native import from_json
from surveys.models import Audience, Campaign, Preference, Programme, Suppression, Survey

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "2000"))
DAYS = int(os.environ.get("BENCH_DAYS", "730"))
# Name and slug of each survey, and the mode of its programme.
SURVEYS = (("relationship", "relationship"), ("support", "transactional"), ("web", "transactional"))

COMPANY = """
INSERT INTO accounts_team (name) SELECT 'Team ' || n FROM generate_series(1, 6) AS n;
INSERT INTO accounts_user (password, is_superuser, first_name, last_name, is_staff, is_active, date_joined,
    email)
SELECT '', false, 'Manager', n::text, true, true, now(), 'manager' || n || '@example.com'
FROM generate_series(1, 25) AS n;

INSERT INTO accounts_account (external_id, name, domain, segment, industry, country, region, tier, currency,
    attributes, created_on, owner_id, team_id)
SELECT 'page-' || n, 'Company ' || n, '', (ARRAY['Enterprise', 'Mid-market', 'Small'])[1 + n %% 3],
    (ARRAY['Retail', 'Energy', 'Finance'])[1 + n %% 3], '',
    (ARRAY['EMEA', 'Americas', 'APAC'])[1 + n / 3 %% 3],
    (ARRAY['A', 'B'])[1 + n %% 2], '', '{}', %(today)s::date - 1100,
    (SELECT id FROM accounts_user WHERE email = 'manager' || 1 + n %% 25 || '@example.com'),
    (SELECT id FROM accounts_team WHERE name = 'Team ' || 1 + n %% 6)
FROM generate_series(1, %(accounts)s) AS n;

INSERT INTO accounts_contact (account_id, external_id, name, email, title, role, language, time_zone)
SELECT id, external_id || '-' || n, 'Person ' || id || ' ' || n, 'p' || n || '@' || external_id || '.example',
    '', (ARRAY['decision_maker', 'influencer', 'user', 'user', 'user'])[n], '', ''
FROM accounts_account, generate_series(1, 5) AS n;

INSERT INTO accounts_exchangerate (currency, month, rate)
SELECT 'EUR', (date_trunc('month', %(today)s::date) - n * interval '1 month')::date, 1.1 + 0.005 * (n %% 7)
FROM generate_series(0, 40) AS n ON CONFLICT DO NOTHING;

INSERT INTO accounts_subscription (account_id, external_id, product, starts_on, ends_on, annual_value,
    currency, auto_renew)
SELECT id, external_id || '-' || term, 'Platform', began + 365 * term, began + 365 * (term + 1),
    1000 + id %% 700 * 10 + CASE WHEN id %% 5 = 0 THEN 0 ELSE 50 * term END,
    CASE WHEN id %% 4 = 0 THEN 'EUR' ELSE 'USD' END, false
FROM (SELECT *, %(today)s::date - 1095 + (id %% 360)::int AS began FROM accounts_account) AS account,
    generate_series(0, 3) AS term
WHERE began + 365 * term <= %(today)s::date AND NOT (id %% 11 = 0 AND term >= 2);

INSERT INTO accounts_servicesmonth (account_id, month, revenue, cost)
SELECT id, date_trunc('month', %(today)s::date - 30 * n)::date, 500, 300 FROM accounts_account,
    generate_series(1, 11, 2) AS n WHERE id %% 4 = 0 ON CONFLICT DO NOTHING;

INSERT INTO metrics_target (metric, segment, team_id, account_owner_id, value, by, note)
SELECT metric, segment, team, manager, 50, %(today)s::date + 90, ''
FROM unnest(ARRAY['nps', 'csat', 'ces', 'grr', 'nrr', 'renewal_rate', 'health', 'clv', 'response_rate'])
    AS metric,
    (SELECT '' AS segment, NULL::bigint AS team, NULL::bigint AS manager
     UNION ALL SELECT unnest(ARRAY['Enterprise', 'Mid-market', 'Small']), NULL, NULL
     UNION ALL (SELECT '', id, NULL FROM accounts_team ORDER BY id LIMIT 2)
     UNION ALL (SELECT '', NULL, id FROM accounts_user ORDER BY id LIMIT 2)) AS parts;

INSERT INTO followups_followup (account_id, reason, about, state, owner_id, due_on, opened_at, closed_at,
    note)
SELECT id, 'manual', 'Call back', CASE WHEN id %% 3 = 0 THEN 'closed' ELSE 'open' END, owner_id,
    %(today)s::date + (id %% 40)::int - 20, now() - id %% 60 * interval '1 day',
    CASE WHEN id %% 3 = 0 THEN now() END, ''
FROM accounts_account WHERE id %% 7 = 0;

INSERT INTO followups_alert (about, account_id, question, day, is_lower, before, after, band_before,
    band_after, found_at)
SELECT 'band', id, '', %(today)s::date - (id %% 28)::int, id %% 2 = 0, 60, 45, 'yellow', 'red',
    now() - id %% 28 * interval '1 day' FROM accounts_account WHERE id %% 29 = 0;
"""
# Every day before the first that was scored: a little another one than today's, and without its parts.
HEALTH = """
INSERT INTO metrics_health (account_id, scorecard_id, day, revision, score, base, confidence, band, parts,
    computed_at)
SELECT account_id, scorecard_id, day - n, 1, points, base, 9000,
    CASE WHEN points >= 7500 THEN 'green' WHEN points >= 5000 THEN 'yellow' ELSE 'red' END, '[]', computed_at
FROM (SELECT health.*, n, (2500 + (account_id * 37 + n / 10 * 60) %% 7000)::int AS points
      FROM metrics_health AS health, generate_series(1, %(days)s) AS n WHERE day = %(today)s) AS past
"""
VISITS = """
CREATE TEMPORARY TABLE visits AS
SELECT n, surveys[1 + n / 3 %% 3] AS survey, first + n * 7919::bigint %% people AS contact,
    %(now)s - (n * 104729::bigint %% (%(days)s * 86400)) * interval '1 second' AS at
FROM generate_series(%(begin)s, %(end)s) AS n,
    (SELECT min(id) AS first, count(*) AS people FROM accounts_contact) AS contacts,
    (SELECT array_agg(id) AS surveys FROM surveys_survey) AS surveys
"""
INVITATIONS = """
INSERT INTO surveys_invitation (id, survey_id, round, contact_id, nonce, token_hash, created_at, sent_at)
SELECT n, survey, '', contact, decode(md5('n' || n), 'hex'), decode(md5('t' || n), 'hex'),
    at - interval '1 day', at - interval '1 day' FROM visits
"""
ANSWERS = """
INSERT INTO surveys_response (public_id, survey_id, version_id, collector_id, submission_key, account_id,
    contact_id, started_at, submitted_at, changed_at, revision, language, channel, answers, hidden, is_test,
    flags, invitation_id)
SELECT gen_random_uuid(), survey, version.id, NULL, 'page-' || n, account_id, contact, at, at, at, 1,
    (ARRAY['en', 'de'])[1 + n %% 2], 'email', CASE WHEN n %% 5 = 0
        THEN jsonb_build_object('nps', n * 7 %% 11, 'support', 1 + n %% 5, 'comment',
            (%(said)s::jsonb #>> ARRAY[(n %% 2)::text, (n / 10 %% 8)::text]) || ' '
            || (%(ended)s::jsonb #>> ARRAY[(n %% 2)::text, (n / 80 %% 5)::text]) || ' Visit ' || n)
        ELSE jsonb_build_object('nps', n * 7 %% 11, 'support', 1 + n %% 5, 'effort', 1 + n %% 7) END,
    '{}', false, '{}', n
FROM visits JOIN accounts_contact ON accounts_contact.id = contact
JOIN surveys_version AS version ON version.survey_id = survey
WHERE n %% 3 > 0
"""
# The newest asks of a survey as one campaign's, each with its mail; a few in a thousand never arrived.
MOST_ASKED = 10_000
CAMPAIGN = """
UPDATE surveys_invitation SET campaign_id = %(campaign)s, round = id::text WHERE id IN (
    SELECT id FROM surveys_invitation WHERE survey_id = %(survey)s ORDER BY sent_at DESC LIMIT %(most)s);
INSERT INTO surveys_mail (invitation_id, number, state, due_at, variant, address_hash, attempts, provider_id,
    error, sent_at, delivered_at, opened_at)
SELECT id, 0, CASE WHEN id %% 500 = 0 THEN 'unknown' ELSE 'sent' END, sent_at,
    (ARRAY['a', 'b'])[1 + id %% 2], '', 1, '', '', sent_at, sent_at, CASE WHEN id %% 3 > 0 THEN sent_at END
FROM surveys_invitation WHERE campaign_id = %(campaign)s
"""
# Comments of both languages: what they are about, and how they end. Each ends in the number of its visit.
SAID = (
    (
        "Support takes days to answer and we have to ask twice.",
        "The reports are clear and save us hours every week.",
        "Prices went up a lot this year, which is hard to explain.",
        "Our account manager knows us well and helps at once.",
        "The integration with our ERP keeps breaking.",
        "Onboarding went smoothly, thanks to the team.",
        "The invoice was wrong for the third time.",
        "Since the last update everything is slow and crashes.",
    ),
    (
        "Der Support antwortet viel zu langsam, wir warten Tage auf eine Rückmeldung.",
        "Die Berichte sind übersichtlich und sparen uns jede Woche Stunden.",
        "Die Preise sind in diesem Jahr stark gestiegen, das ist schwer zu erklären.",
        "Unser Ansprechpartner kennt uns gut und hilft sofort.",
        "Die Schnittstelle zu unserem ERP fällt immer wieder aus.",
        "Die Einführung lief reibungslos, vielen Dank an das Team.",
        "Die Rechnung stimmte zum dritten Mal nicht.",
        "Seit dem letzten Update ist alles langsam und stürzt ab.",
    ),
)
ENDED = (
    (
        "We are thinking about not renewing the contract.",
        "Overall we are happy.",
        "This has to get better.",
        "Keep it up!",
        "Please call us back.",
    ),
    (
        "Wir überlegen, den Vertrag nicht zu verlängern.",
        "Insgesamt sind wir zufrieden.",
        "Das muss besser werden.",
        "Gerne weiter so!",
        "Bitte um Rückruf.",
    ),
)
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%s::regclass[]) AND NOT indisunique
"""


def found_company() -> User:
    """Write the company without an answer in place of every one before, and return its executive."""
    chosen = {"accounts": ACCOUNTS, "today": timezone.localdate(), "days": DAYS}
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_account, accounts_team, accounts_user, surveys_programme CASCADE")
        cursor.execute(COMPANY, chosen)
    for slug, mode in SURVEYS:
        programme = Programme.objects.create(slug=slug, name=slug.title(), mode=mode)
        definition = from_json({"title": f"{slug.title()} survey", "questions": QUESTIONS})
        publish_survey(create_survey(definition, programme=programme, slug=slug), by=None, now=timezone.now())
    score_accounts(day=timezone.localdate(), now=timezone.now())
    with _in_bulk("metrics_health") as cursor:
        cursor.execute(HEALTH, chosen)
    Group.objects.get(name=ACCOUNT_MANAGER).user_set.add(*User.objects.filter(owned_accounts__isnull=False))
    executive: User = User.objects.create_user("executive@example.com", is_staff=True)
    executive.groups.add(Group.objects.get(name=EXECUTIVE))
    return executive


def hear(begin: int, end: int) -> None:
    """Let responses come in, and half as many asked people stay silent; derive everything from that."""
    chosen = {"now": timezone.now(), "days": DAYS, "begin": begin * 3 // 2 + 1, "end": end * 3 // 2}
    with _in_bulk("surveys_invitation", "surveys_response") as cursor:
        cursor.execute(VISITS, chosen)
        cursor.execute(INVITATIONS, {})
        cursor.execute(ANSWERS, {"said": json.dumps(SAID), "ended": json.dumps(ENDED)})
        cursor.execute("DROP TABLE visits")
        cursor.execute("SELECT setval(pg_get_serial_sequence('surveys_invitation', 'id'), %(end)s)", chosen)
    rebuild_metrics()
    while read_comments(now=timezone.now()):
        pass
    close_months(now=timezone.now())
    count_asked(now=timezone.now())
    count_years(day=timezone.localdate())
    count_account_nps(day=timezone.localdate())
    keep_watches(today=timezone.localdate(), now=timezone.now())
    keep_backtests(today=timezone.localdate(), now=timezone.now())
    score_accounts(day=timezone.localdate(), now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def ask_everyone(approver: User) -> Campaign:
    """Return a campaign to an audience of everyone, of the newest asks by now; some people want none."""
    contacts = Contact.objects.order_by("pk").values_list("email", flat=True)
    digests, now = address_hashes(contacts), timezone.now()
    Suppression.objects.bulk_create(
        Suppression(address_hash=digest, reason="complained", created_at=now) for digest in digests[::20]
    )
    Preference.objects.bulk_create(
        Preference(address_hash=digest, quiet_days=90, changed_at=now) for digest in digests[1::50]
    )
    survey = Survey.objects.get(slug=SURVEYS[0][0])
    found: Campaign = Campaign.objects.create(
        name="Everyone once",
        survey=survey,
        audience=Audience.objects.create(name="Everyone"),
        starts_on=timezone.localdate() - timedelta(days=DAYS),
        approved_at=now,
        approved_by=approver,
    )
    with connection.cursor() as cursor:
        cursor.execute(CAMPAIGN, {"campaign": found.pk, "survey": survey.pk, "most": MOST_ASKED})
        cursor.execute("VACUUM ANALYZE")
    return found


@contextmanager
def _in_bulk(*tables: str) -> Iterator[CursorWrapper]:
    """Fill tables in one transaction: their plain indexes are made again at its end, and with the rights of
    a superuser no reference is checked row by row. That is seven times as fast.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        if cursor.fetchone() == (True,):
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute(INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield cursor
        for _, definition in indexes:
            cursor.execute(definition)
