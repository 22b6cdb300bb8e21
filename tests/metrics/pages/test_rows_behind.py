"""One click opens any number to its rows: what stands there is the number that was clicked."""

import re
from datetime import timedelta
from decimal import Decimal
from functools import cache
from html import unescape
from urllib.parse import urljoin

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Team
from accounts.roles import EXECUTIVE
from followups.reports.words import several
from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.formulas.days import months_later
from metrics.models import Target
from metrics.templatetags.figures import amount, figure, money, number
from tests import factories as f
from tests.metrics.pages.conftest import pays_the_canary

pytestmark = pytest.mark.django_db
LINK = re.compile(r'<a href="([^"]*)"[^>]*>([^<]*\d[^<]*)</a>')
# The head of a row leads to what it names.
NAME = re.compile(r'<th scope="row">.*?</th>', re.DOTALL)
LEADS = re.compile(r"/rows/|/portfolio/\?|/renewals/\?.*#rows|[?&](bar|step)=|#contacts")


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
    """Return the numbers of a page that lead to rows, accounts, renewals or customers, and where to."""
    page = NAME.sub("", client.get(address).text)
    # An amount is kept on its line by a space that does not break.
    found = [(unescape(href), text.strip().replace("\u00a0", " ")) for href, text in LINK.findall(page)]
    return [(urljoin(address, href), text) for href, text in found if LEADS.search(href)]


def untold(client, address):
    """Return the numbers of a page that what they lead to does not tell, as somebody sees both."""
    found = numbers_on(client, address)
    assert found, address
    opened = cache(client.get)
    return [(href, text) for href, text in found if not is_there(opened(href), href, text)]


def is_there(answer, href, text):
    """Whether what the link leads to is what was clicked."""
    if "/portfolio/" in href:
        found, asked = answer.context["found"], answer.context["asked"]
        assert not asked.faults, href
        count, paid = len(found.accounts), found.paid and found.paid.total
        bands = f"{number(count)} {min(asked.wanted.bands, default='')}"
        # The share of those in green is the one number that stands for a part of what it leads to.
        return text in {number(count), money(paid), amount(paid)} or text.startswith(bands) or "%" in text
    assert answer.status_code == 200, href
    if "/renewals/" in href:
        return text in of_renewals(answer)
    if "/backtest/rows/" in href:
        assert not answer.context["faults"], href
        return text == number(answer.context["page"].paginator.count)
    if "#contacts" in href:
        return text == number(len(answer.context["listed"]))
    if "bar=" in href or "step=" in href:
        return text in ({amount(answer.context["moved_total"])} if "bar=" in href else of_cohort(answer))
    measure = answer.context["measure"]
    assert not answer.context["filters"].faults, href
    assert answer.context["rows"], href
    assert figure(measure) in answer.text
    # A money figure stands alone or in a column that names the currency.
    told = {figure(measure), number(measure.n)}
    told |= {amount(measure.value), money(measure.value)} if measure.metric == "arr" else set()
    return text in (of_part(answer) or told)


def of_part(answer):
    """Return the numbers that a part of some answers tells, where the page is of one."""
    part, count = answer.context["part"], answer.context["part_count"]
    if part:
        assert len(answer.context["rows"]) == count
    return part and {number(count), f"{number(count)} {part}"}


def of_renewals(answer):
    """Return the numbers that a list of renewals tells, each counted from its rows."""
    shown, context = [], answer.context
    for number_ in context["page"].paginator.page_range:
        page = context["page"].paginator.page(number_)
        shown += page.object_list
    assert not context["filters"].faults
    value, accounts = sum((due.value for due in shown), Decimal(0)), len({due.account for due in shown})
    assert money(value) in answer.text
    told = {money(value), amount(value), number(accounts), number(len(shown))}
    if tested := context["tested"]:
        # Bands do not differ here.
        lost = Decimal(tested.lost) / tested.due
        assert f"{money(value * lost)}</b> likely lost" in answer.text
        told |= {money(value * lost), amount(value * lost), number(accounts * float(lost), 1)}
    # As a report says it in a sentence.
    said = several(accounts, "account")
    return told | {f"{said} with {money(value)} a year", f"{money(value)} of it", f"{said} in red or yellow"}


