"""Numbers of a report lead to what they count, for whoever may see that, in the mail too."""

import re
from datetime import date, datetime, timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.urls import reverse

from accounts.models import Account, Team
from followups.models import Alert, FollowUp
from followups.reports.digest import weekly_digest
from followups.reports.monthly import monthly_report
from followups.reports.posting import alerts_issue, mail_of, monthly_issue
from followups.reports.report import Section
from followups.reports.words import several
from metrics.actions.absorb import absorb_responses
from metrics.measures.measure import Unit
from metrics.models import Comment
from metrics.templatetags.figures import change, figure, money, number
from surveys.models import Survey
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
    if "/followup/" in path:
        return re.match(r"[\d,]+", words)[0] == number(answer.context["cl"].result_count)
    assert not answer.context["filters"].faults, path
    if "/renewals/" in path:
        return are_due(answer.context, words)
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


def are_due(context, words):
    """Whether these are the renewals that the words count."""
    pages = context["page"].paginator
    listed = [due for page in pages for due in page]
    value = money(sum(due.value for due in listed))
    accounts = several(len({due.account for due in listed}), "account")
    return words in {
        f"{accounts} with {value} a year",
        f"{accounts} in red or yellow",
        f"{value} of it",
        accounts,
    }


@pytest.fixture
def coming(month, mine, theirs, feels):
    """Renewals ahead when the month had ended, and cases come and gone at the edges of it."""
    smaller = Account.objects.get(name="Smaller")
    for account, days, value in ((mine, 9, 700), (mine, 50, 30), (smaller, 89, 5000), (theirs, 90, 1)):
        f.subscription(account, date(2025, 7, 1), NEXT + timedelta(days=days), value)
    feels(mine, NEXT, 40, "red")
    feels(smaller, NEXT, 90, "green")
    zone = settings.REPORTING_ZONE
    for opened, closed in (
        (datetime(2026, 5, 1, tzinfo=zone), datetime(2026, 5, 31, 23, 59, 59, 999_999, tzinfo=zone)),
        (datetime(2026, 5, 31, 23, 59, 59, 999_999, tzinfo=zone), None),
        (datetime(2026, 4, 30, 23, 59, 59, 999_999, tzinfo=zone), datetime(2026, 5, 1, tzinfo=zone)),
        (datetime(2026, 6, 1, tzinfo=zone), None),
    ):
        for account in (mine, theirs):
            FollowUp.objects.create(
                account=account, about="Slow", reason="manual", opened_at=opened, closed_at=closed,
                state="closed" if closed else "open", due_on=opened.date(), owner=account.owner,
            )  # fmt: skip


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


def test_renewals_and_cases_lead_to_those_of_the_month_whenever_they_are_read(
    executive, manager, coming, time_machine
):
    """Two months later the report leads to what was ahead then and to what was opened and closed in it."""
    time_machine.move_to(MONDAY + timedelta(days=60), tick=False)
    for reader, opened in ((executive, 4), (manager, 2)):
        links = list(links_of(monthly_report(reader, MONTH)))
        ahead = [words for words, path in links if "/renewals/" in path]
        assert len(ahead) == (3 if reader is executive else 0)
        cases = [words for words, path in links if "/followup/" in path]
        assert cases == [f"{opened} follow-ups opened", f"{opened} closed", several(opened // 2, "follow-up")]
        assert [link for link in links if not is_told(logged_in(reader), *link)] == []
    blind = almighty_but("view_followup", "change_followup", "view_revenue")
    paths = [path for _, path in links_of(monthly_report(blind, MONTH))]
    assert not [path for path in paths if "/followup/" in path or "/renewals/" in path]


def test_counts_of_a_digest_lead_to_what_it_counts(executive, manager, coming, mine, time_machine):
    manager.user_permissions.add(Permission.objects.get(codename="view_revenue"))
    manager = type(manager).objects.get(pk=manager.pk)
    time_machine.move_to(MONDAY + timedelta(days=3), tick=False)
    today = MONDAY.date() + timedelta(days=3)
    own = f.account(name="Of the team", team=Team.objects.create(name="North"))
    for is_shared in (False, True):
        if is_shared:
            manager.teams.add(own.team)
            f.subscription(own, date(2025, 7, 1), today + timedelta(days=9), 5)
        links = [link for link in links_of(weekly_digest(manager, today)) if link[0][0].isdigit()]
        assert [words for words, _ in links] == ["2 follow-ups", "3 accounts" if is_shared else "2 accounts"]
        assert [link for link in links if not is_told(logged_in(manager), *link)] == []
    # Who sees every account is not led to those of others.
    mine.owner = executive
    mine.save()
    executive.teams.add(own.team)
    assert [words for words, _ in links_of(weekly_digest(executive, today)) if "account" in words] == []
    executive.teams.clear()
    (link,) = [each for each in links_of(weekly_digest(executive, today)) if "account" in each[0]]
    assert is_told(logged_in(executive), *link)


def test_what_a_digest_has_no_room_for_is_opened(manager, coming, mine):
    manager.user_permissions.add(Permission.objects.get(codename="view_revenue"))
    manager = type(manager).objects.get(pk=manager.pk)
    for place in range(25):
        account = f.account(owner=manager)
        f.subscription(account, date(2025, 7, 1), MONDAY.date() + timedelta(days=20), 10)
        case = {"about": f"Wait {place}", "reason": "manual", "opened_at": MONDAY, "due_on": MONDAY.date()}
        FollowUp.objects.create(account=account, owner=manager, **case)
        Alert.objects.create(
            about="band", account=account, day=MONDAY.date(), is_lower=True, before=60, after=40,
            band_before="yellow", band_after="red", found_at=MONDAY,
        )  # fmt: skip
    client, tables = logged_in(manager), [one.table for one in weekly_digest(manager, MONDAY.date()).sections]
    left = {table.whole: table.more + len(table.rows) for table in tables if table and table.more}
    assert [urlsplit(whole).path for whole in left] == [
        reverse("admin:followups_followup_changelist"), reverse("alerts"), reverse("renewals")
    ]  # fmt: skip
    cases, moved, due = left
    assert client.get(cases).context["cl"].result_count == left[cases]
    assert client.get(moved).context["page"].paginator.count == left[moved]
    assert client.get(due).context["page"].paginator.count == left[due]


def test_an_alert_of_a_survey_leads_to_what_is_unusual_in_it(executive, month):
    survey = Survey.objects.get()
    about = {"about": "answers", "day": MONDAY.date(), "is_lower": True, "chance": 0.001, "found_at": MONDAY}
    Alert.objects.create(survey=survey, before=9, after=2, **about)
    led = list(links_of(alerts_issue(MONDAY).write(executive)))
    assert led == [(f"“{survey}”", f"{reverse('drivers', args=[survey.slug])}#unusual")]
    assert "Unusual lately" in logged_in(executive).get(led[0][1]).text
    assert not list(links_of(alerts_issue(MONDAY).write(almighty_but("view_survey"))))


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
