"""Follow-ups in the admin: whose they are, who may move them, and what the account's page shows."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, BUILDER, EXECUTIVE
from followups.models import FollowUp, Rule
from tests import factories as f
from tests.accounts.staff import logged_in, member, superuser

pytestmark = pytest.mark.django_db
LIST = reverse("admin:followups_followup_changelist")


def case(account, **fields):
    own = {"about": f"Case of {account}", "due_on": timezone.localdate(), "opened_at": timezone.now()}
    return FollowUp.objects.create(account=account, **{**own, **fields})


def change_url(follow_up):
    return reverse("admin:followups_followup_change", args=[follow_up.pk])


@pytest.fixture
def manager():
    return member(ACCOUNT_MANAGER)


@pytest.fixture
def mine(manager):
    return case(f.account(name="Alpha", owner=manager), owner=manager)


@pytest.fixture
def theirs():
    return case(f.account(name="Zulu"))


def test_an_account_manager_sees_the_cases_of_their_accounts_and_no_other(manager, mine, theirs):
    nobodys = case(None, about="Case of nobody")
    client = logged_in(manager)
    page = client.get(LIST).content.decode()
    assert "Case of Alpha" in page
    assert "Zulu" not in page
    assert "nobody" not in page.replace("nobody</td>", "")
    assert client.get(change_url(mine)).status_code == 200
    for hidden in (theirs, nobodys):
        assert client.get(change_url(hidden)).status_code == 302
        assert "Zulu" not in client.get(change_url(hidden), follow=True).content.decode()


def test_who_has_gone_to_another_account_is_neither_named_nor_found(manager, mine, theirs):
    mine.contact = f.contact(mine.account, name="Mona Mover", email="mona@alpha.example")
    mine.save()
    client, page = logged_in(manager), mine.account.get_absolute_url()
    assert "Mona Mover" in client.get(LIST).text
    assert "Mona Mover" in client.get(page).text
    assert "Case of Alpha" in client.get(f"{LIST}?q=mona").text
    mine.contact.account = theirs.account
    mine.contact.save()
    assert "Mona Mover" not in client.get(LIST).text
    assert "Mona Mover" not in client.get(page).text
    assert "Case of Alpha" in client.get(LIST).text
    assert "Case of Alpha" not in client.get(f"{LIST}?q=mona").text


def test_a_case_is_moved_and_closing_says_when(manager, mine):
    client = logged_in(manager)
    sent = {
        "about": mine.about, "account": mine.account_id, "contact": "", "owner": manager.pk,
        "due_on": mine.due_on, "note": "Called her.", "state": "closed",
    }  # fmt: skip
    assert client.post(change_url(mine), sent).status_code == 302
    mine.refresh_from_db()
    assert (mine.state, mine.note) == ("closed", "Called her.")
    assert mine.closed_at is not None
    client.post(change_url(mine), {**sent, "state": "open"})
    mine.refresh_from_db()
    assert (mine.state, mine.closed_at) == ("open", None)


def test_a_case_opened_by_hand_is_its_openers(manager, mine, theirs):
    client = logged_in(manager)
    url = reverse("admin:followups_followup_add")
    sent = {"about": "Asked for a discount", "contact": "", "owner": "", "due_on": "2026-12-01", "note": ""}
    assert client.post(url, {**sent, "account": theirs.account_id}).status_code == 200
    assert client.post(url, {**sent, "account": mine.account_id}).status_code == 302
    made = FollowUp.objects.get(about="Asked for a discount")
    assert (made.owner, made.reason, made.state) == (manager, "manual", "open")


def test_a_contact_of_another_account_is_refused(mine):
    client = logged_in(superuser())
    url = reverse("admin:followups_followup_add")
    sent = {"about": "x", "account": mine.account_id, "owner": "", "due_on": "2026-12-01", "note": ""}
    page = client.post(url, {**sent, "contact": f.contact(f.account()).pk})
    assert "Somebody who works at the account." in page.content.decode()


def test_the_chosen_are_closed_at_once(manager, mine, theirs):
    chosen = {"action": "close_chosen", "_selected_action": [mine.pk, theirs.pk]}
    logged_in(manager).post(LIST, chosen)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert (mine.state, theirs.state) == ("closed", "open")


@pytest.mark.parametrize(
    ("role", "may_add", "may_rule"),
    [
        (ADMINISTRATOR, True, True),
        (BUILDER, False, True),
        (ANALYST, False, False),
        (EXECUTIVE, False, False),
        (ACCOUNT_MANAGER, True, False),
    ],
)
def test_what_each_role_may(role, may_add, may_rule):
    client = logged_in(member(role))
    assert client.get(LIST).status_code == 200
    assert client.get(reverse("admin:followups_rule_changelist")).status_code == 200
    assert (client.get(reverse("admin:followups_followup_add")).status_code == 200) == may_add
    assert (client.get(reverse("admin:followups_rule_add")).status_code == 200) == may_rule


def test_a_rule_begins_with_today():
    programme = f.programme()
    client = logged_in(superuser())
    url = reverse("admin:followups_rule_add")
    today = timezone.localdate()
    assert f'value="{today:%Y-%m-%d}"' in client.get(url).content.decode()
    sent = {"programme": programme.pk, "kind": "nps", "at_most": 6, "due_in_days": 3, "since": today}
    assert client.post(url, sent).status_code == 302
    assert Rule.objects.get().at_most == 6


def test_the_page_of_an_account_shows_its_cases(manager, mine, theirs):
    late = case(mine.account, about="Long due", due_on=timezone.localdate() - timedelta(days=2))
    page = logged_in(manager).get(mine.account.get_absolute_url()).content.decode()
    assert "Case of Alpha" in page
    assert change_url(late) in page
    assert "overdue" in page
    assert "Zulu" not in page


@pytest.mark.parametrize("number", [1, 12])
def test_a_list_asks_as_often_whatever_its_length(number):
    for _ in range(number):
        case(f.account(), owner=f.user())
    client = logged_in(superuser())
    client.get(LIST)
    with CaptureQueriesContext(connection) as asked:
        client.get(LIST)
    assert len(asked) <= 14


def test_of_many_cases_the_account_shows_those_due_first_and_the_last_three_closed():
    account, today, now = f.account(), timezone.localdate(), timezone.now()
    for days in range(12):
        case(account, about=f"Due in {days}.", due_on=today + timedelta(days=days))
    for days in (1, 2, 3, 4, 100):
        closed_at = now - timedelta(days=days)
        case(account, about=f"Closed {days} ago.", state="closed", closed_at=closed_at)
    page = logged_in(superuser()).get(account.get_absolute_url()).content.decode()
    assert [days for days in range(12) if f"Due in {days}." in page] == [*range(10)]
    assert [days for days in (1, 2, 3, 4, 100) if f"Closed {days} ago." in page] == [1, 2, 3]


def test_what_is_to_be_done_stands_first_and_what_was_done_last_comes_next():
    now, today, account = timezone.now(), timezone.localdate(), f.account()
    for about, days, closed in (
        ("done", -9, 5),
        ("late", -3, None),
        ("done lately", -20, 1),
        ("next", 4, None),
    ):
        ended = {"state": "closed", "closed_at": now - timedelta(days=closed)} if closed else {}
        case(account, about=about, due_on=today + timedelta(days=days), **ended)
    rows = logged_in(superuser()).get(LIST).context["cl"].result_list
    assert [row.about for row in rows] == ["late", "next", "done lately", "done"]


def test_cases_are_found_by_the_days_on_which_they_were_opened():
    client, zone = logged_in(superuser()), settings.REPORTING_ZONE
    for at in (datetime(2026, 5, 1, tzinfo=zone), datetime(2026, 5, 31, 23, 59, 59, 999_999, tzinfo=zone)):
        FollowUp.objects.create(about="Slow", reason="manual", opened_at=at, due_on=at.date())
    for query, count in (
        ("opened_at_from=2026-05-01&opened_at_to=2026-05-31", 2),
        ("opened_at_from=2026-05-02&opened_at_to=2026-05-31", 1),
        ("opened_at_to=2026-05-30", 1),
        ("closed_at_from=2026-05-01", 0),
        ("opened_at_from=soon", 2),
    ):
        assert client.get(f"{LIST}?{query}").context["cl"].result_count == count, query
