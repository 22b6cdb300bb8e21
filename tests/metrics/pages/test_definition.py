"""The page of a metric: its meaning from the one source, an example that adds up, and its rows."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import ExchangeRate, ServicesMonth
from metrics.actions.absorb import absorb_responses
from metrics.actions.keeping import keep_known
from metrics.formulas.days import month_of
from metrics.measures.query import METRICS
from metrics.models import Absorbed, FormerResponse, Target
from metrics.pages.meanings import GROUPS, MEANINGS, as_markdown
from metrics.pages.wording import NAMES
from metrics.templatetags.figures import amount
from metrics.templatetags.figures import day as day_in_words
from surveys.models import Response
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
def test_a_newcomer_is_led_to_what_comes_first(executive, name):
    for address in (f"/admin/metric/{name}/", f"/admin/metric/{name}/rows/"):
        assert '<a href="/admin/">Home</a> tells what to do first' in executive.get(address).text
    assert "The rows it is made of" not in executive.get(f"/admin/metric/{name}/").text


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
        "95% interval": example(nps)["95% interval"],
    }
    assert example(executive.get("/admin/metric/grr/"))["is still there"] == "USD 987,654"


def test_no_line_of_an_example_ends_within_an_amount(executive, account):
    lines = example(executive.get("/admin/metric/nrr/"))
    assert "USD " in lines["in percent"]
    page = executive.get("/admin/metric/nrr/").text
    assert lines["in percent"].replace("USD ", "USD\u00a0") in page


def test_the_way_to_the_arr_has_the_same_steps_as_the_revenue_page(executive, account):
    bars = [(bar.name, amount(bar.amount)) for bar in executive.get("/admin/revenue/").context["bars"]]
    steps = example(executive.get("/admin/metric/arr/"))
    assert [(what.capitalize(), shown.removeprefix("USD ")) for what, shown in steps.items()] == [
        *bars[:-1],
        ("Gives", bars[-1][1]),
    ]


def test_rows_name_an_account_once(executive, account):
    response = executive.get("/admin/metric/grr/rows/")
    assert response.context["head"] == ["account", "arr_at_start", "arr_at_end"]
    assert response.text.count(f">{account.name}</a>") == 1
    assert response.text.count('data-label="ARR at start, USD"') == 1


@pytest.fixture
def views(today, account):
    """Beside the account one that pays as much: three of its people answered, one of whom decides."""
    other, survey, now = f.account(name="Bolt", segment="Small"), f.published_survey(), timezone.now()
    pays_the_canary(other, today)
    people = [f.contact(other, role=role) for role in ("decision_maker", "influencer", "user")]
    for person, value in zip(people, (10, 0, 8), strict=True):
        f.respond(survey, {"nps": value}, contact=person, at=now)
    for person in (*people, *account.contacts.all(), f.contact(other)):
        f.invitation(survey, person, sent_at=now)
    absorb_responses(now=now + timedelta(seconds=1))
    return other


def test_the_example_of_each_view_works_its_own_formula(executive, views):
    examples = {
        name: example(executive.get(f"/admin/metric/nps_{name}/"))
        for name in ("clustered", "finite", "accounts", "revenue", "waterfall", "weighted")
    }
    assert examples["clustered"]["accounts that answered"] == "2"
    assert examples["clustered"]["in percent of all answers"] == "100 × (4 − 2) / 8"
    assert examples["finite"]["contacts invited"] == "9"
    # Divisor n - 1: variance 5.5 / 7, over 8 answers, of which one of nine is missing.
    assert examples["finite"]["standard error in points, × √(1 − 8 / 9)"] == "10.45"
    assert examples["accounts"]["for each account"] == "40 / 2"
    assert examples["revenue"]["ARR of the 2 accounts that answered"] == "USD 1,975,309"
    assert examples["revenue"]["gives"] == "+20"
    assert examples["waterfall"]["accounts by their decision-makers"] == "1"
    assert examples["waterfall"]["else by users"] == "1"
    assert examples["waterfall"]["for each account"] == "140 / 2"
    assert examples["weighted"]["promoters among the answers, weighted"] == "50.0%"


def test_the_target_stands_beside_the_number_and_leads_to_the_goals(executive, account, today):
    Target.objects.create(metric="nps", value=50, by=today + timedelta(days=90))
    assert '<a href="/admin/goals/">Target +50</a> by' in executive.get("/admin/metric/nps/").text


def test_the_rows_lead_to_their_accounts(executive, account):
    response = executive.get("/admin/metric/nps/rows/")
    assert len(response.context["rows"]) == 5
    assert f'href="{account.get_absolute_url()}"' in response.text
    assert "From all rows to the number: 100 × Σ (weight × counts) / Σ weight" in response.text


def test_a_rate_by_which_rows_are_converted_is_told_whole(executive, account, today):
    account.currency = "EUR"
    account.save()
    ExchangeRate.objects.create(currency="EUR", month=month_of(today).start, rate="1.08349900")
    month = month_of(today - timedelta(days=40)).start
    ServicesMonth.objects.create(account=account, month=month, revenue=900, cost=400)
    page = executive.get("/admin/metric/services_margin/rows/").text
    assert '<td class="num" data-label="Rate to USD">1.083499</td>' in page


def test_rows_that_make_no_number_say_why(executive, today):
    young = f.account()
    f.subscription(young, today - timedelta(days=100), None, 6000)
    page = executive.get("/admin/metric/survival/rows/", {"account": young.pk}).text
    assert "Unknown before anybody was watched for twelve months." in page


def test_people_are_named_to_who_may_open_them(executive, account, manager, seen_by):
    account.owner = manager
    account.save()
    person, foreign = account.contacts.first(), f.contact(f.account(), name="Foreign Person")
    opened = reverse("admin:accounts_contact_change", args=[person.pk])
    for client, is_seen in ((executive, True), (seen_by(manager), False)):
        text = client.get("/admin/metric/contact_coverage/rows/").text
        assert f'<a href="{opened}">{person}</a>' in text
        assert (str(foreign) in text) == is_seen


@pytest.mark.parametrize("name", METRICS)
def test_twenty_queries_suffice_however_many_answered(executive, views, name):
    def counts():
        for address in (f"/admin/metric/{name}/", f"/admin/metric/{name}/rows/"):
            executive.get(address)
            with CaptureQueriesContext(connection) as captured:
                executive.get(address)
            yield len(captured)

    few = [*counts()]
    for value in range(4):
        person = f.contact(f.account(segment=f"of {value}"))
        f.respond(f.published_survey(), {"nps": value, "csat": 2}, contact=person, at=timezone.now())
    absorb_responses(now=timezone.now() + timedelta(seconds=2))
    for more, before in zip(counts(), few, strict=True):
        assert more <= before <= 20


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
    monkeypatch.setattr("metrics.pages.listing.ROWS_A_PAGE", 2)
    address, seen = "/admin/metric/nps/rows/", []
    while address:
        response = executive.get(address)
        seen += [row[0][1] for row in response.context["rows"]]
        following = response.context["following"]
        address = following and f"/admin/metric/nps/rows/?after={following}"
    assert len(seen) == len(set(seen)) == 5
    for wrong in ("nonsense", "W10=", "WyJhIl0=", "W1tb" * 1000):
        assert executive.get(f"/admin/metric/nps/rows/?after={wrong}").status_code == 200


class TestAsKnown:
    """What a past day knew, asked by the address of the page."""

    @pytest.fixture
    def yesterday(self, account, today):
        """The day after which an answer was corrected, with the snapshot that its night took."""
        then, day = timezone.now() - timedelta(days=1), today - timedelta(days=1)
        Response.objects.update(submitted_at=then, started_at=then, revision=2, changed_at=then)
        absorb_responses(now=then, sweep=True)
        Absorbed.objects.update(known_on=day)
        FormerResponse.objects.all().delete()
        keep_known(now=then)
        promoter = Response.objects.filter(answers__nps=10).get()
        promoter.answers["nps"], promoter.revision, promoter.changed_at = 0, 3, timezone.now()
        promoter.save()
        absorb_responses(now=timezone.now(), sweep=True)
        return day

    def test_a_metric_says_what_it_said(self, executive, yesterday):
        now, then = (executive.get(f"/admin/metric/nps/{ask}") for ask in ("", f"?known={yesterday}"))
        assert (now.context["measure"].value, then.context["measure"].value) == (0, 40)
        said = f"As known on {day_in_words(yesterday)}"
        assert (said in now.text, said in then.text) == (False, True)
        assert f'value="{yesterday}"' in then.text
        assert f"rows/?known={yesterday}" in then.text

    def test_its_rows_are_those_of_now_and_the_page_says_so(self, executive, yesterday):
        assert "as they are now" in executive.get(f"/admin/metric/nps/rows/?known={yesterday}").text

    def test_a_day_that_was_not_kept_is_said(self, executive, yesterday):
        assert "was not kept" in executive.get("/admin/metric/nps/?known=2001-01-01").context["refused"]

    @pytest.mark.parametrize("day", ["2026-02-30", "soon", "9999-01-01"])
    def test_what_is_no_past_day_is_said_and_not_applied(self, executive, account, day):
        page = executive.get("/admin/metric/nps/", {"known": day})
        assert page.context["measure"].value == 40
        assert page.context["filters"].faults


def test_an_example_of_one_customer_has_one_customer(executive, today):
    f.subscription(f.account(), today - timedelta(days=800), None, 6000)
    assert "Yearly revenue of 1 customer at the start" in executive.get(reverse("metric", args=["grr"])).text
