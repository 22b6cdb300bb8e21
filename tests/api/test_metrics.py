from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ServicesMonth
from metrics.actions.absorb import absorb_responses
from metrics.actions.reading import read_comments
from metrics.measures.dimensions import ALL
from metrics.measures.query import METRICS
from metrics.measures.receipts.rows import cursor_of
from metrics.models import Health, Scorecard, Target
from tests import factories
from tests.api.conftest import assert_problem, program, results
from tests.factories import NOON

pytestmark = pytest.mark.django_db
SHAPE = {"metric", "value", "n", "interval", "window", "definition", "as_of"}


@pytest.fixture(autouse=True)
def today(time_machine):
    time_machine.move_to(NOON + timedelta(days=1), tick=False)


@pytest.fixture
def survey():
    return factories.published_survey()


def answered(survey, *values, account=None, at=NOON):
    for value in values:
        factories.respond(survey, {"nps": value}, account=account, at=at)
    absorb_responses(now=datetime.now(UTC))


def test_a_metric_says_what_it_stands_on(root, survey):
    answered(survey, 10, 10, 9, 3)
    measure = root.get(f"metrics/nps?survey={survey.slug}&from=2026-01-01&to=2027-01-01").json()
    assert measure.keys() >= SHAPE
    assert (measure["metric"], measure["value"], measure["n"]) == ("nps", 50.0, 4)
    low, high = measure["interval"]
    assert low < 50 < high
    assert measure["window"] == ["2026-01-01", "2027-01-01"]
    assert measure["as_of"] == "2026-06-16"
    assert root.get(f"metrics/nps?survey={survey.pk}&from=2026-01-01&to=2027-01-01").json() == measure


@pytest.mark.parametrize("metric", METRICS)
def test_what_cannot_be_known_is_null(root, metric):
    measure = root.get(f"metrics/{metric}").json()
    assert measure.keys() >= SHAPE
    assert (measure["value"], measure["n"], measure["interval"]) == (None, 0, None)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("by", ["month", "quarter", "segment", "country"])
def test_by_gives_a_list_of_the_same_shape(root, own, survey, metric, by):
    own.segment, own.country = "smb", "DE"
    own.save()
    query = "from=2026-02-15&to=2026-05-02"
    parts = results(root.get(f"metrics/{metric}?by={by}&{query}"))
    assert all(part.keys() >= SHAPE | {"group"} for part in parts)
    groups = {
        "month": ["2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01"],
        "quarter": ["2026-01-01", "2026-04-01"],
        "segment": ["smb"],
        "country": ["DE"],
    }
    assert [part["group"] for part in parts] == groups[by]


def test_every_metric_is_split_by_whatever_it_knows_and_by_nothing_else(root, own, survey):
    own.segment, own.country, own.industry = "smb", "DE", "steel"
    own.save()
    factories.subscription(own, date(2025, 2, 1), None, 1000, product="core")
    answered(survey, 10, account=own)
    for metric, known in METRICS.items():
        for by in ALL:
            response = root.get(f"metrics/{metric}?by={by}&from=2026-02-15&to=2026-07-01")
            if by in known.dimensions:
                assert all(part.keys() >= SHAPE | {"group"} for part in results(response)), (metric, by)
            else:
                assert_problem(response, 400, "by")


def test_periods_hold_what_was_said_in_them_and_are_cut_to_the_window(root, survey):
    answered(survey, 10, at=datetime(2026, 3, 10, tzinfo=UTC))
    answered(survey, 0, at=datetime(2026, 4, 10, tzinfo=UTC))
    parts = results(root.get(f"metrics/nps?survey={survey.slug}&by=month&from=2026-03-05&to=2026-05-01"))
    assert [(part["value"], part["window"]) for part in parts] == [
        (100.0, ["2026-03-05", "2026-04-01"]),
        (-100.0, ["2026-04-01", "2026-05-01"]),
    ]


def test_a_scope_narrows_by_what_accounts_are(root, survey, own, foreign):
    own.segment, own.country, own.owner = "smb", "DE", factories.user(email="kim@example.com")
    own.save()
    answered(survey, 10, 10, account=own)
    answered(survey, 0, account=foreign)
    value = lambda query: root.get(f"metrics/nps?survey={survey.slug}&{query}").json()["value"]  # noqa: E731
    assert value("") == pytest.approx(100 / 3)
    for query in (f"account={own.pk}", "segment=smb", "country=DE", "owner=Kim@example.com"):
        assert value(query) == 100, query


