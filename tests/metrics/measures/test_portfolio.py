"""The accounts side by side: found, ordered, and each with the numbers that asking for it alone gives."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied

from accounts.models import Account
from accounts.roles import ACCOUNT_MANAGER, BUILDER, EXECUTIVE
from metrics.actions.absorb import absorb_responses, rebuild_metrics
from metrics.actions.health import score_accounts
from metrics.actions.portfolio import count_account_nps, count_missing_nps
from metrics.actions.refresh import refresh_metrics
from metrics.formulas.health import Band
from metrics.measures.coverage import Hearing
from metrics.measures.portfolio import ORDERS, State, Wanted, entries, find_accounts
from metrics.measures.query import ask
from metrics.measures.scope import Scope
from metrics.models import AccountNps
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)


def someone(role=EXECUTIVE):
    user = f.user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def scope(viewer=None, **rest):
    return Scope.of_answers(viewer or someone(), TODAY, **rest)


def names(wanted, viewer=None):
    found = find_accounts(scope(viewer), wanted)
    by_key = dict(Account.objects.values_list("pk", "name"))
    return [by_key[key] for key in found.accounts]


@pytest.fixture
def world():
    """Four customers and one that left: happy and rich, unhappy, silent and poor, never asked."""
    kim = f.user(first_name="Kim", email="zz@example.com")
    ada, bob, cy, dee, eve = (
        f.account(name=name, **fields)
        for name, fields in (
            ("Ada Ltd", {"owner": kim, "domain": "ada.example"}),
            ("Bob Ltd", {}),
            ("Cy Ltd", {"segment": "smb"}),
            ("Dee Ltd", {}),
            ("Eve Ltd", {"churned_on": date(2026, 1, 1)}),
        )
    )
    survey = f.published_survey()
    for day in range(1, 7):
        at = datetime(2026, 6, day, 12, tzinfo=UTC)
        f.respond(survey, {"nps": 10, "csat": 5}, contact=f.contact(ada), at=at)
    f.respond(survey, {"nps": 2, "csat": 1}, account=bob, at=f.NOON - timedelta(days=3))
    f.respond(survey, {"nps": 9}, account=cy, at=f.NOON - timedelta(days=500))
    f.invitation(survey, f.contact(cy), sent_at=f.NOON - timedelta(days=30))
    f.subscription(ada, date(2025, 1, 1), date(2026, 12, 1), 9000)
    f.subscription(bob, date(2025, 1, 1), date(2026, 7, 1), 500)
    f.subscription(cy, date(2025, 1, 1), None, 100)
    refresh_metrics(now=f.NOON)
    score_accounts(day=TODAY, now=f.NOON)
    return {"ada": ada, "bob": bob, "cy": cy, "dee": dee, "eve": eve}


def test_customers_are_listed_by_name_and_who_left_when_asked(world):
    assert names(Wanted()) == ["Ada Ltd", "Bob Ltd", "Cy Ltd", "Dee Ltd"]
    assert names(Wanted(is_descending=True))[0] == "Dee Ltd"
    assert names(Wanted(state=State.LEFT)) == ["Eve Ltd"]
    assert len(names(Wanted(state=State.ALL))) == 5


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ("nps", ["Bob Ltd", "Ada Ltd"], ["Cy Ltd", "Dee Ltd"]),
        ("arr", ["Dee Ltd", "Cy Ltd", "Bob Ltd", "Ada Ltd"], []),
        ("renewal", ["Bob Ltd", "Ada Ltd"], ["Cy Ltd", "Dee Ltd"]),
        ("heard", ["Cy Ltd", "Ada Ltd", "Bob Ltd"], ["Dee Ltd"]),
        ("owner", ["Ada Ltd"], ["Bob Ltd", "Cy Ltd", "Dee Ltd"]),
    ],
)
def test_every_order_goes_both_ways_and_the_unknown_stay_last(world, order, first, last):
    assert names(Wanted(order=order)) == first + last
    assert names(Wanted(order=order, is_descending=True)) == first[::-1] + last


def test_the_healthiest_come_last_by_health(world):
    assert names(Wanted(order="health")).index("Bob Ltd") < names(Wanted(order="health")).index("Ada Ltd")


def test_it_is_searched_and_filtered(world):
    assert names(Wanted(text="cy LTD")) == ["Cy Ltd"]
    assert names(Wanted(text="ada.example")) == ["Ada Ltd"]
    assert names(Wanted(text="nobody")) == []
    assert names(Wanted(hearing=Hearing.ANSWERED)) == ["Ada Ltd", "Bob Ltd"]
    assert names(Wanted(hearing=Hearing.SILENT)) == ["Cy Ltd"]
    assert names(Wanted(hearing=Hearing.NOT_ASKED)) == ["Dee Ltd"]
    assert names(Wanted(renews_within=30)) == ["Bob Ltd"]
    found = find_accounts(scope(), Wanted())
    for band in Band:
        assert len(names(Wanted(bands=frozenset({band})))) == found.bands[band]
    assert sum(found.bands.values()) == 4


def test_the_scope_narrows_it(world):
    found = find_accounts(scope(attributes={"segment": "smb"}), Wanted())
    assert found.accounts == [world["cy"].pk]


def test_every_number_is_what_asking_for_the_account_alone_says(world):
    asked = scope()
    found = find_accounts(asked, Wanted())
    rows = {row.account.name: row for row in entries(asked, found, found.accounts)}
    for row in rows.values():
        alone = Scope.of_answers(asked.viewer, TODAY, account=row.account)
        assert row.nps == (ask("nps", alone).value, ask("nps", alone).n)
        paid = Scope.of_revenue(asked.viewer, TODAY, account=row.account)
        assert row.arr == (ask("arr", paid).value or 0)
    assert (rows["Ada Ltd"].nps.value, rows["Ada Ltd"].nps.n) == (100, 6)
    assert rows["Ada Ltd"].renewal.ends_on == date(2026, 12, 1)
    assert [row.hearing for row in rows.values()] == [
        Hearing.ANSWERED,
        Hearing.ANSWERED,
        Hearing.SILENT,
        Hearing.NOT_ASKED,
    ]
    assert rows["Cy Ltd"].heard_at == f.NOON - timedelta(days=500)
    assert found.paid.total == 9600


def test_the_same_queries_for_any_number(world, django_assert_max_num_queries):
    asked = scope()
    asked.viewer.sees_revenue  # noqa: B018 - its permissions are read once
    for order in ORDERS:
        with django_assert_max_num_queries(15):
            found = find_accounts(asked, Wanted(order=order, hearing=Hearing.ANSWERED, renews_within=400))
            entries(asked, found, found.accounts)


def test_one_answer_is_not_believed_before_many(world):
    f.respond(f.published_survey(), {"nps": 10}, account=world["dee"], at=f.NOON)
    refresh_metrics(now=f.NOON)
    assert names(Wanted(order="nps", is_descending=True))[:2] == ["Ada Ltd", "Dee Ltd"]


@pytest.mark.parametrize("wanted", [Wanted(order="arr"), Wanted(order="renewal"), Wanted(renews_within=30)])
def test_neither_order_nor_filter_tells_of_revenue(world, wanted):
    builder = someone(BUILDER)
    with pytest.raises(PermissionDenied):
        find_accounts(scope(builder), wanted)
    found = find_accounts(scope(builder), Wanted())
    assert (
        found.paid,
        {(row.arr, row.renewal) for row in entries(scope(builder), found, found.accounts)},
    ) == (
        None,
        {(None, None)},
    )


def test_an_account_manager_finds_their_own(world):
    manager = someone(ACCOUNT_MANAGER)
    Account.objects.filter(pk=world["bob"].pk).update(owner=manager)
    for order in ("name", "health", "nps", "heard", "owner"):
        assert names(Wanted(order=order), manager) == ["Bob Ltd"]
    asked = scope(manager)
    assert entries(asked, find_accounts(asked, Wanted()), [world["ada"].pk]) == []


def test_what_lists_are_ordered_by_is_counted_once_a_day_and_after_answers(world):
    def counts():
        return {row.account_id: (row.detractors, row.promoters) for row in AccountNps.objects.all()}

    assert counts() == {world["ada"].pk: (0, 6), world["bob"].pk: (1, 0)}
    assert count_missing_nps(today=TODAY) == 0
    later = date(2027, 6, 3)
    assert count_missing_nps(today=later) == 2
    assert counts()[world["ada"].pk] == (0, 3)
    assert count_account_nps(day=date(2028, 1, 1)) == 0
    assert counts() == {}


def test_no_absorbing_forgets_an_account_of_which_answers_went(world):
    world["bob"].responses.all().delete()
    rebuild_metrics()
    absorb_responses(now=f.NOON)
    count_account_nps(day=TODAY, accounts=[world["bob"].pk])
    assert not AccountNps.objects.filter(account=world["bob"]).exists()
    assert AccountNps.objects.filter(account=world["ada"]).exists()
