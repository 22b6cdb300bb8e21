"""Everything there is to read, read in two worlds: what somebody may not see makes no difference to them.

The same own accounts stand alone or beside foreign ones, or pay this or that. Names, counts, choices, orders,
files, mails and refusals must be the same to the byte, whatever the address (SECURITY T16 to T19, T25).
"""

import re
from datetime import timedelta
from types import SimpleNamespace

import pytest
import time_machine
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Event, Note, ServicesMonth, Team
from accounts.models.keys import SCOPES
from followups.models import Alert, FollowUp
from followups.pages.reports import PAGES as REPORTS
from followups.reports.monthly import monthly_report
from followups.reports.posting import alerts_issue, digest_issue, mail_of, monday_of, monthly_issue
from followups.reports.printing import can_print, pdf_of
from metrics.actions.absorb import absorb_responses
from metrics.actions.health import score_accounts
from metrics.actions.portfolio import count_account_nps
from metrics.formulas.days import months_later
from metrics.measures.query import METRICS
from metrics.models import SavedView, Target
from metrics.pages.registry import PAGES
from surveys.models import Audience, Campaign, Response
from tests import factories as f
from tests.accounts.staff import almighty_but, logged_in, superuser
from tests.api.conftest import program
from tests.metrics.pages.conftest import pays_the_canary

pytestmark = pytest.mark.django_db

# Read and write by POST only.
NOT_READ = {
    *("override", "dry_run", "saved_views", "hand_over", "notes", "note", "send_monthly", "send_digest"),
}
FOREIGN = "segment=Foreign&tier=Foreign&region=Foreign&country=Foreign&industry=Foreign&product=Foreign"
# One of each kind of receipt and worked example; that all of them open, tests of their own page say.
METRICS_OPENED = ("nps", "health", "grr", "renewal_rate", "clv", "response_rate", "revenue_coverage", "arr")
ORDERED = {
    "portfolio": (
        "sort=arr",
        "sort=-arr",
        "sort=-renewal",
        "renews=90",
        "sort=-health",
        "product=Own&cohort=2024",
    ),
    "portfolio_file": ("sort=-arr",),
    "comments": ("order=arr",),
    "comments_export": ("order=arr",),
}
NARROWED = {
    "admin:index": (FOREIGN,),
    "portfolio": (FOREIGN, "q=Foreign", "sort=-nps", "sort=owner", "state=all&hearing=silent&sort=heard"),
    "comments": (
        FOREIGN,
        "q=Foreign",
        "q=words&last=all",
        "company=Foreign",
        "language=tlh",
        "mood=negative",
        "theme=(none)",
        "mood=(none)&last=all",
    ),
    "programme": (FOREIGN, "last=all&kind=csat"),
    "survey_results": (f"{FOREIGN}&language=tlh", "answered=nps:detractors&last=all", "flagged=without"),
    "survey_responses": ("visits=all&flagged=without", "visits=all&version=1"),
    "cross_tab": ("rows=nps&columns=segment", "rows=nps&columns=csat", "rows=nps&columns=language"),
    "metric_rows": (f"{FOREIGN}&language=tlh",),
    "programme_responses": ("outcome=nps&last=all", f"outcome=nps&driver=csat&{FOREIGN}"),
    "renewals": (FOREIGN, "ahead=24", "as_of=2026-01-01&list=all"),
    "backtest_rows": (FOREIGN, "part=all", "outcome=kept&band=green", "score=nps"),
    "revenue": ("by=owner", "by=product&cohorts=year&last=24m", "bar=expansion"),
}
TRIED = {name: (*NARROWED.get(name, ()), *ORDERED.get(name, ())) for name in NARROWED | ORDERED}
# When it was printed, in the document's lines about itself.
CHANCE_OF_PDF = re.compile(rb"<</Title.*|<\?xpacket.*|<</Size.*")
# What every page makes anew.
CHANCE = re.compile(rb"(?:csrf|name=\"key\")[^>]*>|nonce=\S+|\"csrfToken\": \"\w+\"")


