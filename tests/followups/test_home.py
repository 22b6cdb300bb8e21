"""What Home says of the follow-ups that wait."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from followups.models import FollowUp
from tests import factories as f
from tests.accounts.staff import almighty_but, logged_in, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def today():
    return timezone.localdate()


def case(account, about, due_on, **fields):
    return FollowUp.objects.create(
        account=account, about=about, due_on=due_on, opened_at=timezone.now(), **fields
    )


def test_it_tells_how_many_wait_and_which_are_due_first(today):
    executive, account = logged_in(member(EXECUTIVE)), f.account()
    for days in (5, -3, *range(6, 15)):
        case(account, f"Due in {days}", today + timedelta(days=days))
    case(account, "Done", today, state="closed", closed_at=timezone.now())
    page = executive.get("/admin/").text
    shown = re.findall(r"Due in (-?\d+)<", page)
    assert shown == ["-3", "5", "6", "7", "8", "9", "10", "11"]
    assert "Done" not in page
    counts = {
        text: unescape(href) for href, text in re.findall(r'<b><a href="([^"]*followup[^"]*)">(\d+)', page)
    }
    assert [*counts] == ["11", "1"]
    for count, href in counts.items():
        assert executive.get(href).context["cl"].result_count == int(count)


def test_it_follows_the_filters_of_the_page(today):
    executive = logged_in(member(EXECUTIVE))
    for segment in ("Large", "Small"):
        case(f.account(segment=segment), f"Call {segment}", today)
    page = executive.get("/admin/", {"segment": "Large"}).text
    assert "Call Large" in page
    assert "Call Small" not in page


def test_nobody_reads_of_accounts_or_cases_out_of_sight(today):
    manager = member(ACCOUNT_MANAGER)
    case(f.account(owner=manager), "My own", today)
    case(f.account(name="Foreign Ltd"), "Somebody else's", today)
    page = logged_in(manager).get("/admin/").text
    assert "My own" in page
    assert "Foreign Ltd" not in page
    assert "Somebody else" not in page
    assert "To do" not in logged_in(almighty_but("view_followup")).get("/admin/").text


def test_without_any_it_says_what_opens_one(today):
    f.subscription(f.account(), today, None, 100)
    assert "No follow-up is open" in logged_in(member(EXECUTIVE)).get("/admin/").text
