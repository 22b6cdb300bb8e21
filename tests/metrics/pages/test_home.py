import re
from datetime import timedelta
from decimal import Decimal
from html import unescape

import pytest
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.formulas.days import months_later
from metrics.measures.comparisons import Verdict, former
from metrics.measures.query import ask
from metrics.measures.scope import Scope
from metrics.models import Health, Scorecard, Target
from metrics.templatetags.figures import day, quantity
from tests import factories as f
from tests.api.conftest import program
from tests.metrics.pages.conftest import CANARY, pays_the_canary
from tests.metrics.pages.test_account import XSS

pytestmark = pytest.mark.django_db

HOME = "/admin/"
REVENUE = (
    "Gross revenue retention",
    "Net revenue retention",
    "Renewal rate",
    "Customer lifetime value",
    "Renewals ahead",
    "Revenue at risk",
    "ARR",
    "USD",
)


def is_well(account, score, today, band=None):
    card, _ = Scorecard.objects.get_or_create(
        number=1, defaults={"weights": {}, "valid_from": f.NOON.date(), "created_at": f.NOON}
    )
    band = band or ("green" if score >= 75 else "yellow" if score >= 50 else "red")
    Health.objects.create(
        account=account,
        scorecard=card,
        day=today,
        score=100 * score,
        base=6500,
        confidence=9000,
        band=band,
        parts=[],
        computed_at=f.NOON,
    )


def told(response):
    """The numbers on top by metric."""
    return {
        each.measure.metric: each for each in (*response.context["headlines"], *response.context["beside"])
    }


def test_an_empty_company_is_told_what_to_do_and_sees_no_number(executive):
    response = executive.get(HOME)
    assert [step.key for step in response.context["steps"]] == [
        "accounts",
        "subscriptions",
        "survey",
        "answers",
    ]
    shown = told(response)
    assert list(shown) == ["grr", "nrr", "renewal_rate", "clv", "health", "nps", "csat", "ces"]
    assert all(each.measure.value is None and each.chart is None for each in shown.values())
    assert "Add your customers" in response.text
    assert "Gross revenue retention" not in response.text
    f.account()
    response = executive.get(HOME)
    assert "Gross revenue retention" in response.text
    assert "No account’s health is known yet" in response.text
    assert "Nobody unhappy has written anything" in response.text


def tile(response, metric):
    """Return the figure that the page prints on the tile of a metric."""
    (found,) = re.findall(
        rf'data-metric="{metric}".*?<strong><a[^>]*>([^<]*)</a></strong>', response.text, flags=re.DOTALL
    )
    return found.strip()


def test_every_tile_is_what_the_api_says_and_a_computation_of_its_own(executive, today):
    now, survey = timezone.now(), f.published_survey([f.NPS, f.CSAT, f.CES])
    kept, shrunk, lost, new = (f.account() for _ in range(4))
    contracts = {
        kept: ((-700, -30, 1000), (-30, 60, 1000)),
        shrunk: ((-700, -100, 2000), (-100, None, 1200)),
        lost: ((-700, -200, 700), None),
        new: ((-90, None, 500), None),
    }
    for account, (first, then) in contracts.items():
        begun, ended, yearly = first
        last = f.subscription(account, days_off(today, begun), days_off(today, ended), yearly)
        if then:
            begun, ended, yearly = then
            f.subscription(account, days_off(today, begun), days_off(today, ended), yearly, renews=last)
    for account, score in ((kept, 80), (shrunk, 40), (new, 90)):
        is_well(account, score, today)
    is_well(lost, 60, today, band="grey")
    given = {"nps": (10, 9, 9, 7, 3, 0, 10), "csat": (5, 4, 3, 5, 1, 2, 4), "ces": (7, 5, 4, 6, 2, 1, 5)}
    for place, account in enumerate((kept, kept, shrunk, lost, new, new, None)):
        said = {key: values[place] for key, values in given.items()}
        f.respond(survey, said, account=account, at=now - timedelta(days=place))
    absorb_responses(now=now)
    # Worked out here from the rows above, by the definitions and by nothing of ours.
    start, end, due = 1000 + 2000 + 700, 1000 + 1200, 1000 + 2000 + 700
    retained = Decimal(end) / start
    paid, customers = 1000 + 1200 + 500, 3
    expected = {
        "nps": 100 * (sum(each >= 9 for each in given["nps"]) - sum(each <= 6 for each in given["nps"])) / 7,
        "csat": 100 * sum(each >= 4 for each in given["csat"]) / 7,
        "ces": 100 * sum(each >= 5 for each in given["ces"]) / 7,
        "health": 100 * 2 / 3,
        "grr": 100 * retained,
        "nrr": 100 * retained,
        "renewal_rate": 100 * Decimal(end) / due,
        "clv": Decimal(paid) / customers * retained * Decimal("1.1") / (Decimal("1.1") - retained),
    }
    page, key = executive.get(HOME), program("all")
    window = f"from={months_later(days_off(today, 1), -12)}&to={days_off(today, 1)}"
    for metric, value in expected.items():
        answer = key.get(f"metrics/{metric}?{window}")
        assert answer.status_code == 200, answer.content
        said = answer.json()
        assert float(said["value"]) == pytest.approx(float(value), abs=0.005), metric
        unit = told(page)[metric].measure.unit
        assert tile(page, metric) == quantity(Decimal(str(said["value"])), unit), metric
        assert str(said["n"]) == str(told(page)[metric].measure.n), metric
        assert said["window"] == [str(day) for day in told(page)[metric].measure.window], metric
    assert page.context["arr"].total == paid
    assert page.context["steps"] == []


