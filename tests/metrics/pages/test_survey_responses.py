"""Every count of a survey's results opens to the responses that it counts."""

import re
from datetime import timedelta
from functools import cache
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.measures.receipts import given
from metrics.pages import listing
from metrics.templatetags.figures import figure
from surveys.models import Response
from tests import factories as f
from tests.accounts.staff import logged_in, member

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
    {"key": "seats", "kind": "number", "text": "How many seats?"},
    {"key": "since", "kind": "date", "text": "Since when?"},
    {"key": "word", "kind": "short_text", "text": "In a word"},
    f.WHY,
]
OWN = ["free", {"other": "mine "}]
LINK = re.compile(r'<a href="([^"]*/responses/[^"]*(?:question|rows)=[^"]*)"[^>]*>([^<]*)</a>')


@pytest.fixture(scope="module")
def owner(rows_of_module):
    return member(ACCOUNT_MANAGER)


@pytest.fixture(scope="module")
def manager(owner):
    return logged_in(owner)


@pytest.fixture(scope="module")
def executive(rows_of_module):
    return logged_in(member(EXECUTIVE))


@pytest.fixture(params=["executive", "manager"])
def reader(request, executive, manager):
    return {"executive": executive, "manager": manager}[request.param]


@pytest.fixture(scope="module")
def opened():
    """What the responses behind a link tell, each link opened once by each reader: the rows stay as they are.

    Many cross-tabs lead to the same responses.
    """
    return cache(told_at)


@pytest.fixture(scope="module")
def survey(owner):
    """Six responses, two of them of an account of the manager and one flagged; one is not finished."""
    survey, now = f.published_survey(QUESTIONS), timezone.now()
    own = f.contact(f.account(owner=owner, segment="big"))
    foreign = f.contact(f.account(segment="small"))
    for place, contact in enumerate((own, own, foreign, foreign, None, None)):
        answers = {
            "nps": (10, 9, 7, 3, 0, 10)[place],
            "csat": 1 + place % 5,
            "plans": [["free"], ["free", "paid"], [{"other": "Mine"}], ["paid"], OWN, ["paid"]][place],
            "first": ["free", "paid"] if place % 2 else ["paid", "free"],
            "again": "yes" if place < 4 else "no",
            "grid": {"price": "free", "speed": "paid"} if place else {"price": "paid"},
            "seats": (1, 3, 40, 120, 700, 700)[place],
            "since": ("2024-01-31", "2024-02-01", "2024-02-29", "2025-06-01", "2025-06-02", "2026-01-01")[
                place
            ],
            "word": ("Quick", "quick ", "slow", "slow", "Slow", "fine")[place],
        }
        more = {"contact": contact} if contact else {}
        unfinished = {"submitted_at": None} if place == 5 else {}
        f.respond(survey, answers, at=now - timedelta(days=9 * place), **more, **unfinished)
    Response.objects.filter(account=foreign.account, answers__nps=3).update(flags=["fast"])
    absorb_responses(now=now)
    return survey


def counts_on(client, survey, query=""):
    """Return the counts of the page of results that lead to responses, and where to."""
    return counts_at(client, f"{reverse('survey_results', args=[survey.slug])}{query}")


def counts_at(client, address):
    """Return the counts of a page that lead to responses, and where to."""
    page = client.get(address)
    return [(unescape(href), text.strip()) for href, text in LINK.findall(page.text)]


def told_at(client, href):
    """Return how a page may say the number that was clicked; it lists as many responses."""
    answer = client.get(href)
    counted = answer.context["counted"]
    assert not answer.context["filters"].faults, href
    listed = {row[0][1] for row in answer.context["rows"]}
    # One response may hold several answers to a question with many.
    assert len(listed) == counted.n or (counted.are_answers and 0 < len(listed) < counted.n), href
    assert f"<b>{counted.n}</b>" in answer.text, href
    said = {str(counted.n), f"{counted.n} answer", f"{counted.n} answers"}
    groups = ("promoter", "passive", "detractor")
    said |= {f"{counted.n} {group}{'s' if counted.n != 1 else ''}" for group in groups}
    return said | ({figure(counted.measure)} if counted.measure else set())


def untold(client, links, opened=told_at):
    """Return the counts that the responses behind them do not tell."""
    return [(href, text) for href, text in links if text not in opened(client, href)]


