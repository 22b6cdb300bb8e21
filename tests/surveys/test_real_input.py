"""Real files through the commands: the product's totals against sums made here from the file alone."""

import csv
import gzip
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import Account, Subscription, User
from metrics.actions.absorb import rebuild_metrics
from metrics.audit import differences
from metrics.measures import sentiment
from metrics.measures.exchange import rates_on
from metrics.measures.revenue import arr_on
from metrics.measures.scope import Scope
from surveys.models import Response
from tests import factories
from tests.accounts.tables import run

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RAVENSTACK = DATA / "customers" / "ravenstack"
MERIDIAN = DATA / "customers" / "meridian_b2b"
GARDEN = DATA / "surveys" / "garden_retail_nps_fr" / "nps_part_a.csv"
THEYDO = DATA / "surveys" / "theydo_mock"
TODAY = factories.NOON.date()

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data beside this clone"),
]


def lines_of(path, encoding="utf-8"):
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(content.decode(encoding).splitlines(keepends=True)))


def mapped(*wishes):
    return [argument for wish in wishes for argument in ("--map", wish)]


def by_hand(scores):
    """Promoters less detractors in percent, without our formulas."""
    scores = [int(score) for score in scores]
    return 100 * sum((score >= 9) - (score <= 6) for score in scores) / len(scores)


def good_share(scores, good_from):
    scores = [int(score) for score in scores]
    return 100 * sum(score >= good_from for score in scores) / len(scores)


def measured(kind, survey, start=date(2000, 1, 1), end=date(2100, 1, 1)):
    """The product's own number of these days and how many answers it counts."""
    viewer = User.objects.filter(is_superuser=True).first() or factories.user(is_superuser=True)
    scope = Scope(viewer=viewer, today=TODAY, start=start, end=end, survey=survey)
    measure = getattr(sentiment, kind)(scope)
    return measure.value, measure.n


def test_ravenstack_accounts_and_what_they_pay():
    accounts = RAVENSTACK / "ravenstack_accounts.csv"
    said = run(
        *("import_accounts", accounts, "--date-format", "DD-MM-YYYY"),
        *mapped("account_id=external_id", "account_name=name", "signup_date=created_on", "plan_tier=tier"),
    )
    rows = lines_of(accounts)
    assert said.out == f"{len(rows)} created, 0 updated, 0 unchanged, 0 rejected"
    assert Account.objects.count() == 248 == len({row["account_id"] for row in rows})
    for row in rows:
        account = Account.objects.get(external_id=row["account_id"])
        day, month, year = map(int, row["signup_date"][:10].split("-"))
        assert (account.name, account.tier) == (row["account_name"], row["plan_tier"])
        assert (account.created_on, account.country) == (date(year, month, day), row["country"])
        assert account.attributes["seats"] == row["seats"]

    subscriptions = RAVENSTACK / "ravenstack_subscriptions.csv"
    arguments = [
        *("import_subscriptions", subscriptions, "--date-format", "%d-%m-%Y"),
        *mapped("subscription_id=external_id", "account_id=account", "plan_tier=product"),
        *mapped("start_date=starts_on", "end_date=ends_on", "arr_amount=annual_value"),
        *mapped("auto_renew_flag=auto_renew"),
    ]
    assert run(*arguments).out == "2548 created, 0 updated, 0 unchanged, 0 rejected"
    assert run(*arguments).out == "0 created, 0 updated, 2548 unchanged, 0 rejected"
    rows = lines_of(subscriptions)
    assert Subscription.objects.filter(auto_renew=True).count() == sum(
        row["auto_renew_flag"] == "TRUE" for row in rows
    )
    for day in ("2023-06-30", "2024-01-01", "2024-12-31"):
        in_force = [
            Decimal(row["arr_amount"])
            for row in rows
            if turned(row["start_date"]) <= day and not (row["end_date"] and turned(row["end_date"]) <= day)
        ]
        on = date.fromisoformat(day)
        assert arr_on(on, Account.objects.all(), rates_on(on)).total == sum(in_force) > 0
        assert Subscription.objects.in_force(on).count() == len(in_force)


def turned(text):
    """DD-MM-YYYY with or without a time, as YYYY-MM-DD."""
    day, month, year = text[:10].split("-")
    return f"{year}-{month}-{day}"