def days_off(today, days):
    """Return the day so many days from today, None for none."""
    return None if days is None else today + timedelta(days=days)


def test_every_former_number_is_what_asking_for_the_window_before_says(executive, today):
    account, survey, now = f.account(), f.published_survey(), timezone.now()
    leaver, grown = f.account(), f.account()
    pays_the_canary(account, today)
    f.subscription(leaver, today - timedelta(days=800), today - timedelta(days=500), 5000)
    f.subscription(leaver, today - timedelta(days=500), today - timedelta(days=100), 3000)
    f.subscription(grown, today - timedelta(days=1000), today - timedelta(days=450), 1000)
    f.subscription(grown, today - timedelta(days=450), None, 1700)
    for days, value in ((10, 3), (30, 10), (400, 9), (500, 9), (600, 2)):
        f.respond(survey, {"nps": value}, account=account, at=now - timedelta(days=days))
    absorb_responses(now=now)
    response = executive.get(HOME)
    before = former(Scope.of_answers(response.wsgi_request.user, today))
    shown = told(response)
    for name in ("grr", "nrr", "renewal_rate", "clv", "nps"):
        asked = ask(name, before)
        assert shown[name].change.before.value == asked.value is not None, name
        assert shown[name].change.difference == shown[name].measure.value - asked.value, name
    assert shown["grr"].change.verdict == Verdict.COUNTED
    assert shown["nps"].change.verdict == Verdict.UNKNOWN
    # Renewals that came late are not in it, as those that will come late are not in today's.
    assert response.text.count(", as it stood then)") == sum(
        each.change.verdict == Verdict.COUNTED for each in shown.values() if each.change
    )


def test_what_the_renewal_rate_was_opens_what_was_renewed_by_then(executive, today):
    """Of two contracts that ended within it one was renewed only after it closed, within the grace."""
    closed = months_later(today + timedelta(days=1), -12)
    for value, late in ((900, timedelta(days=40)), (100, timedelta())):
        account, ended = f.account(), closed - timedelta(days=20)
        f.subscription(account, ended - timedelta(days=365), ended, value)
        f.subscription(account, ended + late, ended + late + timedelta(days=365), value)
    shown = executive.get(HOME)
    assert told(shown)["renewal_rate"].change.before.value == 10
    href = re.search(r'from <a href="([^"]*renewal_rate/rows[^"]*)">10\.0%', shown.text)[1]
    rows = executive.get(unescape(href))
    assert rows.context["measure"].value == 10
    assert f"As it stood on {day(closed)}" in rows.text
    assert executive.get(unescape(href).replace("as_of=", "then=")).context["measure"].value == 100


