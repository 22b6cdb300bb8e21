"""Figures on real files, imported by our own commands, against sums made here from the file alone."""

import csv
import gzip
from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from accounts.models import User
from metrics.actions.absorb import rebuild_metrics
from metrics.measures.query import ask, ask_by
from metrics.measures.scope import Scope
from tests import factories
from tests.accounts.tables import run

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
RAVENSTACK = DATA / "customers" / "ravenstack"
MERIDIAN = DATA / "customers" / "meridian_b2b"
TELCO = DATA / "customers" / "ibm_telco" / "Telco-Customer-Churn.csv"
SFO = DATA / "surveys" / "sfo_airport" / "2017_SFO_Customer_Survey.csv"
TODAY = date(2026, 6, 15)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.realdata,
    pytest.mark.skipif(not DATA.exists(), reason="no ../shared/data beside this clone"),
]


def lines_of(path):
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(content.decode("utf-8-sig").splitlines(keepends=True)))


def written(path, rows):
    """A CSV file of these rows."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def mapped(*wishes):
    return [argument for wish in wishes for argument in ("--map", wish)]


def scope(start, end, **rest):
    viewer = User.objects.filter(is_superuser=True).first() or factories.user(is_superuser=True)
    return Scope(viewer=viewer, today=TODAY, start=start, end=end, **rest)


def day_of(text):
    """DD-MM-YYYY, with or without a time."""
    day, month, year = map(int, text[:10].split("-"))
    return date(year, month, day)


def held(rows, on, chosen=lambda row: True):
    """What each account pays on a day, from rows of a file alone."""
    amounts = defaultdict(Decimal)
    for row in rows:
        until = day_of(row["end_date"]) if row["end_date"] else date.max
        if chosen(row) and day_of(row["start_date"]) <= on < until and Decimal(row["arr_amount"]) > 0:
            amounts[row["account_id"]] += Decimal(row["arr_amount"])
    return amounts


def figures(before, after):
    """GRR, NRR and logo churn in percent."""
    start = sum(before.values())
    kept = sum(min(amount, after.get(account, 0)) for account, amount in before.items())
    end = sum(after.get(account, 0) for account in before)
    lost = sum(account not in after for account in before)
    return [float(100 * kept / start), float(100 * end / start), 100 * lost / len(before)]


def test_ravenstack_revenue_retention_and_churn_whole_and_by_segment_and_product():
    run(
        *("import_accounts", RAVENSTACK / "ravenstack_accounts.csv", "--date-format", "DD-MM-YYYY"),
        *mapped("account_id=external_id", "account_name=name", "signup_date=created_on", "industry=segment"),
    )
    path = RAVENSTACK / "ravenstack_subscriptions.csv"
    said = run(
        *("import_subscriptions", path, "--date-format", "%d-%m-%Y"),
        *mapped("subscription_id=external_id", "account_id=account", "plan_tier=product"),
        *mapped("start_date=starts_on", "end_date=ends_on", "arr_amount=annual_value"),
    )
    assert said.status == 0
    rows = lines_of(path)
    industry = {
        row["account_id"]: row["industry"] for row in lines_of(RAVENSTACK / "ravenstack_accounts.csv")
    }
    for start, end in (
        (date(2023, 7, 1), date(2024, 7, 1)),
        (date(2023, 12, 31), date(2024, 12, 31)),
        (date(2024, 3, 1), date(2024, 6, 1)),
    ):
        before, after = held(rows, start), held(rows, end)
        asked = scope(start, end)
        assert ask("arr", asked).value == sum(after.values())
        assert ask("arr", asked).beside["opening"] == sum(before.values())
        values = [ask(name, asked).value for name in ("grr", "nrr", "logo_churn")]
        assert values == pytest.approx(figures(before, after)), (start, end)
    segments = {part.group: part.measure.value for part in ask_by("grr", asked, "segment")}
    assert len(segments) == len(set(industry.values())) == 5
    for segment, value in segments.items():
        inside = {account for account, name in industry.items() if name == segment}
        mine = [{a: amount for a, amount in each.items() if a in inside} for each in (before, after)]
        assert value == pytest.approx(figures(*mine)[0])
    for part in ask_by("nrr", asked, "product"):
        pair = [held(rows, day, lambda row: row["plan_tier"] == part.group) for day in (start, end)]  # noqa: B023
        assert part.measure.value == pytest.approx(figures(*pair)[1])
    bars = ask("arr", scope(date(2024, 1, 1), date(2025, 1, 1)))
    names = ("opening", "new", "reactivation", "expansion", "contraction", "churn", "currency")
    assert sum(bars.beside[name] for name in names) == bars.value


def test_telco_loses_1869_of_7043_customers(tmp_path):
    rows, end = lines_of(TELCO), date(2026, 1, 1)
    accounts = [
        {"external_id": row["customerID"], "name": row["customerID"], "segment": row["Contract"]}
        for row in rows
    ]
    contracts = [
        {
            "external_id": row["customerID"],
            "account": row["customerID"],
            "starts_on": end - timedelta(days=2 + round(30.4375 * int(row["tenure"]))),
            "ends_on": end if row["Churn"] == "Yes" else "",
            "annual_value": 12 * Decimal(row["MonthlyCharges"]),
            "currency": "USD",
        }
        for row in rows
    ]
    assert run("import_accounts", written(tmp_path / "accounts.csv", accounts)).status == 0
    assert run("import_subscriptions", written(tmp_path / "contracts.csv", contracts)).status == 0
    asked = scope(end - timedelta(days=1), end)
    churn = ask("logo_churn", asked)
    assert (churn.n, churn.beside["lost"]) == (7043, 1869)
    assert churn.value == pytest.approx(100 * 1869 / 7043) == pytest.approx(26.54, abs=0.005)
    paid, kept = Decimal(0), Decimal(0)
    for row in rows:
        paid += Decimal(row["MonthlyCharges"])
        kept += Decimal(row["MonthlyCharges"]) if row["Churn"] == "No" else 0
    assert ask("grr", asked).value == pytest.approx(float(100 * kept / paid))
    assert ask("nrr", asked).value == pytest.approx(float(100 * kept / paid))
    assert ask("arr", asked).value == 12 * kept
    for part in ask_by("logo_churn", asked, "segment"):
        of_part = [row["Churn"] for row in rows if row["Contract"] == part.group]
        assert part.measure.value == pytest.approx(100 * of_part.count("Yes") / len(of_part))
    assert 50 < ask("survival", asked).value < 100


def score(values):
    return 100 * sum((value >= 9) - (value <= 6) for value in values) / len(values)


def test_meridian_nps_by_month_and_by_segment():
    customers, answers = MERIDIAN / "customers.csv.gz", MERIDIAN / "nps_responses.csv.gz"
    run("import_accounts", customers, *mapped("customer_id=external_id", "customer_id=name"))
    survey = factories.published_survey([factories.NPS])
    run(
        *("import_responses", survey.slug, answers),
        *mapped("response_id=external_id", "customer_id=account", "response_date=submitted_at", "score=nps"),
    )
    rebuild_metrics()
    rows, segment = lines_of(answers), {}
    for row in lines_of(customers):
        segment[row["customer_id"]] = row["segment"]
    asked = scope(date(2023, 1, 1), date(2026, 1, 1), survey=survey)
    for by, group_of in (
        ("month", lambda row: f"{row['response_date'][:7]}-01"),
        ("segment", lambda row: segment[row["customer_id"]]),
    ):
        expected = defaultdict(list)
        for row in rows:
            expected[group_of(row)].append(int(row["score"]))
        parts = {part.group: part.measure for part in ask_by("nps", asked, by) if part.measure.n}
        assert parts.keys() == expected.keys()
        for group, values in expected.items():
            assert parts[group].n == len(values)
            assert parts[group].value == pytest.approx(score(values)), group
    assert ask("nps", asked).n == len(rows)


def test_meridian_customers_lost_whole_and_by_segment(tmp_path):
    customers = MERIDIAN / "customers.csv.gz"
    rows = lines_of(customers)
    contracts = [
        {
            "external_id": row["customer_id"],
            "account": row["customer_id"],
            "starts_on": row["signup_date"],
            "ends_on": row["churn_date"],
            "annual_value": 1,
            "currency": "USD",
        }
        for row in rows
        if row["churn_date"] != row["signup_date"]
    ]
    assert (
        run("import_accounts", customers, *mapped("customer_id=external_id", "customer_id=name")).status == 0
    )
    assert run("import_subscriptions", written(tmp_path / "contracts.csv", contracts)).status == 0
    start, end = "2025-01-01", "2026-01-01"
    there = [row for row in rows if row["signup_date"] <= start and (row["churn_date"] or "9") > start]
    asked = scope(date.fromisoformat(start), date.fromisoformat(end))
    parts = {part.group: part.measure for part in ask_by("logo_churn", asked, "segment")}
    for group, measure in {**parts, None: ask("logo_churn", asked)}.items():
        mine = [row for row in there if group in (None, row["segment"])]
        lost = [row for row in mine if row["churn_date"] and row["churn_date"] <= end]
        assert (measure.n, measure.beside["lost"]) == (len(mine), len(lost)), group
        assert measure.value == pytest.approx(100 * len(lost) / len(mine))
    assert parts.keys() == {row["segment"] for row in there}


def test_sfo_nps_by_day_and_by_terminal(tmp_path):
    said = [row for row in lines_of(SFO) if row["NETPRO"].isdigit() and int(row["NETPRO"]) <= 10]
    terminals = sorted({row["BAREA"] for row in said})
    accounts = [{"external_id": name, "name": name, "segment": name} for name in terminals]
    rows = [
        {
            "external_id": row["RESPNUM"],
            "account": row["BAREA"],
            "submitted_at": date(2017, 5, int(row["INTDATE"])),
            "nps": row["NETPRO"],
        }
        for row in said
    ]
    run("import_accounts", written(tmp_path / "terminals.csv", accounts))
    survey = factories.published_survey([factories.NPS])
    assert run("import_responses", survey.slug, written(tmp_path / "answers.csv", rows)).status == 0
    rebuild_metrics()
    whole = scope(date(2017, 5, 1), date(2017, 6, 1), survey=survey)
    assert ask("nps", whole).n == len(said) > 2000
    for part in ask_by("nps", whole, "segment"):
        values = [int(row["NETPRO"]) for row in said if row["BAREA"] == part.group]
        assert (part.measure.n, part.measure.value) == (len(values), pytest.approx(score(values)))
    assert [part.group for part in ask_by("nps", whole, "month")] == ["2017-05-01"]
    for day in sorted({row["submitted_at"] for row in rows})[:5]:
        values = [int(row["nps"]) for row in rows if row["submitted_at"] == day]
        one = scope(day, day + timedelta(days=1), survey=survey)
        assert ask("nps", one).value == pytest.approx(score(values))