def hang_on(account, survey, name, today, now):
    """Hang one row of everything on an account, each bearing the name, and return those that have a page."""
    pays_the_canary(account, today)
    account.subscriptions.update(product=name)
    language = "tlh" if name == "Foreign" else "en"
    contact = f.contact(account, name=f"{name} contact", email=f"{name}@x.example", language=language)
    asked = f.invitation(survey, contact, sent_at=now - timedelta(days=9), campaign=survey.campaigns.get())
    for ago, score in ((0, 0), (3, 9), (30, 1), (45, 10), (200, 4), (400, 8)):
        said = {"nps": score, "csat": min(5, 1 + score // 2), "why": f"{name} words"}
        f.respond(survey, said, contact=contact, language=language, at=now - timedelta(days=ago))
    case = {"about": f"{name} waits", "due_on": today, "opened_at": now}
    Alert.objects.create(
        about="band", account=account, day=today, is_lower=True, before=80, after=40,
        band_before="green", band_after="red", found_at=now,
    )  # fmt: skip
    LogEntry.objects.create(
        user=account.owner, object_id=str(account.pk), object_repr=name,
        content_type=ContentType.objects.get_for_model(Account), action_flag=CHANGE, change_message=name,
    )  # fmt: skip
    return [
        *(account, contact, asked, account.subscriptions.latest("pk"), contact.responses.latest("pk")),
        ServicesMonth.objects.create(account=account, month=today.replace(day=1), revenue=9, cost=5),
        f.signal(account, f"{name} key", today, 7),
        f.event(account, name=f"{name.lower()}.event", contact=contact, attributes={"paid": 7}),
        Note.objects.create(account=account, author=account.owner, text=f"{name} note", created_at=now),
        FollowUp.objects.create(account=account, contact=contact, owner=account.owner, **case),
    ]


def score(accounts, today, now):
    absorb_responses(now=now)
    for day in (months_later(today.replace(day=1), -1), today):
        score_accounts(day=day, now=now, accounts=[account.pk for account in accounts])
    count_account_nps(day=today, accounts=[account.pk for account in accounts])


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """Two accounts of one who sees these alone, and everybody that foreign accounts will be somebody's."""
    now, today = timezone.now(), timezone.localdate()
    with django_db_blocker.unblock(), transaction.atomic():
        team = Team.objects.create(name="Own team")
        limited, poor = almighty_but("view_all_accounts", teams=[team]), almighty_but("view_revenue")
        survey = f.published_survey([f.NPS, f.CSAT, f.WHY], title="Twice a year")
        campaign = f.campaign(survey, name="Spring")
        large = f.audience(("arr", "at_least", "987654"))
        rows, accounts = [campaign, campaign.audience, large], []
        for name in ("Own", "Ours"):
            account = f.account(name=f"{name} Ltd", owner=limited, team=team, segment=name, country="DE")
            accounts.append(account)
            rows += hang_on(account, survey, name, today, now)
        for part in ({}, {"account_owner": limited}, {"team": team}):
            Target.objects.create(metric="nps", value=40, by=today + timedelta(days=90), **part)
        score(accounts, today, now)
        SavedView.objects.create(user=limited, page="portfolio", name="Mine", query="sort=-nps")
        stranger = f.user(first_name="Foreign", last_name="owner", is_staff=True)
        yield SimpleNamespace(
            survey=survey, campaign=campaign, limited=limited, poor=poor, team=team, rows=rows,
            root=superuser(), stranger=stranger, foreign_team=Team.objects.create(name="Foreign team"),
            now=now, today=today,
        )  # fmt: skip
        transaction.set_rollback(True)


def foreign_accounts(company):
    """Add accounts that are somebody else's, with all that hangs on them, and return the rows of one."""
    of = dict.fromkeys(("segment", "tier", "region", "country", "industry"), "Foreign")
    accounts = [
        f.account(name=f"Foreign Corp {place}", owner=company.stranger, team=company.foreign_team, **of)
        for place in range(3)
    ]
    for account in accounts:
        found = hang_on(account, company.survey, "Foreign", company.today, company.now)
    for part in ({"segment": "Foreign"}, {"account_owner": company.stranger}, {"team": company.foreign_team}):
        Target.objects.create(metric="clv", value=987654, by=company.today, **part)
    SavedView.objects.create(user=company.stranger, page="portfolio", name="Foreign view", query="q=Foreign")
    score(accounts, company.today, company.now)
    return found


def other_amounts(company):
    """Let all pay other amounts, so that who paid least pays most."""
    for place, account in enumerate(Account.objects.order_by("pk")):
        account.subscriptions.update(annual_value=F("annual_value") * (1 + 3 * place) / 2)
        account.attributes = {"paid": str(place)}
        account.save()
    ServicesMonth.objects.update(revenue=F("revenue") * 5)
    Event.objects.update(attributes={"paid": 9})
    return []


def addresses(company, rows, tries):
    """Yield every address that is read: pages as they are and as somebody might try them, lists and rows."""
    for page in (SimpleNamespace(name="admin:index", route=""), *PAGES, *REPORTS):
        if page.name in NOT_READ:
            continue
        for arguments in arguments_of(page, company, rows):
            for tried in ("", *tries.get(page.name, ())):
                yield f"{reverse(page.name, kwargs=arguments)}?{tried}"
    for model, site in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"admin:{name}_changelist")
        if site.search_fields:
            yield reverse(f"admin:{name}_changelist") + "?q=Foreign&o=-1"
        asked = f"app_label={model._meta.app_label}&model_name={model._meta.model_name}&term="
        for field in site.autocomplete_fields:
            yield f"/admin/autocomplete/?{asked}&field_name={field}"
    for row in rows:
        if type(row) in admin.site._registry:
            name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
            yield from (reverse(f"{name}_{page}", args=[row.pk]) for page in ("change", "history", "delete"))
    yield "/admin/search/?s=foreign"


def arguments_of(page, company, rows):
    """Return the arguments with which a page is opened; one that needs others fails here and says so."""

    def of(model):
        return [row for row in rows if type(row) is model]

    known = {
        "account": [{"pk": row.pk} for row in of(Account)],
        "response": [{"public_id": row.public_id} for row in of(Response)],
        "campaign": [{"pk": row.pk} for row in of(Campaign)],
        "audience": [{"pk": row.pk} for row in of(Audience)],
        "monthly_report": [{"month": f"{last_month(company):%Y-%m}"}],
        "portfolio_file": [{"kind": "csv"}],
        "metric": [{"name": name} for name in METRICS_OPENED],
        "metric_rows": [{"name": name} for name in METRICS_OPENED],
    }
    if page.name in known:
        return known[page.name]
    if "<slug:slug>" in page.route:
        is_survey = page.route.startswith("survey/")
        return [{"slug": (company.survey if is_survey else company.survey.programme).slug}]
    assert "<" not in page.route, f"{page.name}: say with which arguments it is opened"
    return [{}]


def last_month(company):
    return months_later(company.today.replace(day=1), -1)


def read_pages(user, addresses):
    """Return what one person reads at every address: status, where to, names of files, and words."""
    client, found = logged_in(user), {}
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code < 500, address
        found[address] = (answer.status_code, *headers_of(answer), CHANCE.sub(b"", said(answer)))
    return found


def read_mails(user, company):
    """Return every mail that goes to a person, and the report that they print."""
    month = last_month(company)
    issues = (monthly_issue(month), digest_issue(monday_of(company.today)), alerts_issue(company.now))
    mails = [(issue.kind, mail_of(issue.write(user), user, issue.path)) for issue in issues]
    found = {kind: (mail.subject, mail.body, mail.alternatives[0].content) for kind, mail in mails}
    if can_print():
        found["pdf"] = CHANCE_OF_PDF.sub(b"", pdf_of(monthly_report(user, month)))
    return found


def paths(company, rows):
    """Return the paths of every resource and metric, and of each account."""
    of_survey = f"survey={company.survey.slug}"
    found = [
        *("accounts", "contacts", "subscriptions", "services", "signals", "events", "surveys", "programmes"),
        *("invitations", "responses", "exports", "collectors", "audiences", "campaigns", "scorecards"),
        *("accounts?name=Foreign+Corp+1", "accounts?ordering=-name", "contacts?role=user"),
        *("accounts/export?format=jsonl", "scores/export?format=jsonl"),
        *(f"responses/export?format=jsonl&{of_survey}", f"metrics/drivers?{of_survey}"),
        *("metrics/themes", "metrics/anomalies", "metrics/backtest"),
        *(f"accounts/{row.pk}{more}" for row in rows if type(row) is Account for more in ("", "/health")),
    ]
    for name in METRICS:
        found += [f"metrics/{name}?by={by}" for by in ("segment", "owner", "account")]
        found += [f"metrics/{name}", f"metrics/{name}/rows", f"metrics/{name}?segment=Foreign"]
    return found + [
        f"metrics/nps?by={by}" for by in ("language", "channel", "team", "product", "cohort", "month")
    ]


def read_api(api, paths):
    """Return what a program is told at each path."""
    answers = {path: api.get(path) for path in paths}
    assert not [path for path, answer in answers.items() if answer.status_code >= 500]
    return {
        path: (answer.status_code, *headers_of(answer), answer.content) for path, answer in answers.items()
    }


def headers_of(answer):
    return [answer.headers.get(name) for name in ("Location", "Content-Disposition")]


def said(answer):
    return b"".join(answer) if answer.streaming else answer.content


def both(company, change, read):
    """Return what is read before and after a change, at one instant, and take back the change."""
    with time_machine.travel(company.now, tick=False):
        with transaction.atomic():
            rows = [*company.rows, *change(company)]
            after = read(rows)
            transaction.set_rollback(True)
        with transaction.atomic():
            before = read(rows)
            transaction.set_rollback(True)
    assert before.keys() == after.keys()
    return before, after


def different(before, after):
    return sorted(address for address in before if before[address] != after[address])


def test_foreign_accounts_make_no_difference_to_who_does_not_see_them(company):
    pages = both(
        company, foreign_accounts, lambda rows: read_pages(company.limited, addresses(company, rows, TRIED))
    )
    assert different(*pages) == []
    mails = both(company, foreign_accounts, lambda rows: read_mails(company.limited, company))
    assert different(*mails) == []
    assert all("Own" in str(mail) for kind, mail in mails[0].items() if kind != "pdf")


def test_foreign_accounts_make_no_difference_to_a_key_of_another_team(company):
    api = program("all", team=company.team)
    assert different(*both(company, foreign_accounts, lambda rows: read_api(api, paths(company, rows)))) == []


def test_amounts_make_no_difference_to_who_may_not_see_them(company):
    pages = both(
        company, other_amounts, lambda rows: read_pages(company.poor, addresses(company, rows, ORDERED))
    )
    assert different(*pages) == []
    assert different(*both(company, other_amounts, lambda rows: read_mails(company.poor, company))) == []


def test_amounts_make_no_difference_to_a_key_without_the_scope(company):
    api = program(*(scope for scope in SCOPES if scope != "revenue"))
    assert different(*both(company, other_amounts, lambda rows: read_api(api, paths(company, rows)))) == []


@pytest.mark.parametrize("change", [foreign_accounts, other_amounts])
def test_who_may_see_it_reads_the_difference(company, change):
    """So that reading no difference proves something."""
    files = reverse("portfolio_file", args=["csv"])
    asked = [reverse("admin:index"), reverse("portfolio"), reverse("metric_rows", args=["arr"]), files]
    assert different(*both(company, change, lambda rows: read_pages(company.root, asked))) == sorted(asked)
    assert "monthly" in different(*both(company, change, lambda rows: read_mails(company.root, company)))
    told = ["accounts/export?format=jsonl", "metrics/arr", "metrics/arr/rows", "subscriptions"]
    assert different(*both(company, change, lambda rows: read_api(program("all"), told))) == told
