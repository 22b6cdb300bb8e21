"""Every page of the registry, opened as every role: no foreign name, no amount of money where none belongs.

A page that is added to the registry is opened here without another line (SECURITY T14 to T19, T25). What
somebody might try in its address is tried in test_worlds.py, by people with every right but one.
"""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Team
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from followups.models import Alert, FollowUp
from followups.pages.reports import PAGES as REPORTS
from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.portfolio import count_account_nps
from metrics.formulas.days import months_later
from metrics.models import Target
from metrics.pages.registry import PAGES
from tests import factories as f
from tests.metrics.pages.conftest import CANARY, pays_the_canary

pytestmark = pytest.mark.django_db

FOREIGN = (
    "Foreign Corp",
    "Fred Foreign",
    "Foreign words",
    "Foreign segment",
    "Foreign owner",
    "Foreign team",
    "foreign@example.com",
)


def forms_of(amount):
    """Return the pattern of an amount as any language may write it: whole, in thousands, in millions."""
    whole = r"[.,\s\u00a0\u202f'’]?".join(f"{amount:,.0f}".split(","))
    cut = r"[.,\s\u00a0\u202f'’]?".join(f"{int(amount):,}".split(","))
    rounded = [f"{amount / 1000:.{places}f}" for places in (0, 1)]
    short = [re.sub(r"\.", "[.,]", each) + r"\s?[kK]\b" for each in rounded]
    millions = [re.sub(r"\.", "[.,]", f"{amount / 1_000_000:.{places}f}") for places in (1, 2)]
    short += [rf"{each}\s?(?:M|m|mn|Mio|million)\b" for each in millions]
    return "|".join(rf"(?<![\d.,]){each}" for each in (whole, cut, *short))


# What an account pays is what its contracts pay together.
AMOUNTS = re.compile("|".join(forms_of(CANARY * count) for count in range(1, 9)))
# One of each kind of receipt and worked example; that all of them open, tests of their own page say.
METRICS_OPENED = ("nps", "health", "grr", "renewal_rate", "clv", "response_rate", "revenue_coverage", "arr")
# Read and write by POST only, or give a file that the page itself leads to.
NOT_READ = {
    *("override", "dry_run", "saved_views", "hand_over", "notes", "note"),
    *("send_monthly", "send_digest"),
}


@pytest.fixture
def company(today):
    """An account of the manager and one of somebody else, both of which pay the canary and say something."""
    now = timezone.now()
    stranger = f.user(first_name="Foreign", last_name="owner", email="foreign@example.com")
    team = Team.objects.create(name="Foreign team")
    survey = f.published_survey([f.NPS, f.CSAT, f.WHY], title="Twice a year")
    foreign = f.account(name="Foreign Corp", owner=stranger, team=team, segment="Foreign segment")
    own = f.account(name="Own Ltd", segment="Own segment")
    for account, words in ((own, "Own words"), (foreign, "Foreign words")):
        pays_the_canary(account, today)
        account.subscriptions.update(product="Foreign product" if account is foreign else "Own product")
        name = "Fred Foreign" if account is foreign else "Olga Own"
        contact = f.contact(account, name=name)
        f.invitation(survey, contact, sent_at=now - timedelta(days=3))
        f.respond(survey, {"nps": 10, "csat": 5, "why": words}, contact=contact, at=now)
        f.respond(survey, {"nps": 1, "csat": 1, "why": words}, contact=contact, at=now - timedelta(days=30))
    for part in ({}, {"segment": "Foreign segment"}, {"team": team}, {"account_owner": stranger}):
        for metric, value in (("nps", 40), ("clv", CANARY)):
            Target.objects.create(metric=metric, value=value, by=today + timedelta(days=90), **part)
    last_month = months_later(today.replace(day=1), -1)
    for account in (own, foreign):
        for day in (today, last_month):
            at = now.replace(year=day.year, month=day.month, day=day.day)
            contact = account.contacts.get()
            f.respond(
                survey, {"nps": 0, "why": contact.responses.first().answers["why"]}, contact=contact, at=at
            )
            f.subscription(account, day, None, CANARY)
        FollowUp.objects.create(account=account, about=f"{account} waits", due_on=today, opened_at=now)
        Alert.objects.create(
            about="band", account=account, day=today, is_lower=True, before=80, after=40,
            band_before="green", band_after="red", found_at=now,
        )  # fmt: skip
    absorb_responses(now=now)
    score_accounts(day=last_month, now=now)
    score_accounts(day=today, now=now)
    count_account_nps(day=today)
    return SimpleNamespace(own=own, foreign=foreign, survey=survey, now=now)