def test_days_gone_by_show_what_was_then_and_leave_today_as_it_is(executive, today):
    begun = f.account(name="Begun since")
    f.subscription(begun, today - timedelta(days=100), today + timedelta(days=60), 5000)
    is_well(begun, 20, today)
    ended_on = today - timedelta(days=200)
    for name, score in (("One", 90), ("Two", 30)):
        account = f.account(name=name)
        f.subscription(account, today - timedelta(days=900), ended_on - timedelta(days=150), 1000)
        is_well(account, score, ended_on)
    survey = f.published_survey()
    f.respond(survey, {"nps": 9}, at=timezone.now())
    absorb_responses(now=timezone.now())
    window = f"from={ended_on - timedelta(days=364)}&to={ended_on}"
    response = executive.get(f"{HOME}?{window}")
    health = told(response)["health"].measure
    said = program("all").get(f"metrics/health?{window.replace(str(ended_on), str(days_off(ended_on, 1)))}")
    assert (health.value, health.n) == (50, 2) == (said.json()["value"], said.json()["n"])
    # What is at risk is so today, whatever the days asked for.
    (row,) = response.context["at_risk"]
    assert (row.account, row.arr) == (begun, 5000)
    assert response.context["health"].n == 1
    assert "As it stands today" in response.text
    assert "As it stands today" not in executive.get(HOME).text
    # The contracts ended long enough ago for nobody to renew them any more.
    assert told(response)["renewal_rate"].measure.value == 0
    assert "Provisional" not in response.text
    assert response.context["steps"] == []


def test_a_target_stands_beside_its_number(executive, today):
    survey, now = f.published_survey(), timezone.now()
    for value in (10, 9, 3, 8, 7, 10):
        f.respond(survey, {"nps": value}, at=now)
    absorb_responses(now=now)
    Target.objects.create(metric="nps", value=50, by=today + timedelta(days=30))
    response = executive.get(HOME)
    aim = told(response)["nps"].aim
    assert (aim.value, aim.gap, aim.is_within_interval) == (50, pytest.approx(100 / 3 - 50), True)
    assert "the gap is inside the interval" in response.text


def test_contracts_are_read_again_as_soon_as_one_of_them_changes(executive, today):
    account = f.account()
    pays_the_canary(account, today)
    assert told(executive.get(HOME))["grr"].measure.value == 100
    newest = account.subscriptions.order_by("-starts_on").first()
    newest.annual_value = CANARY / 2
    newest.save()
    assert told(executive.get(HOME))["grr"].measure.value == 50
    newest.delete()
    assert told(executive.get(HOME))["grr"].measure.value == 0


def test_revenue_is_absent_without_the_permission(executive, seen_by, manager, today):
    account = f.account(owner=manager, name="Acme")
    pays_the_canary(account, today)
    is_well(account, 30, today)
    shown, hidden = executive.get(HOME).text, seen_by(manager).get(HOME).text
    assert "USD 987,654" in shown
    assert "Acme" in hidden
    for trace in ("987654", "987,654", *REVENUE):
        assert trace not in hidden
    assert all(trace in shown for trace in REVENUE)


def test_accounts_at_risk_are_ordered_by_revenue_only_for_who_may_see_it(executive, seen_by, manager, today):
    small, large, calm = (f.account(name=name, owner=manager) for name in ("Small", "Large", "Calm"))
    is_well(small, 20, today)
    is_well(large, 40, today)
    is_well(calm, 90, today)
    f.subscription(large, today - timedelta(days=10), None, 5000)

    def names(client):
        return [row.account.name for row in client.get(HOME).context["at_risk"]]

    assert names(executive) == ["Large", "Small"]
    assert names(seen_by(manager)) == ["Small", "Large"]


def test_a_number_that_is_not_known_says_when_it_is(executive, today):
    f.subscription(f.account(), today - timedelta(days=3), None, 5000)
    page = executive.get(HOME).text
    assert "Unknown without customers at the start, or without an exchange rate." in page
    assert "Unknown when nothing fell due" in page
    f.subscription(f.account(), today - timedelta(days=400), None, 5000)
    page = executive.get(HOME).text
    assert "Unknown without customers at the start" not in page
    assert "Unknown when nothing fell due" in page


def test_revenue_at_risk_that_cannot_be_told_says_why(executive, today):
    unwell, calm = (f.account(name=name) for name in ("Unwell", "Calm"))
    is_well(unwell, 60, today)
    is_well(calm, 90, today)
    f.subscription(calm, today - timedelta(days=10), None, 5000, currency="JPY")
    f.subscription(unwell, today - timedelta(days=10), None, 5000)
    assert executive.get(HOME).context["risk_notes"] == ()
    f.subscription(unwell, today - timedelta(days=10), None, 5000, currency="EUR")
    response = executive.get(HOME)
    assert {band.value: value for band, _, value in response.context["risk"]} == {
        "red": 0,
        "yellow": None,
    }
    (note,) = response.context["risk_notes"]
    assert note.startswith("There is no exchange rate for EUR in ")
    panel = response.content.decode().partition("Revenue at risk")[2].partition("</section>")[0]
    assert note in panel