def test_a_limited_key_counts_its_own_accounts(limited, root, survey, own, foreign):
    answered(survey, 10, account=own)
    answered(survey, 0, account=foreign)
    answered(survey, 0)
    mine, all_ = (key.get(f"metrics/nps?survey={survey.slug}").json() for key in (limited, root))
    assert (mine["value"], mine["n"]) == (100, 1)
    assert all_["n"] == 3
    assert_problem(limited.get(f"metrics/nps?account={foreign.pk}"), 400, "account")
    assert root.get(f"metrics/nps?account={foreign.pk}").status_code == 200


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_of_revenue_need_the_scope(metric):
    poor, rich = program("metrics:read"), program("metrics:read", "revenue")
    assert rich.get(f"metrics/{metric}").status_code == 200
    if METRICS[metric].is_revenue:
        assert "revenue" in assert_problem(poor.get(f"metrics/{metric}"), 403)["detail"]
    else:
        assert poor.get(f"metrics/{metric}").status_code == 200


def test_retention_compares_the_ends_of_the_window(root, own):
    factories.subscription(own, date(2025, 1, 1), date(2026, 1, 1), 1000)
    factories.subscription(own, date(2026, 1, 1), None, 800)
    measure = root.get("metrics/grr?from=2025-06-01&to=2026-06-01").json()
    assert (measure["value"], measure["unit"], measure["currency"]) == (80.0, "percent", "USD")


def test_the_margin_of_services_leaves_out_what_has_no_rate(root, own):
    ServicesMonth.objects.create(account=own, month=date(2026, 3, 1), revenue=1000, cost=600)
    query = "metrics/services_margin?from=2026-01-01&to=2026-06-01"
    assert (root.get(query).json()["value"], root.get(query).json()["n"]) == (40.0, 1)
    own.currency = "XTS"
    own.save()
    unknown = root.get(query).json()
    assert unknown["value"] is None
    assert "XTS" in unknown["notes"][0]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("survey=nothing", "survey"),
        ("survey=99999999999999999999", "survey"),
        ("programme=x%22);--", "programme"),
        ("account=1e9", "account"),
        ("account=9223372036854775808", "account"),
        ("owner=nobody@example.com", "owner"),
        ("cohort=019909999", "cohort"),
        ("from=2026-13-01", "from"),
        ("from=0001-01-01", "from"),
        ("to=9999-12-31", "to"),
        ("from=2026-01-02&to=2026-01-02", "to"),
        ("by=day", "by"),
        ("by=owner__password", "by"),
        ("by=month&from=1990-01-01&to=2026-01-01", "by"),
        ("group_by=x", "group_by"),
        ("segment__startswith=a", "segment__startswith"),
    ],
)
def test_a_scope_that_means_nothing_is_refused(root, query, field):
    for metric in ("nps", "grr"):
        assert_problem(root.get(f"metrics/{metric}?{query}"), 400, field)


def test_there_is_no_other_metric(root):
    assert_problem(root.get("metrics/happiness"), 404)


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_costs_the_same_however_much_there_is(root, survey, metric):
    def add(count):
        for _ in range(count):
            account = factories.account(segment="smb")
            contact = factories.contact(account)
            factories.subscription(account, date(2025, 1, 1), date(2026, 3, 1), 100)
            factories.invitation(survey, contact)
            answered(survey, 9, account=account)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert root.get(f"metrics/{metric}").status_code == 200
        return len(captured)

    add(1)
    queries()
    # What is kept is of the contracts as they are, so each time the first look after a change is counted.
    add(1)
    few = queries()
    add(5)
    assert queries() == few <= 13


def part(key, contribution):
    found = {"weight": 2000, "score": 9000, "freshness": 10_000, "facts": {}}
    return {"key": key, "contribution": contribution, **found}


PARTS = [part("product_usage", 1250), part("revenue_movement", -400)]


def healthy(account, day, score=7350, base=6500, parts=PARTS):
    card, _ = Scorecard.objects.get_or_create(
        number=1, defaults={"weights": {}, "valid_from": NOON.date(), "created_at": NOON}
    )
    return Health.objects.create(
        account=account,
        scorecard=card,
        day=day,
        score=score,
        base=base,
        confidence=8000,
        band="yellow",
        parts=parts,
        computed_at=NOON,
    )


def test_an_accounts_health_adds_up_and_has_a_history(root, own):
    healthy(own, date(2026, 6, 14), score=6000, base=6000, parts=[])
    healthy(own, date(2026, 6, 15))
    health = root.get(f"accounts/{own.pk}/health").json()
    assert (health["account"], health["day"], health["band"]) == (own.pk, "2026-06-15", "yellow")
    assert health["score"] == pytest.approx(
        health["base"] + sum(part["contribution"] for part in health["parts"])
    )
    assert {part["key"] for part in health["parts"]} == {"product_usage", "revenue_movement"}
    assert [(entry["day"], entry["score"]) for entry in health["history"]] == [
        ("2026-06-15", 73.5),
        ("2026-06-14", 60.0),
    ]


def test_the_health_of_an_account_without_one_is_null(root, own):
    health = root.get(f"accounts/{own.pk}/health").json()
    assert (health["score"], health["band"], health["parts"], health["history"]) == (None, None, [], [])


