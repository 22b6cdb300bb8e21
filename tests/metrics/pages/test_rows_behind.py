"""One click opens any number to its rows: what stands there is the number that was clicked."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team
from accounts.roles import EXECUTIVE
from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.formulas.days import months_later
from metrics.models import Target
from metrics.templatetags.figures import amount, figure, money, number
from tests import factories as f
from tests.metrics.pages.conftest import pays_the_canary

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*\d[^<]*)</a>')


@pytest.fixture
def company(today, someone):
    """Three accounts of two owners and a team, one of which has left; all said something and pay."""
    now, team = timezone.now(), Team.objects.create(name="North")
    survey = f.published_survey([f.NPS, f.CSAT, f.WHY])
    owners = [someone(EXECUTIVE, first_name=name) for name in ("Ada", "Bob")]
    for place, segment in enumerate(("big", "big", "small")):
        account = f.account(segment=segment, owner=owners[place // 2], team=team if place else None)
        pays_the_canary(account, today)
        contact = f.contact(account)
        f.invitation(survey, contact, sent_at=now - timedelta(days=9))
        for ago in (0, 40) if place else ():
            f.respond(survey, {"nps": 3 * place, "csat": 5}, contact=contact, at=now - timedelta(days=ago))
    f.account(owner=owners[0], team=team, churned_on=today - timedelta(days=50))
    absorb_responses(now=now)
    for day in (months_later(today.replace(day=1), -1), today.replace(day=1), today):
        score_accounts(day=day, now=now)
    for part in ({}, {"segment": "big"}, {"team": team}, {"account_owner": owners[1]}):
        for metric in ("nps", "grr"):
            Target.objects.create(metric=metric, value=40, by=today + timedelta(days=90), **part)
    Target.objects.create(metric="nps", value=40, by=today, programme=survey.programme)
    return survey, owners


def numbers_on(client, address):
    """Return the numbers of a page that lead to rows or to accounts, and where to."""
    found = [(unescape(href), text.strip()) for href, text in LINK.findall(client.get(address).text)]
    return [(href, text) for href, text in found if re.search(r"/rows/|/portfolio/\?", href)]


def is_there(client, href, text):
    """Whether what the link leads to is what was clicked."""
    if "/portfolio/" in href:
        answer = client.get(href)
        found, asked = answer.context["found"], answer.context["asked"]
        assert not asked.faults, href
        count, paid = len(found.accounts), found.paid.total
        bands = f"{number(count)} {min(asked.wanted.bands, default='')}"
        # The share of those in green is the one number that stands for a part of what it leads to.
        return text in {number(count), money(paid), amount(paid)} or text.startswith(bands) or "%" in text
    page = client.get(href.replace("/rows/", "/"))
    rows = client.get(href)
    assert not page.context["filters"].faults, href
    assert rows.context["rows"], href
    return text == figure(page.context["measure"])


@pytest.mark.parametrize(
    ("page", "least"),
    [("home", 12), ("teams", 12), ("goals", 6), ("programmes", 2), ("programme", 1), ("reach", 4)],
)
def test_a_number_leads_to_what_makes_it(company, executive, page, least):
    slug = company[0].programme.slug
    address = {
        "home": reverse("admin:index"),
        "programme": reverse("programme", args=[slug]),
        "reach": reverse("programme_reach", args=[slug]),
    }
    found = numbers_on(executive, address.get(page) or reverse(page))
    assert len(found) >= least
    assert [link for link in found if not is_there(executive, *link)] == []


def test_it_keeps_the_days_and_the_part_that_were_chosen(company, executive):
    _, owners = company
    last_month = months_later(timezone.localdate().replace(day=1), -1)
    for address in (
        f"{reverse('admin:index')}?segment=big&last=24m",
        f"{reverse('revenue')}?last=24m&owner={owners[1].pk}",
        f"{reverse('renewals')}?segment=big",
        f"{reverse('programme', args=[company[0].programme.slug])}?segment=small&last=90",
        reverse("monthly_report", args=[f"{last_month:%Y-%m}"]),
    ):
        found = numbers_on(executive, address)
        assert found, address
        assert [link for link in found if not is_there(executive, *link)] == [], address


def test_a_link_of_an_executive_shows_an_account_manager_their_own_part(company, executive, manager, seen_by):
    """What the reader may not see is said and left out; what is no page of theirs is refused."""
    own = f.account(owner=manager, segment="big")
    link = f"{reverse('portfolio')}?segment=big&sort=-arr&owner={company[1][0].pk}"
    assert len(executive.get(link).context["found"].accounts) == 2
    answer = seen_by(manager).get(link)
    assert answer.context["found"].accounts == [own.pk]
    assert len(answer.context["asked"].faults) == 2
    for href, _ in numbers_on(executive, reverse("revenue")):
        assert seen_by(manager).get(href).status_code == 403
