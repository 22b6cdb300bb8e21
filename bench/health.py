"""The health of a hundred thousand accounts of which everything is known, on one core and in one worker."""

import os
import time

from django.db import connection
from django.utils import timezone

from bench.arena import published_survey
from metrics.actions.absorb import rebuild_metrics
from metrics.actions.health import score_accounts
from metrics.models import Health

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "100000"))
TARGET_SECONDS = 60
# Of each account: two contacts, one answer of each, one asked who did not, a contract, the usual signals.
FILL = """
INSERT INTO accounts_account (external_id, name, domain, segment, industry, country, region, tier, currency,
    attributes, created_on)
SELECT 'health-' || n, 'Company ' || n, '', '', '', '', '', '', '', '{}', '2024-01-01'
FROM generate_series(1, %(accounts)s) AS n;

INSERT INTO accounts_contact (account_id, external_id, name, email, title, role, language, time_zone)
SELECT id, external_id || '-' || role, 'Person', role || '@' || external_id || '.example', '', role, '', ''
FROM accounts_account, unnest(ARRAY['decision_maker', 'user']) AS role WHERE external_id LIKE 'health-%%';

INSERT INTO accounts_subscription (account_id, external_id, product, starts_on, ends_on, annual_value,
    currency, auto_renew)
SELECT id, external_id || '-' || term, 'Platform', %(today)s::date - 700 + 365 * term,
    %(today)s::date - 335 + 365 * term, 1000 + id %% 700 + 50 * term, 'USD', false
FROM accounts_account, generate_series(0, 1) AS term WHERE external_id LIKE 'health-%%';

INSERT INTO accounts_signal (account_id, key, observed_on, value)
SELECT id, key, %(today)s::date - 3, value FROM accounts_account,
    (VALUES ('seats_sold', 100), ('seats_active', 60), ('usage_28d', 90), ('usage_84d', 300),
        ('tickets_weighted', 4), ('invoice_overdue_days', 0)) AS measure (key, value)
WHERE external_id LIKE 'health-%%';

INSERT INTO surveys_invitation (survey_id, round, contact_id, nonce, token_hash, created_at, sent_at)
SELECT %(survey)s, '', id, decode(md5(id::text), 'hex'), decode(md5(id::text), 'hex'), at, at
FROM (SELECT *, %(now)s - (id %% 300) * interval '1 day' AS at FROM accounts_contact) AS contact
WHERE external_id LIKE 'health-%%';

INSERT INTO surveys_response (public_id, survey_id, version_id, collector_id, submission_key, account_id,
    contact_id, invitation_id, started_at, submitted_at, changed_at, revision, language, channel, answers,
    hidden, is_test, flags)
SELECT gen_random_uuid(), %(survey)s, %(version)s, %(collector)s, contact.external_id, account_id, contact.id,
    CASE WHEN invitation.id %% 3 > 0 THEN invitation.id END, sent_at, sent_at, sent_at, 1, 'en', 'link',
    jsonb_build_object('nps', contact.id %% 11, 'support', 1 + contact.id %% 5), '{}', false, '{}'
FROM surveys_invitation AS invitation JOIN accounts_contact AS contact ON contact.id = contact_id
WHERE contact.external_id LIKE 'health-%%';
"""


def run() -> list[tuple[str, str, str]]:
    """Return how long one day of health takes, first and again."""
    now = timezone.now()
    survey, version, collector = published_survey("health")
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_account CASCADE")
        # The rows fit each other: looking up every reference again took most of the time of writing them.
        cursor.execute("SET session_replication_role = replica")
        today = timezone.localdate(now)
        chosen = {"survey": survey.pk, "version": version.pk, "collector": collector.pk}
        cursor.execute(FILL, {**chosen, "accounts": ACCOUNTS, "now": now, "today": today})
        cursor.execute("RESET session_replication_role")
        cursor.execute("ANALYZE")
    rebuild_metrics()
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        written = score_accounts(day=today, now=now)
        seconds.append(time.perf_counter() - began)
        if written != ACCOUNTS or Health.objects.count() != ACCOUNTS:
            raise RuntimeError(f"{written} of {ACCOUNTS} healths were written")
    return [
        (f"health of {ACCOUNTS:,} accounts", f"{seconds[0]:.1f} s", f"< {TARGET_SECONDS} s"),
        (f"health of {ACCOUNTS:,} accounts once more", f"{seconds[1]:.1f} s", f"< {TARGET_SECONDS} s"),
    ]
