"""Numbers of a report lead to what they count, for whoever may see that, in the mail too."""

import re
from datetime import date, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.urls import reverse

from followups.reports.monthly import monthly_report
from followups.reports.posting import mail_of, monthly_issue
from followups.reports.report import Section
from metrics.actions.absorb import absorb_responses
from metrics.measures.measure import Unit
from metrics.models import Comment
from metrics.templatetags.figures import change, figure, money, number
from tests import factories as f
from tests.accounts.staff import almighty_but, logged_in
from tests.followups.reports.conftest import MONDAY, MONTH

pytestmark = pytest.mark.django_db
PAGE = reverse("monthly_report", args=["2026-05"])
NEXT = date(2026, 6, 1)


@pytest.fixture
def month(mine, theirs, feels, time_machine):
    """A month in which somebody came, grew, shrank and left, wrote of two themes and fell."""
    time_machine.move_to(MONDAY, tick=False)
    f.subscription(mine, date(2025, 1, 1), date(2026, 5, 10), 100_000)
    f.subscription(mine, date(2026, 5, 10), None, 130_000)
    f.subscription(theirs, date(2025, 1, 1), date(2026, 5, 15), 40_000)
    smaller = f.account(name="Smaller", owner=mine.owner)
    f.subscription(smaller, date(2025, 1, 1), date(2026, 5, 20), 9_000)
    f.subscription(smaller, date(2026, 5, 20), None, 5_000)
    f.subscription(f.account(name="New"), date(2026, 5, 20), None, 25_000)
    survey = f.published_survey([f.NPS, f.WHY])
    for place, account in enumerate((mine, mine, theirs, smaller)):
        person = f.contact(account)
        for ago in (5, 40):
            f.invitation(survey, person, sent_at=MONDAY - timedelta(days=ago + 1))
            f.respond(
                survey,
                {"nps": 2 * place, "why": f"Words {place} {ago}"},
                at=MONDAY - timedelta(days=ago),
                contact=person,
            )
    absorb_responses(now=MONDAY, sweep=True)
    for place, comment in enumerate(Comment.objects.order_by("pk")):
        themes = ["ease_of_use", "support"] if place % 3 else ["support"]
        mood = ("negative", "positive")[place % 2]
        Comment.objects.filter(pk=comment.pk).update(themes=themes, mood=mood, read_at=MONDAY)
    for number_ in range(9):
        account = f.account(name=f"Moved {number_}", owner=mine.owner)
        feels(account, MONTH, 80, "green")
        feels(account, NEXT, 40, "red")


def links_of(report):
    """Return what in a report leads somewhere beside accounts, as (words, address)."""
    for section in report.sections:
        yield from ((figure(each.measure), each.path) for each in section.figures if each.path)
        yield from ((bar.amount, bar.path) for bar in section.bars if bar.path)
        marks = section.trend.marks if section.trend else ()
        yield from ((mark.value, mark.path) for mark in marks if mark.path)
        yield from (piece for pieces in section.told for piece in pieces if piece[1])
        for cells in section.table.lines if section.table else ():
            yield from ((cell, path) for _, cell, _, path in cells if path and "/account/" not in path)


def is_told(client, words, path):
    """Whether the page that a number leads to is of that number."""
    answer = client.get(path)
    assert answer.status_code == 200, path
    assert not answer.context["filters"].faults, path
    if "/revenue/" in path:
        return words == change(answer.context["moved_total"], Unit.MONEY)
    if "/comments/" in path:
        counted = answer.context["counted"]
        theme = parse_qs(urlsplit(path).query).get("theme", [""])[0].replace("_", " ")
        return words.removesuffix(" comments") in {
            number(counted.comments), number(counted.accounts), money(counted.arr), theme,
        }  # fmt: skip
    measure = answer.context["measure"]
    assert answer.context["rows"], path
    return words.startswith(money(measure.value) if measure.unit is Unit.MONEY else figure(measure))


def test_every_number_leads_to_what_it_counts(executive, month):
    client, links = logged_in(executive), list(links_of(monthly_report(executive, MONTH)))
    pages = {urlsplit(path).path for _, path in links}
    assert {reverse("revenue"), reverse("comments"), reverse("metric_rows", args=["nps"])} <= pages
    assert {parse_qs(urlsplit(path).query)["bar"][0] for _, path in links if "bar=" in path} == {
        "new_business", "expansion", "contraction", "churn",
    }  # fmt: skip
    assert reverse("metric_rows", args=["response_rate"]) in pages
    assert [link for link in links if not is_told(client, *link)] == []
    page = unescape(client.get(PAGE).text)
    assert [path for _, path in links if f'href="{path}"' not in page] == []


def test_a_manager_is_led_to_their_own_part_and_to_no_revenue(manager, month):
    client, links = logged_in(manager), list(links_of(monthly_report(manager, MONTH)))
    assert links
    assert [link for link in links if not is_told(client, *link)] == []
    assert not any("/revenue/" in path or "/arr/" in path for _, path in links)


def test_no_number_leads_where_its_reader_may_not_go(month):
    reader = almighty_but("view_comment", "view_tally", "view_account")
    assert not list(links_of(monthly_report(reader, MONTH)))


def test_what_there_was_no_room_for_is_opened(executive, month):
    client = logged_in(executive)
    page = client.get(PAGE)
    assert "Moved 8" not in page.text
    whole = re.search(r'<a href="([^"]*)">and 1 more</a>', page.text)[1]
    answer = client.get(whole)
    assert "Moved 8" in answer.text
    assert "1 more" not in answer.text


def test_links_in_a_mail_are_absolute_and_plain_text_has_none(executive, month):
    message = mail_of(monthly_report(executive, MONTH), executive, monthly_issue(MONTH).path)
    html = str(message.alternatives[0][0])
    found = [unescape(href) for href in re.findall(r'href="([^"]*)"', html)]
    assert all(href.startswith(f"{settings.PUBLIC_BASE_URL}/") for href in found)
    led = {path for _, path in links_of(monthly_report(executive, MONTH))}
    assert {f"{settings.PUBLIC_BASE_URL}{path}" for path in led} <= set(found)
    assert "bar=" not in message.body


def test_only_whole_numbers_in_a_sentence_lead():
    section = Section("x", ["12 comments and 2 comments, 2 commentsx"], leads={"2 comments": "/a", "x": ""})
    assert list(section.told) == [[("12 comments and ", ""), ("2 comments", "/a"), (", 2 commentsx", "")]]
