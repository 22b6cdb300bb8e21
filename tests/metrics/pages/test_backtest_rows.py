"""The renewals behind each count of a back-test, which are as many as were counted."""

import re
from datetime import timedelta
from functools import cache, partial
from html import unescape

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from metrics.actions.absorb import absorb_responses
from metrics.actions.findings import keep_backtests
from metrics.measures.foretold import MOST_AT_ONCE
from metrics.models import Health, Scorecard
from metrics.templatetags.figures import number
from tests import factories as f

pytestmark = pytest.mark.django_db
# An AUC, which is no count, is written in bold.
LINK = re.compile(r'(?<!<strong>)<a href="(/admin/backtest/rows/[^"]*)">([\d,]+)</a>')
WORD = {"key": "persons_word", "is_override": True, "score": 1000, "contribution": 0}
# Band of the health before the renewal, what is renewed of it, and whether the formula said so in time.
STORIES = (
    *(("green", 100, ""), ("green", 100, ""), ("green", 60, ""), ("yellow", 40, ""), ("red", 0, "")),
    *(("red", 0, ""), ("red", 90, "replay"), ("green", 0, "word"), ("", 80, ""), ("", 0, "")),
)


@pytest.fixture
def company(today, manager):
    """Accounts of two segments, every other one the manager's, each with one renewal that is decided."""
    now, due = timezone.now(), today - timedelta(days=200)
    card = Scorecard.objects.create(number=1, weights={}, valid_from=today, created_at=now)
    survey = f.published_survey()
    for place, (band, renewed, how) in enumerate(STORIES):
        owner = manager if place % 2 else None
        account = f.account(name=f"No {place}", owner=owner, segment="big" if place % 3 else "small")
        last = f.subscription(account, due - timedelta(days=365), due, 100)
        if renewed:
            f.subscription(account, due, due + timedelta(days=365), renewed, renews=last)
        day = due - timedelta(days=90)
        at = now + (day - today) + timedelta(days=40 if how == "replay" else 0)
        if band:
            Health.objects.create(
                account=account, scorecard=card, day=day, revision=1, score=100 * (90 - 9 * place), base=0,
                confidence=9000, band=band, computed_at=at, parts=[WORD] if how == "word" else [],
            )  # fmt: skip
        if place % 4:
            contact = f.contact(account)
            f.respond(survey, {"nps": place}, contact=contact, at=now - timedelta(days=300))
    absorb_responses(now=now + timedelta(days=1), sweep=True)


def counts_on(client, address):
    """Return the numbers of a page that lead to renewals of the back-test, and where to."""
    return [(unescape(href), text) for href, text in LINK.findall(client.get(address).text)]


def untold(client, address):
    """Return the numbers of a page to which the renewals behind them do not add up."""
    listed_at = cache(partial(listed, client))
    return [(href, text) for href, text in counts_on(client, address) if listed_at(href) != text]


def listed(client, href):
    """Return how many renewals an address lists, as its pages show them one by one."""
    answer = client.get(href)
    assert answer.status_code == 200, href
    assert answer.context["faults"] == [], href
    pages = answer.context["page"].paginator
    rows = [row for page in pages.page_range for row in client.get(f"{href}&page={page}").context["rows"]]
    assert len({(row.account, row.decided.outcome.due_on) for row in rows}) == len(rows)
    assert f"<b>{number(len(rows))}</b> renewal" in answer.text
    return number(len(rows))


ADDRESSES = (
    *("/admin/backtest/", "/admin/backtest/?lead=60", "/admin/backtest/?replays=1&months=36"),
    *("/admin/renewals/", "/admin/renewals/?segment=big", "/admin/scorecard/?do=preview"),
)


def test_each_count_leads_to_as_many_renewals(company, executive):
    assert len(counts_on(executive, ADDRESSES[0])) >= 16
    assert len(counts_on(executive, "/admin/renewals/?segment=big")) >= 5
    for address in ADDRESSES:
        assert untold(executive, address) == [], address


def test_bands_and_what_is_left_out_add_up_to_all_that_was_decided(company, executive):
    for address in ("/admin/backtest/", "/admin/renewals/"):
        counts = counts_on(executive, address)

        def told(*words, counts=counts):
            return [int(text) for href, text in counts if all(word in href for word in words)]

        decided = told("part=all")[0]
        left_out = [
            told("score=health", "lead=90", f"part={part}") for part in ("without", "persons", "replays")
        ]
        bands = [int(text) for href, text in counts if "band=" in href and "outcome=" not in href]
        assert sum(bands) + sum(map(sum, left_out)) == decided == len(STORIES), address


def test_each_tenth_of_the_promised_losses_leads_to_its_renewals(company, executive, monkeypatch):
    """As many as the curve counts of it, and so many of them lost."""
    monkeypatch.setattr("metrics.measures.backtest.LEAST_LOSSES", 2)
    page = executive.get("/admin/backtest/?replays=1")
    promised = page.context["chosen"].tenths
    behind = [(unescape(href), text) for href, text in LINK.findall(page.text) if "tenth=" in href]
    assert [text for _, text in behind] == [str(n) for _, _, n in promised]
    assert len(behind) > 4
    for (href, text), (_, observed, n) in zip(behind, promised, strict=True):
        assert listed(executive, href) == text
        assert executive.get(href).context["lost"] == pytest.approx(observed * n / 100)
    assert executive.get("/admin/backtest/rows/?tenth=11").context["faults"]


def test_what_a_test_says_of_renewals_leads_to_those_in_it(company, executive):
    page = executive.get("/admin/backtest/")
    test = page.context["chosen"].test
    href = re.search(r'data-label="AUC"><strong><a href="([^"]*)">', page.text)[1]
    assert listed(executive, unescape(href)) == number(test.kept + test.lost)
    assert test.auc is not None
    assert f"AUC <b>{number(test.auc, 3)}</b>" in executive.get(unescape(href)).text
    assert "AUC" not in executive.get(f"{unescape(href)}&outcome=lost").text


