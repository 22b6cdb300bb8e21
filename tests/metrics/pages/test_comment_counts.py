"""Every count of comments opens the comments that it counts, and these say the number that was clicked."""

import re
from datetime import timedelta
from functools import cache, partial
from html import unescape
from urllib.parse import urljoin

import pytest
from django.urls import reverse
from django.utils import timezone

from metrics.actions.absorb import absorb_responses
from metrics.actions.reading import read_comments
from metrics.models import Comment
from metrics.templatetags.figures import money
from tests import factories as f
from tests.metrics.pages.conftest import pays_the_canary

pytestmark = pytest.mark.django_db

LINK = re.compile(r'<a href="([^"]*#comments)"[^>]*>([^<]*\d[^<]*)</a>')
SAID = [
    "The price is far too high.",
    "Great support, friendly and quick!",
    "Poor support, and the price went up.",
    "Nothing to add",
]


@pytest.fixture
def survey(today, manager):
    """Words of an account of the manager, of a foreign one and of nobody's."""
    survey, now = f.published_survey([f.NPS, f.WHY]), timezone.now()
    own = f.account(owner=manager, segment="big", tier="A", industry="Retail")
    foreign = f.account(segment="small", country="DE")
    for account in (own, foreign):
        pays_the_canary(account, today)
    for place, account in enumerate((own, foreign, None)):
        for ago, text in enumerate(SAID[place:]):
            of = {"account": account} if account else {}
            f.respond(survey, {"nps": 5, "why": text}, at=now - timedelta(days=40 * ago), **of)
    absorb_responses(now=now)
    read_comments(now=now)
    Comment.objects.filter(text__contains="price").update(mood="negative")
    Comment.objects.filter(text__startswith="Great").update(mood="positive")
    Comment.objects.filter(text__startswith="Nothing").update(mood="")
    return survey


def untold(client, address):
    """Return the counts of a page that the comments they lead to do not tell, of how many there are."""
    found = [
        (urljoin(address, unescape(href)), text) for href, text in LINK.findall(client.get(address).text)
    ]
    told_at = cache(partial(numbers_at, client))
    return [(href, text) for href, text in found if not is_told(text, *told_at(href))], len(found)


def numbers_at(client, href):
    """Return how many comments an address lists, and the numbers that it tells of them."""
    answer = client.get(href)
    counted, said = answer.context["counted"], answer.context["said"]
    assert not answer.context["filters"].faults, href
    assert not answer.context["faults"], href
    # By revenue those of accounts that pay are listed alone.
    assert len(said) == counted.comments or "order=arr" in href, href
    assert f"<b>{counted.comments}</b> comment" in answer.text
    return counted.comments, {str(counted.comments), str(counted.accounts), money(counted.arr)}


def is_told(text, comments, numbers):
    return text in numbers or re.search(rf"\b{comments}\b", text) is not None


@pytest.mark.parametrize(
    "query",
    ["", "?last=30", "?segment=big", "?tier=A", "?industry=Retail&last=all", "?country=DE", "?kind=nps"],
)
def test_counts_of_a_programme_open(survey, executive, query):
    wrong, n = untold(executive, reverse("programme", args=[survey.programme.slug]) + query)
    assert wrong == []
    assert n >= 4


@pytest.mark.parametrize(
    "query",
    [
        *("", "?theme=price", "?mood=negative", "?theme=support&mood=positive", "?q=price", "?segment=big"),
        *("?theme=(none)", "?mood=(none)", "?theme=(none)&mood=(none)", "?theme=(none)&mood=negative"),
        *("?theme=price&mood=(none)", "?theme=(none)&segment=big"),
    ],
)
def test_counts_of_comments_open(survey, executive, query):
    wrong, n = untold(executive, reverse("comments") + query)
    assert wrong == []
    assert n >= 4


def test_an_account_manager_opens_their_own(survey, manager, seen_by):
    client = seen_by(manager)
    for address in (reverse("comments"), reverse("programme", args=[survey.programme.slug])):
        wrong, n = untold(client, address)
        assert wrong == []
        assert n >= 4
    answer = client.get(reverse("comments"))
    assert answer.context["counted"].comments == len(SAID)
    assert "order=arr" not in answer.text


def test_what_has_no_theme_or_mood_was_read_and_has_none(survey, executive):
    """What waits to be read is in no count, and in no list of those without a theme."""
    f.respond(survey, {"nps": 5, "why": "Not read yet"}, at=timezone.now())
    absorb_responses(now=timezone.now())
    for query in ({"theme": "(none)"}, {"mood": "(none)"}, {"theme": "(none)", "mood": "(none)"}):
        answer = executive.get(reverse("comments"), query)
        assert [each.comment.text for each in answer.context["said"]] == 3 * ["Nothing to add"]
        assert answer.context["counted"].comments == 3
    text = executive.get(reverse("comments")).text
    for name in ("theme", "mood"):
        assert re.search(rf'{name}=%28none%29#comments">3</a>', text)


def test_an_unknown_theme_counts_nothing(survey, executive):
    answer = executive.get(reverse("comments"), {"theme": "weather"})
    assert "<b>0</b> comments" in answer.text
    assert "No comment is like that" in answer.text


def test_a_count_of_the_newest_alone_says_so(survey, executive, monkeypatch):
    """The list goes on to older ones, so that a bare number would say that there are no more."""
    assert "newest of these days" not in executive.get(reverse("comments")).text
    monkeypatch.setattr("metrics.pages.comments.MOST_COMMENTS", 2)
    answer = executive.get(reverse("comments"))
    assert len(answer.context["said"]) > answer.context["counted"].comments == 2
    assert "the newest of these days: older ones are listed, not counted" in answer.text
    assert "counted among the newest 2" in executive.get(reverse("comments"), {"mood": "negative"}).text


def test_the_bar_of_a_theme_is_made_of_all_its_comments(executive, survey):
    Comment.objects.filter(text__startswith="Poor").update(mood="")
    address = reverse("programme", args=[survey.programme.slug])
    for page in ("/admin/comments/?last=all", f"{address}?last=all"):
        text = executive.get(page).text.partition('class="themes')[2].partition("</table>")[0]
        rows = [row for row in text.split("<tr>") if 'data-label="Comments"' in row]
        told = [int(re.search(r'data-label="Comments"><a[^>]*>(\d+)<', row)[1]) for row in rows]
        drawn = [sum(map(int, re.findall(r"flex-grow: (\d+)", row))) for row in rows]
        assert drawn == told
        assert len(told) == 5
        assert 'class="grey"' in text
