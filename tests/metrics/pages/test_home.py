from datetime import timedelta

import pytest
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.measures.scope import Scope
from metrics.measures.sentiment import nps
from metrics.models import Health, Scorecard
from tests import factories as f
from tests.metrics.pages.conftest import CANARY, pays_the_canary
from tests.metrics.pages.test_account import XSS

pytestmark = pytest.mark.django_db

HOME = "/admin/"
REVENUE = (
    "Revenue retention",
    "Renewal rate",
    "Customer lifetime value",
    "Renewals in the next",
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


def test_an_empty_company_is_told_what_to_do_and_sees_no_number(executive):
    response = executive.get(HOME)
    assert [step.key for step in response.context["steps"]] == [
        "accounts",
        "subscriptions",
        "survey",
        "answers",
    ]
    for measure in ("nps", "csat", "ces", "health", "response_rate", "clv"):
        assert response.context[measure].value is None
    assert response.context["retention"].grr.value is None
    assert "Add your customers" in response.text
    assert "No account's health is known yet" in response.text
    assert "Nobody has written a comment" in response.text


def test_the_five_tiles_say_what_the_measures_say(executive, today):
    account, survey, now = f.account(), f.published_survey(), timezone.now()
    pays_the_canary(account, today)
    is_well(account, 80, today)
    is_well(f.account(), 40, today)
    is_well(f.account(), 60, today, band="grey")
    for value in (10, 9, 3):
        f.respond(survey, {"nps": value}, account=account, at=now)
    absorb_responses(now=now)

    context = executive.get(HOME).context

    scope = Scope.of_answers(executive.get(HOME).wsgi_request.user, today)
    assert context["nps"] == nps(scope)
    assert context["nps"].value == pytest.approx(100 / 3)
    assert (context["health"].value, context["health"].n) == (50, 2)
    assert context["health"].beside == {"green": 1, "yellow": 0, "red": 1, "grey": 1}
    assert context["retention"].grr.value == 100
    assert context["renewals"].gross.value == 100
    assert context["clv"].beside["arr"] == CANARY
    assert context["steps"] == []


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


def test_renewals_are_shown_unwell_accounts_first(executive, today):
    for name, score, days in (("Well", 90, 10), ("Unwell", 20, 60), ("Unknown", None, 5)):
        account = f.account(name=name)
        f.subscription(account, today - timedelta(days=300), today + timedelta(days=days), 100)
        if score:
            is_well(account, score, today)
    f.subscription(f.account(name="Later"), today - timedelta(days=10), today + timedelta(days=91), 100)
    context = executive.get(HOME).context
    assert [row.account.name for row in context["coming"]] == ["Unwell", "Unknown", "Well"]
    assert {share.band.value: (share.accounts, share.value) for share in context["coming_shares"]} == {
        "red": (1, 100),
        "yellow": (0, 0),
        "grey": (1, 100),
        "green": (1, 100),
    }


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
    assert response.context["nps"].value is None
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
        with django_assert_max_num_queries(50) as queries:
            executive.get(HOME)
        counts.append(len(queries))
    assert counts[0] == counts[1]