def test_every_auc_is_stated_where_it_leads(company, executive):
    linked = re.compile(r'<a href="(/admin/backtest/rows/[^"]*)">([01]\.\d{3})</a>')
    for address in ADDRESSES:
        found = linked.findall(executive.get(address).text)
        # What a scorecard would have said is no score of any renewal that is listed.
        assert bool(found) == ("/backtest/" in address), address
        for href, shown in found:
            assert f"AUC <b>{shown}</b>" in executive.get(unescape(href)).text, href
    segments = [href for href, _ in linked.findall(executive.get(ADDRESSES[0]).text) if "segment=" in href]
    assert len(segments) == 2


def test_who_sees_some_accounts_finds_their_own(company, manager, seen_by):
    manager.user_permissions.add(Permission.objects.get(codename="view_revenue"))
    client = seen_by(manager)
    assert len(counts_on(client, "/admin/backtest/")) >= 10
    for address in ADDRESSES:
        assert untold(client, address) == [], address
    everything = client.get("/admin/backtest/rows/?part=all")
    assert {row.account.owner for row in everything.context["rows"]} == {manager}
    assert len(everything.context["rows"]) == len(STORIES) // 2


def test_what_is_renewed_is_not_for_who_may_not_see_revenue(company, manager, seen_by):
    """When contracts end, and what came of each, would tell what nobody showed them (SECURITY T19, T25)."""
    client = seen_by(manager)
    page = client.get("/admin/backtest/")
    assert page.context["chosen"].due == len(STORIES) // 2
    assert "backtest/rows" not in page.text
    for query in ("", "?part=all", "?outcome=lost", "?band=red"):
        assert client.get(f"/admin/backtest/rows/{query}").status_code == 403


def test_a_row_says_what_was_known_and_what_came_of_it(company, executive, today):
    rows = executive.get("/admin/backtest/rows/?band=yellow").context["rows"]
    (row,) = rows
    assert (row.account.name, row.score, row.due, row.renewed) == ("No 3", 63, 100, 40)
    assert not row.decided.outcome.is_kept
    assert row.decided.known_on == today - timedelta(days=290)
    said = executive.get("/admin/backtest/rows/?score=nps&outcome=kept").context["rows"]
    assert {row.account.name: row.score for row in said} == {"No 1": 1, "No 2": 2, "No 6": 6}
    left_out = [
        [row.account.name for row in executive.get(f"/admin/backtest/rows/?part={part}").context["rows"]]
        for part in ("without", "persons", "replays")
    ]
    assert left_out == [["No 8", "No 9"], ["No 7"], ["No 6"]]


def test_a_health_that_is_scored_only_later_is_listed_as_it_is_counted(company, executive, today):
    executive.get("/admin/backtest/rows/?part=without")
    day = today - timedelta(days=290)
    Health.objects.create(
        account=Account.objects.get(name="No 8"), scorecard=Scorecard.objects.get(), day=day, revision=1,
        score=5000, base=0, confidence=9000, band="yellow", computed_at=timezone.now(), parts=[],
    )  # fmt: skip
    assert executive.get("/admin/backtest/").context["chosen"].without == 1
    assert untold(executive, "/admin/backtest/") == []


def test_a_day_gone_by_counts_what_was_decided_then(company, executive, today):
    before = today - timedelta(days=150)
    answer = executive.get(f"/admin/backtest/rows/?part=all&as_of={before}")
    # While the grace ran, only what was renewed at once was decided.
    assert {row.decided.outcome.is_kept for row in answer.context["rows"]} == {True}
    assert answer.context["window"].end == before


@pytest.mark.parametrize(
    "query",
    [
        *("as_of=x", "as_of=0001-01-01", "as_of=9999-12-31", "months=5", "lead=7"),
        *("band=purple", "part=half", "outcome=won", "score=luck", "segment=none"),
    ],
)
def test_what_there_is_not_is_said(company, executive, query):
    answer = executive.get(f"/admin/backtest/rows/?{query}")
    assert answer.status_code == 200
    assert len(answer.context["faults"]) == 1


def test_a_count_of_a_kept_back_test_that_is_behind_says_so(executive, today):
    f.many_terms(MOST_AT_ONCE + 2, on=today - timedelta(days=200))
    keep_backtests(today=today, now=timezone.now())
    href, _ = counts_on(executive, "/admin/backtest/")[0]
    assert "Contracts have changed since" not in executive.get(href).text
    f.subscription(f.account(), today, today + timedelta(days=60), 100)
    assert "Contracts have changed since" in executive.get(href).text
    assert len(executive.get(f"{reverse('backtest_rows')}?part=all").context["rows"]) == 25


def test_it_takes_as_many_queries_for_many_as_for_few(executive, today, django_assert_max_num_queries):
    f.many_terms(60, on=today - timedelta(days=200))
    with django_assert_max_num_queries(20):
        assert len(executive.get("/admin/backtest/rows/?part=all").context["rows"]) == 25


def test_a_row_that_is_not_in_the_test_says_why(company, executive):
    """Its health stands beside an outcome: without a word it would seem to have been tested."""
    text = executive.get("/admin/backtest/rows/?part=all").text
    assert text.count("scored later</span>") == 1
    assert text.count("a person’s word</span>") == 1
    assert "scored later</span>" not in executive.get("/admin/backtest/rows/").text
    tested = executive.get("/admin/backtest/rows/?replays=1").text
    assert "No 6" in tested
    assert "scored later</span>" not in tested
