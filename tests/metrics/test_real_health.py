"""Does health foretell who leaves, on data that nobody here made? Printed as it is, good or bad."""

import csv
import gzip
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

import pytest

from metrics.formulas.backtest import auc, backtest
from metrics.formulas.health_components import (
    LatestAnswer,
    relationship_sentiment,
    support_load,
    transactional_sentiment,
)
from metrics.formulas.scorecards import DEFAULTS, Card

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "customers"
pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.exists(), reason="the folder of real data is not here"),
]
CARD = Card(DEFAULTS)


def rows(path):
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    yield from csv.DictReader(text.decode().splitlines())


def told(name, scored):
    """The back-test of (score in hundredths, whether the customer stayed), printed."""
    counts = {True: Counter(), False: Counter()}
    for score, stayed in scored:
        counts[stayed][score] += 1
    found = backtest(counts[True], counts[False])
    low, high = found.interval
    verdict = "evidence" if found.has_evidence else "no evidence"
    sys.stdout.write(
        f"{name}: {found.kept} stayed, {found.lost} left,"
        f" AUC {found.auc:.3f} ({low:.3f} to {high:.3f}), {verdict}\n"
    )
    # Hanley and McNeil's area is the share of pairs in the right order; counted one by one it is the same.
    stayed, left = counts[True], counts[False]
    pairs = sum(a * b * ((x > y) + (x == y) / 2) for x, a in stayed.items() for y, b in left.items())
    assert found.auc == pytest.approx(pairs / (found.kept * found.lost))
    assert auc(left, stayed) == pytest.approx(1 - found.auc)
    return found


def test_satisfaction_and_support_load_of_saas_customers(capsys):
    """CSAT from 1 to 10 and minutes of support, of customers of whom nothing else is known."""
    scored = []
    for row in rows(DATA / "saas_churn_csat" / "churn.csv"):
        said = transactional_sentiment([(100 * (float(row["csat_score"]) - 1) / 9, 0)])
        load = support_load(
            tickets_per_100_seats=float(row["minutes_customer_support"]), oldest_urgent_days=None, age_days=0
        )
        health = CARD.score({"transactional_sentiment": said, "support_load": load}, [])
        scored.append((health.score_c, float(row["churned"]) == 0))
    with capsys.disabled():
        found = told("SaaS customers, CSAT and support", scored)
    assert found.kept + found.lost == 2000


def test_relationship_sentiment_of_meridian_before_the_year_in_which_customers_left(capsys):
    """Answers up to a day, against leaving in the year after it."""
    day = date(2025, 1, 1)
    answers = defaultdict(list)
    for row in rows(DATA / "meridian_b2b" / "nps_responses.csv.gz"):
        on = date.fromisoformat(row["response_date"])
        if on < day:
            answers[row["customer_id"]].append((on, int(row["score"])))
    scored = []
    for row in rows(DATA / "meridian_b2b" / "customers.csv.gz"):
        left = date.fromisoformat(row["churn_date"]) if row["churn_date"] else None
        if row["customer_id"] in answers and (left is None or left >= day):
            on, value = max(answers[row["customer_id"]])
            found = relationship_sentiment([LatestAnswer(value, (day - on).days)])
            health = CARD.score({"relationship_sentiment": found}, [])
            scored.append((health.score_c, left is None or left >= date(2026, 1, 1)))
    with capsys.disabled():
        assert told("Meridian, latest NPS answer", scored).lost > 100


def test_satisfaction_with_support_of_ravenstack(capsys):
    said = defaultdict(list)
    for row in rows(DATA / "ravenstack" / "ravenstack_supports_ticket.csv"):
        if row["satisfaction_score"]:
            said[row["account_id"]].append((25 * (float(row["satisfaction_score"]) - 1), 0))
    scored = [
        (
            CARD.score(
                {"transactional_sentiment": transactional_sentiment(said[row["account_id"]])}, []
            ).score_c,
            row["churn_flag"] == "FALSE",
        )
        for row in rows(DATA / "ravenstack" / "ravenstack_accounts.csv")
    ]
    with capsys.disabled():
        assert told("RavenStack, satisfaction with support", scored).lost > 30
