"""A year of retention for 50,000 accounts: GRR, NRR, logo churn and the bridge between them."""

import os
import time
from datetime import date

from django.db import connection

from accounts.models import User
from metrics.measures.query import ask
from metrics.measures.retention import revenue_retention
from metrics.measures.scope import Scope

ACCOUNTS = int(os.environ.get("BENCH_ACCOUNTS", "50000"))
START, END = date(2025, 1, 1), date(2026, 1, 1)
FILL_ACCOUNTS = """
INSERT INTO accounts_account (external_id, name, domain, segment, industry, country, region, tier, currency,
    attributes)
SELECT 'bench-' || n, 'Bench ' || n, '', 'segment ' || n %% 4, '', '', '', '', '', '{}'
FROM generate_series(1, %s) AS n
"""
# Two terms each: a twentieth is not renewed, a tenth shrinks, a fifth grows.
FILL_TERMS = """
INSERT INTO accounts_subscription (account_id, external_id, product, starts_on, ends_on, annual_value,
    currency, auto_renew)
SELECT account.id, account.external_id || '-' || term, 'core', date '2024-07-01' + 365 * term,
    date '2024-07-01' + 365 * (term + 1),
    1000 + CASE WHEN term = 1 AND account.id %% 10 = 3 THEN -200
        WHEN term = 1 AND account.id %% 5 = 1 THEN 300 ELSE 0 END, 'USD', false
FROM accounts_account AS account CROSS JOIN generate_series(0, 1) AS term
WHERE account.external_id LIKE 'bench-%%' AND NOT (term = 1 AND account.id %% 20 = 0)
"""


def run() -> list[tuple[str, str, str]]:
    """Return the seconds that retention and the bridge take."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE accounts_account CASCADE")
        cursor.execute(FILL_ACCOUNTS, (ACCOUNTS,))
        cursor.execute(FILL_TERMS, ())
        cursor.execute("ANALYZE accounts_account, accounts_subscription")
    viewer = User.objects.create_user("bench-retention@example.com", is_superuser=True)
    scope = Scope(viewer=viewer, today=END, start=START, end=END)
    began = time.perf_counter()
    retention = revenue_retention(scope)
    first = time.perf_counter() - began
    began = time.perf_counter()
    bridge = ask("arr", scope)
    second = time.perf_counter() - began
    if retention.grr.n != ACCOUNTS or bridge.value != retention.nrr.beside["end"]:
        raise RuntimeError("the figures do not fit each other")
    return [
        (f"a year of retention of {ACCOUNTS:,} accounts, seconds", f"{first:.2f}", "< 2"),
        ("the bridge of the same year, seconds", f"{second:.2f}", ""),
    ]