def of_cohort(answer):
    """Return the numbers that the customers of a cell tell."""
    rows, show = answer.context["opened_rows"], answer.context["cohort_show"]
    opening, left = (sum(getattr(row, name) for row in rows) for name in ("opening", "left"))
    share = sum(row.left > 0 for row in rows) / len(rows) if show == "logos" else left / opening
    return {number(len(rows)), amount(opening), number(100 * share)}


@pytest.mark.parametrize(
    ("page", "least"),
    [
        *(("home", 40), ("teams", 18), ("goals", 6), ("programmes", 2), ("programme", 8), ("reach", 4)),
        *(("revenue", 51), ("renewals", 12), ("account", 12)),
    ],
)
def test_a_number_leads_to_what_makes_it(company, executive, page, least):
    slug = company[0].programme.slug
    address = {
        "home": reverse("admin:index"),
        "account": executive.get(reverse("portfolio")).context["rows"][1].account.get_absolute_url(),
        "programme": reverse("programme", args=[slug]),
        "reach": reverse("programme_reach", args=[slug]),
    }
    address = address.get(page) or reverse(page)
    assert len(numbers_on(executive, address)) >= least
    assert untold(executive, address) == []


def test_it_keeps_the_days_and_the_part_that_were_chosen(company, executive):
    _, owners = company
    last_month = months_later(timezone.localdate().replace(day=1), -1)
    for address in (
        f"{reverse('admin:index')}?segment=big&last=24m",
        f"{reverse('admin:index')}?last=3m",
        f"{reverse('revenue')}?show=gross&cohorts=year&by=owner",
        f"{reverse('revenue')}?show=logos&by=team&segment=big",
        f"{reverse('teams')}?segment=big",
        f"{reverse('programme', args=[company[0].programme.slug])}?kind=csat",
        f"{reverse('revenue')}?last=24m&owner={owners[1].pk}",
        f"{reverse('renewals')}?segment=big",
        f"{reverse('programme', args=[company[0].programme.slug])}?segment=small&last=90",
        reverse("monthly_report", args=[f"{last_month:%Y-%m}"]),
    ):
        assert untold(executive, address) == [], address


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


def test_an_account_manager_finds_what_their_own_numbers_count(company, manager, seen_by):
    """Of their own accounts, without a number of revenue or a link to one."""
    survey, client = company[0], seen_by(manager)
    Account.objects.filter(segment="big", churned_on=None).update(owner=manager)
    own = Account.objects.filter(owner=manager).order_by("-pk").first()
    for address in (
        reverse("admin:index"),
        f"{reverse('admin:index')}?last=3m&segment=big",
        reverse("teams"),
        reverse("programme", args=[survey.programme.slug]),
        own.get_absolute_url(),
    ):
        assert untold(client, address) == [], address
        assert not any("/renewals/" in href or "/arr/" in href for href, _ in numbers_on(client, address))


@pytest.mark.parametrize(
    ("page", "query", "fault"),
    [
        ("renewals", "month=2001-01", "no month"),
        ("renewals", "band=purple", "no band"),
        ("renewals", "as_of=soon", "no day gone by"),
        ("renewals", "as_of=9999-12-31", "no day gone by"),
        ("renewals", "within=7", "no renewal within"),
        ("renewals", "notice=maybe", "no notice"),
        ("revenue", "began=2001-01-01&step=1", "no such cell"),
        ("revenue", "began=x&step=y", "no such cell"),
        ("portfolio", "hearing=silent&from=yesterday", "A date is written as"),
        ("account", "role=king", "no role"),
        ("account", "voice=loud", "no voice"),
        ("rows", "account=0", "no account"),
        ("rows", "account=x", "no account"),
        ("rows", "part=fans", "no part"),
        ("rows", "part=123", "no part"),
    ],
)
def test_what_there_is_not_is_said(company, executive, page, query, fault):
    address = {
        "account": executive.get(reverse("portfolio")).context["rows"][0].account.get_absolute_url(),
        "rows": reverse("metric_rows", args=["nps"]),
    }
    answer = executive.get(f"{address.get(page) or reverse(page)}?{query}")
    assert answer.status_code == 200
    assert fault in answer.text
