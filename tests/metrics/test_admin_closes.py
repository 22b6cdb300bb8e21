"""Closed months in the admin: every close and restatement to be seen, none to be changed."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.actions.closing import close_months
from metrics.models import Close
from tests import factories
from tests.accounts.staff import logged_in, member

pytestmark = pytest.mark.django_db
LIST = "/admin/metrics/close/"
NOW = datetime(2026, 6, 2, 3, tzinfo=UTC)


def test_a_restatement_stands_beside_the_close_and_neither_can_be_changed():
    sold = factories.subscription(factories.account(), date(2025, 1, 1), None, 1000)
    close_months(now=NOW)
    sold.ends_on = date(2026, 5, 20)
    sold.save()
    close_months(now=NOW + timedelta(days=3))
    browser = logged_in(member(EXECUTIVE))
    page = browser.get(LIST, {"month__exact": "2026-05-01"}).content.decode()
    assert sorted(re.findall(r">\s*(closed|restated)\s*<", page)) == ["closed", "restated"]
    assert "restated" not in browser.get(LIST, {"month__exact": "2026-04-01"}).content.decode()
    newest = Close.objects.get(month=date(2026, 5, 1), until=None)
    assert browser.get(f"{LIST}{newest.pk}/change/").status_code == 200
    assert browser.post(f"{LIST}{newest.pk}/change/", {"added": 9}).status_code == 403
    assert browser.get(f"{LIST}add/").status_code == 403


def test_who_sees_only_some_accounts_sees_no_closes():
    assert logged_in(member(ACCOUNT_MANAGER)).get(LIST).status_code == 403


def test_a_close_names_its_month_and_groups_the_digits_of_what_it_wrote():
    Close.objects.create(month=date(2026, 5, 1), since=NOW, added=5808, removed=0)
    page = logged_in(member(EXECUTIVE)).get(LIST).content.decode()
    assert "May 2026" in page
    assert "1 May 2026" not in page
    assert "5,808" in page
    assert str(Close.objects.get()) == "May 2026 as of 2 Jun 2026"
