"""Every count of a survey's results opens to the responses that it counts."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.measures.receipts import given
from metrics.templatetags.figures import figure
from surveys.models import Response
from tests import factories as f

pytestmark = pytest.mark.django_db

CHOICES = [{"key": "free", "text": "Free"}, {"key": "paid", "text": "Paid"}]
OPEN = [*CHOICES, {"key": "else", "text": "Else", "is_other": True}]
QUESTIONS = [
    f.NPS,
    f.CSAT,
    {"key": "plans", "kind": "multiple_choice", "text": "Which?", "choices": OPEN},
    {"key": "first", "kind": "ranking", "text": "Best first", "choices": CHOICES},
    {"key": "again", "kind": "yes_no", "text": "Again?"},
    {
        "key": "grid",
        "kind": "matrix",
        "text": "How is",
        "choices": CHOICES,
        "settings": {"rows": [{"key": "price", "text": "the price"}, {"key": "speed", "text": "the speed"}]},
    },
    f.WHY,
]
LINK = re.compile(r'<a href="([^"]*/responses/[^"]*question=[^"]*)"[^>]*>([^<]*)</a>')


@pytest.fixture
def survey(manager):
    """Six responses, two of them of an account of the manager and one flagged; one is not finished."""
    survey, now = f.published_survey(QUESTIONS), timezone.now()
    own = f.contact(f.account(owner=manager, segment="big"))
    foreign = f.contact(f.account(segment="small"))
    for place, contact in enumerate((own, own, foreign, foreign, None, None)):
        answers = {
            "nps": (10, 9, 7, 3, 0, 10)[place],
            "csat": 1 + place % 5,
            "plans": [["free"], ["free", "paid"], [{"other": "Mine"}], ["paid"], ["free"], ["paid"]][place],
            "first": ["free", "paid"] if place % 2 else ["paid", "free"],
            "again": "yes" if place < 4 else "no",
            "grid": {"price": "free", "speed": "paid"} if place else {"price": "paid"},
        }
        more = {"contact": contact} if contact else {}
        unfinished = {"submitted_at": None} if place == 5 else {}
        f.respond(survey, answers, at=now - timedelta(days=9 * place), **more, **unfinished)
    Response.objects.filter(account=foreign.account, answers__nps=3).update(flags=["fast"])
    absorb_responses(now=now)
    return survey


def counts_on(client, survey, query=""):
    """Return the counts of the page of results that lead to responses, and where to."""
    page = client.get(f"{reverse('survey_results', args=[survey.slug])}{query}")
    return [(unescape(href), text.strip()) for href, text in LINK.findall(page.text)]


def is_told(client, href, text):
    """Whether the page says the number that was clicked, and lists as many responses."""
    answer = client.get(href)
    counted = answer.context["counted"]
    assert not answer.context["filters"].faults, href
    listed = {row[0][1] for row in answer.context["rows"]}
    assert len(listed) == counted.n, href
    said = {str(counted.n), f"{counted.n} answer", f"{counted.n} answers"}
    said |= {f"{counted.n} {group}" for group in ("promoters", "passives", "detractors")}
    return text in said | ({figure(counted.measure)} if counted.measure else set())


@pytest.mark.parametrize(
    "query", ["", "?segment=big", "?last=30", "?flagged=without", "?last=all&channel=link"]
)
def test_each_count_opens_to_as_many_responses(survey, executive, query):
    found = counts_on(executive, survey, query)
    assert len(found) >= 20
    assert [link for link in found if not is_told(executive, *link)] == []


def test_what_is_given_on_most_days_opens_as_well(survey, executive, monkeypatch):
    monkeypatch.setattr(given, "MOST_DAYS", 1)
    assert [link for link in counts_on(executive, survey) if not is_told(executive, *link)] == []


def test_an_account_manager_finds_their_own(survey, executive, manager, seen_by):
    client = seen_by(manager)
    found = counts_on(client, survey)
    assert len(found) >= 12
    assert [link for link in found if not is_told(client, *link)] == []
    href = next(href for href, _ in counts_on(executive, survey) if href.endswith("question=nps"))
    assert len(executive.get(href).context["rows"]) == 6
    assert len(client.get(href).context["rows"]) == 2


def test_a_row_leads_to_its_response_and_account(survey, executive):
    address = reverse("survey_responses", args=[survey.slug])
    [row] = executive.get(address, {"question": "plans", "pick": "other"}).context["rows"]
    found = {column: link for column, _, link in row}
    assert executive.get(found["response"]).status_code == 200
    assert executive.get(found["account"]).status_code == 200


@pytest.mark.parametrize(
    "query",
    [{}, {"question": "nothing"}, {"question": "nps", "pick": "11"}, {"question": "nps", "pick": "x"}],
)
def test_what_is_not_counted_is_said(survey, executive, query):
    answer = executive.get(reverse("survey_responses", args=[survey.slug]), query)
    assert "counts no such answer" in answer.text
    assert "rows" not in answer.context


def test_nothing_of_a_confidential_survey_is_listed(executive):
    survey, now = f.published_survey([f.NPS], privacy="confidential"), timezone.now()
    for _ in range(9):
        f.respond(survey, {"nps": 9}, at=now - timedelta(days=90))
    absorb_responses(now=now)
    assert counts_on(executive, survey) == []
    answer = executive.get(reverse("survey_responses", args=[survey.slug]), {"question": "nps"})
    assert "promised confidentiality" in answer.text
    assert "rows" not in answer.context


def test_queries_do_not_grow(survey, executive, django_assert_max_num_queries):
    address = reverse("survey_responses", args=[survey.slug]) + "?question=plans&pick=free"
    executive.get(address)
    with django_assert_max_num_queries(20):
        executive.get(address)
