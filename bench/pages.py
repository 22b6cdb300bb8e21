"""Every page of the registry as an executive opens it: server time and queries, at two sizes.

2,000 accounts over 24 months, with a hundred thousand responses and with a million.
"""

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, User
from accounts.roles import EXECUTIVE
from bench.arena import QUESTIONS
from metrics.actions.absorb import rebuild_metrics
from metrics.actions.closing import close_months
from metrics.actions.portfolio import count_account_nps
from metrics.pages.registry import PAGES, Page
from surveys.actions.authoring import create_survey, publish_survey
from surveys.interchange.native import from_json
from surveys.models import Programme, Survey

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "2000"))
RESPONSES = int(os.environ.get("BENCH_RESPONSES", "1000000"))
FEW = RESPONSES // 10
DAYS = int(os.environ.get("BENCH_DAYS", "730"))
RUNS = 9
MOST_SECONDS, MOST_QUERIES, MOST_RATIO = 0.150, 20, 1.5
# Written rather than read, files rather than pages, or about what is not among these rows.
LEFT_OUT = {
    *("override", "hand_over", "saved_views", "notes", "note", "portfolio_file", "comments_export"),
    *("audience", "audience_typed", "campaign", "dry_run"),
}
# The same pages asked for otherwise.
VARIANTS = {
    "portfolio": ("sort=-nps", "sort=heard", "sort=renewal", "hearing=silent", "renews=90&sort=-arr"),
    "revenue": ("by=owner&cohorts=year&last=24m", "bar=expansion"),
    "renewals": ("ahead=24",),
    "comments": ("q=visit", "order=arr", "last=all"),
    "survey_results": ("last=all", "answered=nps:detractors", "segment=Small"),
    "cross_tab": ("rows=nps&columns=segment",),
    "programme": ("last=all", "kind=csat"),
}

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
    '',    (ARRAY['decision_maker', 'influencer', 'user', 'user', 'user'])[n], '', ''
FROM accounts_account, generate_series(1, 5) AS n;

INSERT INTO accounts_subscription (account_id, external_id, product, starts_on, ends_on, annual_value,
    currency, auto_renew)
SELECT id, external_id || '-' || term, 'Platform', began + 365 * term, began + 365 * (term + 1),
    1000 + id %% 700 * 10 + CASE WHEN id %% 5 = 0 THEN 0 ELSE 50 * term END, 'USD', false
FROM (SELECT *, %(today)s::date - 1095 + (id %% 360)::int AS began FROM accounts_account) AS account,
    generate_series(0, 3) AS term
WHERE began + 365 * term <= %(today)s::date AND NOT (id %% 11 = 0 AND term >= 2);

INSERT INTO accounts_servicesmonth (account_id, month, revenue, cost)
SELECT id, date_trunc('month', %(today)s::date - 30 * n)::date, 500, 300 FROM accounts_account,
    generate_series(1, 11, 2) AS n WHERE id %% 4 = 0 ON CONFLICT DO NOTHING;

INSERT INTO metrics_scorecard (number, weights, rules, content_hash, valid_from, created_at, note)
SELECT 1, '{}', '{}', '', '2020-01-01', now(), '' WHERE NOT EXISTS (SELECT FROM metrics_scorecard);
INSERT INTO metrics_health (account_id, scorecard_id, day, revision, score, base, confidence, band, parts,
    computed_at)
SELECT account.id, scorecard.id, %(today)s::date - n, 1, score, 6500, 9000,
    CASE WHEN score >= 7500 THEN 'green' WHEN score >= 5000 THEN 'yellow' ELSE 'red' END, '[]', now()
FROM metrics_scorecard AS scorecard, generate_series(0, %(days)s) AS n,
    (SELECT id, (2500 + id * 37 %% 7000)::int AS score FROM accounts_account) AS account;
"""
ANSWERS = """
INSERT INTO surveys_invitation (survey_id, round, contact_id, nonce, token_hash, created_at, sent_at)
SELECT survey, '', contact, decode(md5('n' || n), 'hex'), decode(md5('t' || n), 'hex'), at - interval '1 day',
    at - interval '1 day' FROM visits;
INSERT INTO surveys_response (public_id, survey_id, version_id, collector_id, submission_key, account_id,
    contact_id, started_at, submitted_at, changed_at, revision, language, channel, answers, hidden, is_test,
    flags, invitation_id)