@pytest.mark.parametrize(
    "query",
    [
        *("", "?segment=big", "?last=30", "?flagged=without", "?last=all&channel=link", "?version=1"),
        *("?answered=again:yes", "?answered=plans:other&segment=small", "?answered=nps:promoters&last=30"),
        "?version=1&answered=grid.price:free&flagged=without",
    ],
)
def test_each_count_opens_to_as_many_responses(survey, executive, opened, query):
    found = counts_on(executive, survey, query)
    assert len(found) >= (30 if "plans" not in query else 12)
    told = {part for part in ("place=", "words=", "seats", "since") for href, _ in found if part in href}
    assert told >= {"place=", "seats", "since"}
    assert "words=" in told or "plans" in query
    assert untold(executive, found, opened) == []


@pytest.mark.parametrize("query", ["?version=1", "?answered=nps:detractors&last=all", "?flagged=without"])
def test_a_narrowed_completion_rate_opens_the_visits_that_it_counts(survey, executive, query):
    page = executive.get(reverse("survey_results", args=[survey.slug]) + query)
    rate = page.context["completion_rate"]
    href = unescape(re.search(r'href="([^"]*/responses/[^"]*visits=all[^"]*)"', page.text)[1])
    answer = executive.get(href)
    assert rate.n
    assert answer.context["counted"].measure.value == rate.value
    assert len(answer.context["rows"]) == answer.context["counted"].n == rate.n
    assert not answer.context["filters"].faults


def test_visits_that_tallies_count_are_listed_beyond_the_newest(survey, executive, monkeypatch):
    """Choices of one version are counted over the newest responses; of all versions every one is."""
    monkeypatch.setattr("metrics.measures.samples.MOST_COMPLETE", 2)
    address = reverse("survey_responses", args=[survey.slug])
    for query, n, is_cut in (("flagged=without", 5, False), ("version=1", 3, True)):
        answer = executive.get(f"{address}?visits=all&{query}")
        assert len(answer.context["rows"]) == answer.context["counted"].n == n
        assert answer.context["is_cut"] is is_cut


def test_words_of_their_own_open_too(survey, executive):
    [href] = [
        href for href, _ in counts_on(executive, survey) if "question=plans" in href and "words" in href
    ]
    assert len(executive.get(href).context["rows"]) == 2


@pytest.mark.parametrize("columns", ["plans", "grid.speed", "segment", "language", "version"])
@pytest.mark.parametrize("rows", ["nps", "plans", "again", "grid.price"])
def test_each_count_of_a_cross_tab_opens_to_its_responses(survey, reader, opened, rows, columns):
    address = f"{reverse('cross_tab', args=[survey.slug])}?rows={rows}&columns={columns}"
    if rows == columns:
        assert counts_at(reader, address) == []
        return
    of_segment = "&segment=big&cells=counts"
    for query in ("", "&last=30", of_segment, "&flagged=without", "&answered=again:yes&version=1"):
        found = counts_at(reader, address + query)
        # A cell, its row, its column and the whole at least.
        assert len(found) >= 4
        assert untold(reader, found, opened) == [], query


def test_a_cell_says_what_was_clicked_and_leads_back(survey, executive):
    cross = f"{reverse('cross_tab', args=[survey.slug])}?rows=plans&columns=segment&last=all"
    href = next(
        href for href, _ in counts_at(executive, cross) if "row=free" in href and "column=big" in href
    )
    answer = executive.get(href)
    assert "Which? – Free · Segment – big" in answer.text
    back = unescape(re.search(r'<a href="([^"]*)">The whole cross-tab', answer.text)[1])
    assert executive.get(back).context["rows"].key == "plans"
    assert "last=all" in back
    assert "row=" not in back


def test_the_responses_of_a_cell_are_known_from_counting_it(survey, executive):
    address = reverse("survey_responses", args=[survey.slug])
    query = {"rows": "plans", "columns": "version", "row": "free", "last": "all"}
    with CaptureQueriesContext(connection) as done:
        assert len(executive.get(address, query).context["rows"]) == 3
    assert sum("newest" in each["sql"] for each in done.captured_queries) == 1


def test_those_without_a_value_are_a_column_too(survey, executive):
    cross = f"{reverse('cross_tab', args=[survey.slug])}?rows=plans&columns=segment"
    found = [href for href, _ in counts_at(executive, cross) if "column=%28none%29" in href]
    assert {row[0][0] for row in executive.get(found[0]).context["rows"]} == {"response"}
    assert all(not row[2][1] for href in found for row in executive.get(href).context["rows"])


def test_what_is_given_on_most_days_opens_as_well(survey, executive, monkeypatch):
    monkeypatch.setattr(given, "MOST_DAYS", 1)
    assert untold(executive, counts_on(executive, survey)) == []