def addresses(company):
    """Yield the name and address of every page that is read, of what is one's own and of what is not."""
    yield "home", reverse("admin:index")
    for page in (*PAGES, *REPORTS):
        if page.name in NOT_READ:
            continue
        for arguments in arguments_of(page, company):
            yield page.name, reverse(page.name, kwargs=arguments)


def arguments_of(page, company):
    """Return the arguments with which a page is opened; one that needs others fails here and says so."""
    responses = [account.responses.first().public_id for account in (company.own, company.foreign)]
    campaign = company.survey.campaigns.first() or f.campaign(company.survey)
    known = {
        "account": [{"pk": company.own.pk}, {"pk": company.foreign.pk}],
        "campaign": [{"pk": campaign.pk}],
        "audience": [{"pk": campaign.audience_id}],
        "response": [{"public_id": each} for each in responses],
        "monthly_report": [{"month": f"{months_later(company.now.date().replace(day=1), -1):%Y-%m}"}],
        "portfolio_file": [{"kind": "csv"}],
        "metric": [{"name": name} for name in METRICS_OPENED],
        "metric_rows": [{"name": name} for name in METRICS_OPENED],
    }
    if page.name in known:
        return known[page.name]
    if "<slug:slug>" in page.route:
        slugs = [company.survey.slug, company.survey.programme.slug]
        return [{"slug": slug} for slug in slugs]
    assert "<" not in page.route, f"{page.name}: say with which arguments it is opened"
    return [{}]


def opened(client, company):
    """Yield the address and text of every page that answers."""
    for _, address in addresses(company):
        response = client.get(address)
        assert response.status_code in {200, 302, 403, 404, 405}, address
        if response.status_code == 200:
            body = b"".join(response.streaming_content) if response.streaming else response.content
            yield address, body.decode("utf-8", "replace")


def test_an_account_manager_meets_no_foreign_name_and_no_money(company, manager, seen_by):
    company.own.owner = manager
    company.own.save()
    seen = 0
    for address, text in opened(seen_by(manager), company):
        assert [name for name in FOREIGN if name in text] == [], address
        assert AMOUNTS.findall(text) == [], address
        seen += "Own Ltd" in text
    assert seen >= 3


def test_a_builder_meets_no_money(company, someone, seen_by):
    seen = 0
    for address, text in opened(seen_by(someone(BUILDER)), company):
        assert AMOUNTS.findall(text) == [], address
        seen += "Foreign Corp" in text
    assert seen >= 3


@pytest.mark.parametrize(
    "text",
    [
        "987,654",
        "987654.32",
        "987.654,32 €",
        "987\u202f654",
        "USD 988k",
        "987.7k",
        "1.0 M",
        "€1,0 Mio",
        "1,975,309",
    ],
)
def test_an_amount_is_known_in_every_form(text):
    assert AMOUNTS.search(f"pays {text} a year")
    assert not AMOUNTS.search(f"pays 7{text} a year".replace("USD ", "").replace("€", ""))


def money_on(pages, part):
    """Return the amounts on the first page whose address holds the part."""
    return AMOUNTS.findall(next(text for address, text in pages.items() if part in address))


def test_an_executive_meets_both(company, executive):
    pages = dict(opened(executive, company))
    assert "Foreign Corp" in "".join(pages.values())
    assert [
        page for page in ("/account/", "/portfolio/", "/revenue/", "/renewals/") if not money_on(pages, page)
    ] == []
    # So that the reports of who may not see them prove something by being silent.
    monthly = next(text for address, text in pages.items() if "/reports/monthly/" in address)
    assert AMOUNTS.search(monthly)
    assert "Foreign words" in monthly
    assert "Foreign Corp" in next(text for address, text in pages.items() if "/reports/alerts/" in address)


def test_the_menu_names_only_what_opens(company, someone, seen_by):
    for role in (EXECUTIVE, ANALYST, ADMINISTRATOR, BUILDER, ACCOUNT_MANAGER):
        client = seen_by(someone(role))
        text = client.get(reverse("admin:index")).text
        for page in (*PAGES, *REPORTS):
            if page.title:
                address = reverse(page.name)
                is_named = f'href="{address}"' in text
                assert is_named == (client.get(address).status_code == 200), (role, page.name)