def test_the_health_of_a_foreign_account_is_not_there(root, limited, own, foreign):
    healthy(foreign, date(2026, 6, 15))
    assert limited.get(f"accounts/{own.pk}/health").status_code == 200
    assert_problem(limited.get(f"accounts/{foreign.pk}/health"), 404)
    assert root.get(f"accounts/{foreign.pk}/health").status_code == 200
    assert_problem(root.get(f"accounts/{10**30}/health"), 404)


def test_the_receipt_of_a_metric_is_paged(root, survey, own):
    answered(survey, *range(3), account=own)
    first = root.get("metrics/nps/rows?limit=2").json()
    assert (first["what"], [row["value"] for row in first["results"]]) == ("answers", [2, 1])
    second = root.get(first["next"]).json()
    assert ([row["value"] for row in second["results"]], second["next"]) == ([0], None)
    assert first["results"][0]["account"] == own.pk
    assert [row["counts"] for row in first["results"]] == [-1, -1]
    wrong = ("x", "WzFd", "W10=", "WyJhIiwgImIiXQ==", "WzEsICJcdTAwMDAiXQ==", "eyJhIjogMX0=", "é")
    no_day = cursor_of(("2026-02-31", 1, "nps"))
    for cursor in (*wrong, no_day, cursor_of(("2026-01-31",))):
        assert_problem(root.get(f"metrics/nps/rows?cursor={cursor}"), 400, "cursor")
    assert_problem(root.get("metrics/nps/rows?offset=2"), 400, "offset")


def test_what_has_no_owner_can_be_asked_for_like_the_part_that_says_so(root, survey, own):
    answered(survey, 10, account=own)
    answered(survey, 0)
    for name in ("segment", "owner", "team", "country", "account", "language"):
        parts = {part["group"]: part for part in root.get(f"metrics/nps?by={name}").json()["results"]}
        if "" in parts:
            alone = root.get(f"metrics/nps?{name}=").json()
            assert (alone["n"], alone["value"]) == (parts[""]["n"], parts[""]["value"]), name
            assert len(root.get(f"metrics/nps/rows?{name}=").json()["results"]) == alone["n"]
    assert root.get("metrics/nps?account=").json()["value"] == -100
    assert_problem(root.get("metrics/grr?product="), 400, "product")


def test_a_receipt_shows_no_more_than_its_metric(limited, survey, own, foreign):
    answered(survey, 10, account=own)
    answered(survey, 0, account=foreign)
    assert [row["value"] for row in limited.get("metrics/nps/rows").json()["results"]] == [10]
    assert_problem(program("metrics:read").get("metrics/grr/rows"), 403)
    assert_problem(limited.get("metrics/grr/rows?channel=qr"), 400, "metric")
    assert_problem(limited.get("metrics/nps/rows?limit=many"), 400, "limit")
    assert_problem(limited.get("metrics/joy/rows"), 404)


def test_a_metric_beside_the_former_period(root, survey):
    answered(survey, 10, at=datetime(2026, 4, 10, tzinfo=UTC))
    answered(survey, 0, at=datetime(2026, 5, 10, tzinfo=UTC))
    query = "from=2026-05-01&to=2026-06-01&compare=former"
    former = root.get(f"metrics/nps?survey={survey.slug}&{query}").json()["former"]
    assert (former["before"]["value"], former["difference"]) == (100, -200)
    assert former["before"]["window"] == ["2026-04-01", "2026-05-01"]
    assert_problem(root.get("metrics/nps?compare=later"), 400, "compare")


def test_what_was_not_closed_cannot_be_replayed(root):
    assert_problem(root.get("metrics/grr?as_known_on=2026-06-01"), 400, "as_known_on")
    assert_problem(root.get("metrics/arr?as_known_on=2026-06-01"), 400, "as_known_on")
    assert_problem(root.get("metrics/health?as_known_on=2026-06-01"), 400, "as_known_on")
    assert_problem(root.get("metrics/survival?as_known_on=2026-06-01&by=segment"), 400, "as_known_on")


def test_a_target_stands_beside_its_metric_and_says_whether_chance_explains_the_gap(root, survey):
    answered(survey, 10, 10, 9, 3)
    Target.objects.create(metric="nps", value=60, by=date(2026, 12, 31))
    Target.objects.create(metric="nps", value=10, by=date(2026, 1, 31))
    target = root.get("metrics/nps").json()["target"]
    assert target == {"value": 60.0, "by": "2026-12-31", "gap": -10.0, "is_within_interval": True}
    assert "target" not in root.get("metrics/nps?segment=smb").json()
    assert "target" not in root.get("metrics/csat").json()


def test_themes_of_comments(root, limited, survey, own, foreign):
    factories.respond(survey, {"why": "The price is awful."}, account=foreign)
    absorb_responses(now=datetime.now(UTC))
    read_comments(now=datetime.now(UTC))
    found = root.get("metrics/themes").json()
    assert [(each["name"], each["comments"], each["arr"]) for each in found["themes"]] == [("price", 1, 0.0)]
    assert limited.get("metrics/themes").json()["comments"] == 0
    assert program("metrics:read").get("metrics/themes").json()["themes"][0]["arr"] is None