def test_accounts_of_which_too_little_is_known_are_not_said_to_wait_for_the_night(executive, today):
    account = f.account()
    assert "It is computed every night" in executive.get(HOME).text
    is_well(account, 60, today, band="grey")
    shown = executive.get(HOME).text
    assert "Of no account is enough known yet to say how it is" in shown
    assert "It is computed every night" not in shown


def test_renewals_are_shown_unwell_accounts_first(executive, today):
    for name, score, days in (("Well", 90, 10), ("Unwell", 20, 60), ("Unknown", None, 5), ("Later", 90, 179)):
        account = f.account(name=name)
        f.subscription(account, today - timedelta(days=300), today + timedelta(days=days), 100)
        if score:
            is_well(account, score, today)
    f.subscription(f.account(name="Too late"), today - timedelta(days=10), today + timedelta(days=181), 100)
    context = executive.get(HOME).context
    assert [row.account.name for row in context["coming"]] == ["Unwell", "Unknown", "Well", "Later"]
    assert {share.band.value: (share.accounts, share.values) for share in context["shares"]} == {
        "red": ((1, 1), (100, 100)),
        "yellow": ((0, 0), (0, 0)),
        "grey": ((1, 1), (100, 100)),
        "green": ((1, 2), (100, 200)),
    }


def test_who_was_asked_and_did_not_answer_is_silent(executive, today):
    survey, now = f.published_survey(), timezone.now()
    silent, heard = f.account(name="Silent"), f.account(name="Heard")
    f.account(name="Unasked")
    for account in (silent, heard):
        f.invitation(survey, f.contact(account), sent_at=now - timedelta(days=20))
    f.respond(survey, {"nps": 9}, account=heard, at=now)
    absorb_responses(now=now)
    context = executive.get(HOME).context
    assert [row.account.name for row in context["silent"]] == ["Silent"]
    assert context["silent_count"] == 1


def test_a_stranger_sees_nobody_elses_name_words_or_numbers(seen_by, manager, today):
    survey, now = f.published_survey(), timezone.now()
    account = f.account(name="Acme")
    is_well(account, 20, today)
    for owner in (account, None):
        f.respond(survey, {"nps": 0, "why": "Foreign words"}, account=owner, at=now)
    absorb_responses(now=now)
    response = seen_by(manager).get(HOME)
    assert "Acme" not in response.text
    assert "Foreign words" not in response.text
    assert {name: each.measure.value for name, each in told(response).items()} == {
        "health": None,
        "nps": None,
        "csat": None,
        "ces": None,
    }
    assert response.context["health"].n == 0
    assert "Be given accounts" in response.text


def test_whatever_people_wrote_reads_as_text(executive, today):
    account, survey = f.account(name=XSS), f.published_survey(title=XSS)
    is_well(account, 20, today)
    contact = f.contact(account, name=XSS)
    f.respond(survey, {"nps": 0, "why": XSS}, contact=contact, at=timezone.now())
    absorb_responses(now=timezone.now())
    text = executive.get(HOME).text
    assert "<svg/onload" not in text
    assert "<script>window" not in text
    assert text.count("&lt;svg/onload") >= 4


def test_queries_do_not_grow_with_the_accounts(executive, django_assert_max_num_queries, today):
    counts, now = [], timezone.now()
    for size in (2, 12):
        for _ in range(size):
            account = f.account()
            pays_the_canary(account, today)
            is_well(account, 20, today)
            f.respond(f.published_survey(), {"nps": 2, "why": "Because"}, account=account, at=now)
        absorb_responses(now=now)
        executive.get(HOME)
        with django_assert_max_num_queries(20) as queries:
            executive.get(HOME)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("address", ["/admin/", "/admin/goals/", "/admin/accounts/account/"])
def test_the_keyboard_may_skip_the_menu(executive, address):
    page = executive.get(address).text
    assert page.index('href="#content"') < page.index('id="nav-sidebar"') < page.index('id="content"')


@pytest.mark.parametrize(
    ("address", "link"),
    [("/admin/", "/admin/"), ("/admin/goals/", "/admin/goals/"), ("/admin/metric/nps/", "/admin/metric/")],
)
def test_the_menu_marks_where_one_is(executive, address, link):
    marked = re.findall(r'<a href="([^"]*)" aria-current="true"', executive.get(address).text)
    assert marked == [link]