SELECT gen_random_uuid(), survey, version.id, NULL, 'page-' || n, account_id, contact, at, at, at, 1,
    (ARRAY['en', 'de'])[1 + n %% 2], 'email', CASE WHEN n %% 5 = 0
        THEN jsonb_build_object('nps', n * 7 %% 11, 'support', 1 + n %% 5, 'comment', 'Words of visit ' || n)
        ELSE jsonb_build_object('nps', n * 7 %% 11, 'support', 1 + n %% 5, 'effort', 1 + n %% 7) END,
    '{}', false, '{}', invitation.id
FROM visits JOIN accounts_contact ON accounts_contact.id = contact
JOIN surveys_version AS version ON version.survey_id = survey
JOIN surveys_invitation AS invitation ON invitation.nonce = decode(md5('n' || n), 'hex')
WHERE n %% 3 > 0;
"""
VISITS = """
CREATE TEMPORARY TABLE visits AS
SELECT n, surveys[1 + n / 3 %% 3] AS survey, first + n * 7919::bigint %% people AS contact,
    %(now)s - (n * 104729::bigint %% (%(days)s * 86400)) * interval '1 second' AS at
FROM generate_series(%(begin)s, %(end)s) AS n,
    (SELECT min(id) AS first, count(*) AS people FROM accounts_contact) AS contacts,
    (SELECT array_agg(id) AS surveys FROM surveys_survey) AS surveys
"""


def run() -> Iterator[tuple[str, str, str]]:
    """Yield the slowest pages, at both sizes, and how much slower the larger one is."""
    client = _company()
    _say(0, FEW)
    addresses = dict(_addresses())
    few = {name: _measured(client, address) for name, address in addresses.items()}
    _say(FEW, RESPONSES)
    for name, address in addresses.items():
        (before, _), (seconds, queries) = few[name], _measured(client, address)
        target = f"< {1000 * MOST_SECONDS:.0f} ms, ≤ {MOST_QUERIES} queries, ≤ {MOST_RATIO}"
        measured = f"{1000 * seconds:.0f} ms, {queries}, {seconds / before:.2f}"
        yield f"page {name}, {RESPONSES:,} responses: time, queries, to {FEW:,}", measured, target


def _company() -> Client:
    """Fill the database and return the browser of an executive."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_account, accounts_team, accounts_user, surveys_programme CASCADE")
        cursor.execute(COMPANY, {"accounts": ACCOUNTS, "today": timezone.localdate(), "days": DAYS})
    for slug, mode in (
        ("relationship", "relationship"),
        ("support", "transactional"),
        ("web", "transactional"),
    ):
        programme = Programme.objects.create(slug=slug, name=slug.title(), mode=mode)
        definition = from_json({"title": f"{slug.title()} survey", "questions": QUESTIONS})
        publish_survey(create_survey(definition, programme=programme, slug=slug), by=None, now=timezone.now())
    viewer = User.objects.create_user("executive@example.com", is_staff=True)
    viewer.groups.add(Group.objects.get(name=EXECUTIVE))
    # The name that the settings of a benchmark allow.
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(viewer)
    return client


def _say(begin: int, end: int) -> None:
    """Let there be so many responses, a third more people asked, and all that is derived from them."""
    chosen = {"now": timezone.now(), "days": DAYS, "begin": begin * 3 // 2 + 1, "end": end * 3 // 2}
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS visits")
        cursor.execute(VISITS, chosen)
        cursor.execute(ANSWERS, {})
    rebuild_metrics()
    close_months(now=timezone.now())
    count_account_nps(day=timezone.localdate())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _addresses() -> Iterator[tuple[str, str]]:
    """Yield the name and address of Home and of every page of the registry."""
    account, survey = Account.objects.order_by("pk")[7], Survey.objects.get(slug="relationship")
    said = survey.responses.order_by("-pk").values_list("public_id", flat=True)[0]
    of: dict[str, Any] = {"pk": account.pk, "slug": survey.slug, "name": "nps", "public_id": said}
    yield "home", reverse("admin:index")
    for page in PAGES:
        if page.name not in LEFT_OUT:
            address = reverse(page.name, kwargs={name: of[name] for name in _parameters(page)})
            yield page.name, address
            for query in VARIANTS.get(page.name, ()):
                yield f"{page.name} {query}", f"{address}?{query}"


def _parameters(page: Page) -> list[str]:
    parts = page.route.split("/")
    return [part.strip("<>").partition(":")[2] for part in parts if part.startswith("<")]


def _measured(client: Client, address: str) -> tuple[float, int]:
    """Return the median seconds of the page, and its number of queries."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        response = client.get(address)
    queries = len(captured)
    if response.status_code != 200:
        raise RuntimeError(f"{address}: {response.status_code}")
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        client.get(address)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), queries