def test_meridian_customers_and_28015_answers_with_their_dates():
    customers = MERIDIAN / "customers.csv.gz"
    said = run(
        *("import_accounts", customers),
        *mapped("customer_id=external_id", "customer_id=name", "city=region", "signup_date=created_on"),
        *mapped("churn_date=churned_on"),
    )
    rows = lines_of(customers)
    assert said.out == f"{len(rows)} created, 0 updated, 0 unchanged, 0 rejected"
    assert Account.objects.count() == 12_500
    assert Account.objects.exclude(churned_on=None).count() == sum(bool(row["churn_date"]) for row in rows)
    segments = Counter(Account.objects.values_list("segment", flat=True))
    assert segments == Counter(row["segment"] for row in rows)

    survey = factories.published_survey([factories.NPS])
    answers = MERIDIAN / "nps_responses.csv.gz"
    said = run(
        *("import_responses", survey.slug, answers),
        *mapped("response_id=external_id", "customer_id=account", "response_date=submitted_at", "score=nps"),
    )
    assert said.out == "28015 created, 0 updated, 0 unchanged, 0 rejected"
    rows = lines_of(answers)
    responses = Response.objects.completed().counted()
    assert responses.count() == len(rows)
    rebuild_metrics()
    assert measured("nps", survey) == (pytest.approx(by_hand(row["score"] for row in rows)), len(rows))
    for year in (2023, 2024, 2025):
        scores = [row["score"] for row in rows if row["response_date"].startswith(str(year))]
        of_year = measured("nps", survey, date(year, 1, 1), date(year + 1, 1, 1))
        assert of_year == (pytest.approx(by_hand(scores)), len(scores))
    busiest, count = Counter(row["customer_id"] for row in rows).most_common(1)[0]
    assert responses.filter(account__external_id=busiest).count() == count
    days = Counter(responses.values_list("submitted_at__date", flat=True))
    assert days == Counter(date.fromisoformat(row["response_date"]) for row in rows)


def test_the_garden_shop_is_refused_until_its_encoding_is_named():
    survey = factories.published_survey(
        [
            {**factories.NPS, "settings": {"low": 1}},
            {"key": "satisfaction", "kind": "csat", "text": "Satisfied?", "settings": {"points": 10}},
            {"key": "intention", "kind": "rating", "text": "Coming back?", "settings": {"points": 10}},
            {"key": "explication", "kind": "long_text", "text": "Why?"},
        ],
        language="fr",
    )
    arguments = ["import_responses", survey.slug, GARDEN, "--map", "id=external_id"]
    said = run(*arguments)
    assert said.status == 1
    assert "is not UTF-8; name the file's encoding, such as cp1252" in said.words
    said = run(*arguments, "--encoding", "cp1252")
    assert said.status == 1
    assert "is not cp1252; name the file's encoding, such as latin-1" in said.words
    assert not Response.objects.exists()

    said = run(*arguments, "--encoding", "latin-1")
    rows = lines_of(GARDEN, "latin-1")
    keys = ("nps", "satisfaction", "intention", "explication")
    silent = sum(all(row[key] == "NA" for key in keys) for row in rows)
    assert said.out == f"{len(rows) - silent} created, 0 updated, 0 unchanged, {silent} rejected"
    rebuild_metrics()
    scores = [row["nps"] for row in rows if row["nps"] != "NA"]
    assert measured("nps", survey) == (pytest.approx(by_hand(scores)), len(scores))
    scores = [row["satisfaction"] for row in rows if row["satisfaction"] != "NA"]
    assert measured("csat", survey) == (pytest.approx(good_share(scores, 9)), len(scores))
    comments = sum(row["explication"].strip().upper() not in ("", "NA", "N/A") for row in rows)
    assert Response.objects.filter(answers__has_key="explication").count() == comments


@pytest.mark.parametrize("question", [factories.NPS, factories.CSAT, factories.CES])
def test_theydo_scores(question):
    key = question["key"]
    path = THEYDO / f"{key}_responses.csv"
    run("import_accounts", path, *mapped("customer_id=external_id", "customer_id=name"))
    survey = factories.published_survey([question, {**factories.WHY, "key": "feedback"}])
    arguments = [
        *("import_responses", survey.slug, path),
        *mapped("response_id=external_id", "customer_id=account", "date=submitted_at", f"score={key}"),
    ]
    rows = lines_of(path)
    assert run(*arguments).out == f"{len(rows)} created, 0 updated, 0 unchanged, 0 rejected"
    assert run(*arguments).out == f"0 created, 0 updated, {len(rows)} unchanged, 0 rejected"
    rebuild_metrics()
    responses = Response.objects.all()
    assert Account.objects.filter(responses__in=responses).distinct().count() == len(
        {row["customer_id"] for row in rows}
    )
    days = Counter(responses.values_list("submitted_at__date", flat=True))
    assert days == Counter(date.fromisoformat(row["date"]) for row in rows)
    scores = [row["score"] for row in rows]
    expected = by_hand(scores) if key == "nps" else good_share(scores, {"csat": 4, "ces": 5}[key])
    assert measured(key, survey) == (pytest.approx(expected), len(rows))
    assert differences(now=factories.NOON) == []
