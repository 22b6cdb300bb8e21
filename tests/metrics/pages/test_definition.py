"""The page of a metric: its meaning from the one source, an example that adds up, and its rows."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.measures.query import METRICS
from metrics.pages.meanings import GROUPS, MEANINGS, as_markdown
from metrics.pages.wording import NAMES
from tests import factories as f
from tests.metrics.pages.conftest import pays_the_canary

pytestmark = pytest.mark.django_db


def test_every_metric_has_a_name_a_meaning_and_a_place():
    assert list(MEANINGS) == list(METRICS) == list(NAMES)
    assert sorted(name for names in GROUPS.values() for name in names) == sorted(METRICS)


def test_the_document_has_the_same_words():
    assert as_markdown() in Path(settings.BASE_DIR, "docs/metrics.md").read_text()


@pytest.fixture
def account(today):
    """An account that pays and speaks."""
    made, survey, now = f.account(name="Acme"), f.published_survey(), timezone.now()
    pays_the_canary(made, today)
    for value in (10, 9, 9, 3, 8):
        f.respond(survey, {"nps": value, "csat": 4}, contact=f.contact(made), at=now)
    absorb_responses(now=now)
    return made


def example(response):
    return dict(response.context["example"])


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_opens_with_and_without_anything_known(executive, account, name):
    for address in (f"/admin/metric/{name}/", f"/admin/metric/{name}/rows/"):
        response = executive.get(address)
        assert response.status_code == 200
        assert "refused" not in response.context
    early = executive.get(f"/admin/metric/{name}/?from=1999-01-01&to=1999-01-02")
    is_unknown = early.context["measure"].value is None
    assert is_unknown == (name not in {"contact_coverage", "account_coverage"})
    assert ("nothing to work with" in early.text) == is_unknown


def test_the_example_works_the_formula_with_own_numbers(executive, account):
    nps = executive.get("/admin/metric/nps/")
    assert example(nps) == {
        "promoters": "3",
        "passives": "1",
        "detractors": "1",
        "in percent of all answers": "100 × (3 − 1) / 5",
        "gives": "+40",
        "and, of all customers, in 95 of 100 cases": example(nps)[
            "and, of all customers, in 95 of 100 cases"
        ],
    }
    assert example(executive.get("/admin/metric/grr/"))["is still there"] == "USD 987,654"


def test_the_rows_lead_to_their_accounts(executive, account):
    response = executive.get("/admin/metric/nps/rows/")
    assert len(response.context["rows"]) == 5
    assert f'href="{account.get_absolute_url()}"' in response.text


def test_revenue_is_refused_and_unknown_metrics_are_not_found(seen_by, manager, executive):
    client = seen_by(manager)
    assert client.get("/admin/metric/grr/").status_code == 403
    assert client.get("/admin/metric/grr/rows/").status_code == 403
    assert client.get("/admin/metric/nps/").status_code == 200
    assert "Gross revenue retention" not in client.get("/admin/metric/").text
    assert executive.get("/admin/metric/happiness/").status_code == 404


def test_filters_narrow_the_example(executive, account, today):
    f.respond(f.published_survey(), {"nps": 0}, account=f.account(segment="Small"), at=timezone.now())
    absorb_responses(now=timezone.now() + timedelta(seconds=1))
    assert executive.get("/admin/metric/nps/").context["measure"].n == 6
    assert executive.get("/admin/metric/nps/?segment=Small").context["measure"].n == 1


def test_rows_go_on_where_they_ended(executive, account, monkeypatch):
    monkeypatch.setattr("metrics.pages.definition.ROWS_A_PAGE", 2)
    address, seen = "/admin/metric/nps/rows/", []
    while address:
        response = executive.get(address)
        seen += [row[0][1] for row in response.context["rows"]]
        following = response.context["following"]
        address = following and f"/admin/metric/nps/rows/?after={following}"
    assert len(seen) == len(set(seen)) == 5
    for wrong in ("nonsense", "W10=", "WyJhIl0="):
        assert executive.get(f"/admin/metric/nps/rows/?after={wrong}").status_code == 200