def test_an_account_manager_finds_their_own(survey, executive, manager):
    found = counts_on(manager, survey)
    assert len(found) >= 12
    assert untold(manager, found) == []
    href = next(href for href, _ in counts_on(executive, survey) if href.endswith("question=nps"))
    assert len(executive.get(href).context["rows"]) == 6
    assert len(manager.get(href).context["rows"]) == 2


def test_a_row_leads_to_its_response_and_account(survey, executive):
    address = reverse("survey_responses", args=[survey.slug])
    row = executive.get(address, {"question": "plans", "pick": "other"}).context["rows"][0]
    found = {column: link for column, _, link in row}
    assert executive.get(found["response"]).status_code == 200
    assert executive.get(found["account"]).status_code == 200


def test_a_row_says_language_and_channel_in_words(survey, executive):
    address = reverse("survey_responses", args=[survey.slug])
    text = executive.get(address, {"question": "nps"}).text
    assert '<td data-label="Language">English</td><td data-label="Channel">Open link</td>' in text


@pytest.mark.parametrize(
    "query",
    [
        *({"question": "nothing"}, {"question": "nps", "pick": "11"}, {"question": "nps", "pick": "x"}),
        *({"question": "first", "pick": "free", "place": place} for place in ("0", "3", "x", "-1", "²")),
        *({"question": "seats", "pick": pick} for pick in ("x", "3..1", "nan..1", "..", "0..5e-324")),
        *({"question": "since", "pick": pick} for pick in ("x", "2026-99", "2026-01-0")),
        *({"rows": "nps"}, {"rows": "nps", "columns": "nothing"}, {"rows": "nps", "columns": "nps"}),
        *({"rows": "x", "columns": "plans"}, {"rows": "nps", "columns": "plans", "row": "9"}),
        *({"rows": "nps", "columns": "segment", "column": pick} for pick in ("x", "0", "big'")),
    ],
)
def test_what_is_not_counted_is_said(survey, executive, query):
    answer = executive.get(reverse("survey_responses", args=[survey.slug]), query)
    assert "counts no such answer" in answer.text
    assert "receipt" not in answer.context


def test_without_a_count_one_is_led_to_them(survey, executive):
    answer = executive.get(reverse("survey_responses", args=[survey.slug]), {"last": "all"})
    assert "Choose a number in the results" in answer.text


def test_nothing_of_a_confidential_survey_is_listed(executive):
    survey, now = f.published_survey([f.NPS], privacy="confidential"), timezone.now()
    for _ in range(9):
        f.respond(survey, {"nps": 9}, at=now - timedelta(days=90))
    absorb_responses(now=now)
    assert counts_on(executive, survey) == []
    address = reverse("survey_responses", args=[survey.slug])
    cross = f"{reverse('cross_tab', args=[survey.slug])}?rows=nps&columns=segment"
    assert "table" in executive.get(cross).context
    assert counts_at(executive, cross) == []
    for query in (
        *({"question": "nps"}, {"question": "nps", "version": 1}, {"question": "nps", "answered": "nps:9"}),
        *({"rows": "nps", "columns": name} for name in ("segment", "language", "version")),
        {"rows": "nps", "columns": "segment", "row": "promoters", "answered": "nps:9"},
    ):
        answer = executive.get(address, query)
        assert "promised confidentiality" in answer.text
        assert "receipt" not in answer.context


@pytest.mark.parametrize("query", ["question=csat", "question=csat&version=1"])
def test_the_rows_go_on_page_by_page(survey, executive, monkeypatch, query):
    monkeypatch.setattr(listing, "ROWS_A_PAGE", 2)
    address, seen, after = reverse("survey_responses", args=[survey.slug]), [], ""
    while after is not None:
        answer = executive.get(f"{address}?{query}&after={after}")
        seen += [row[0][1] for row in answer.context["rows"]]
        after = answer.context["following"]
    assert len(seen) == len({*seen}) == 6
    assert "names no row" in executive.get(f"{address}?{query}&after=WzEsMl0=").text
    days = [row[1][1] for row in executive.get(f"{address}?{query}").context["rows"]]
    assert sorted(map(str, days), reverse=True) == [*map(str, days)]


@pytest.mark.parametrize(
    "query",
    [
        *("question=plans&pick=free", "question=first&pick=free&place=1&version=1", "rows=nps&columns=plans"),
        *("rows=plans&columns=segment&row=free&column=big", "question=word&words=slow&answered=again:yes"),
    ],
)
def test_queries_do_not_grow(survey, executive, django_assert_max_num_queries, query):
    address = reverse("survey_responses", args=[survey.slug]) + f"?{query}"
    assert executive.get(address).context["rows"]
    with django_assert_max_num_queries(20):
        executive.get(address)
