"""Revenue over time, by part and by cohort, against the single questions and sums done by hand."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import ExchangeRate, Team
from metrics.measures.breakdown import SPLITS, revenue_by, whole
from metrics.measures.cohorts import revenue_cohorts
from metrics.measures.ledger import Ledger
from metrics.measures.levels import arr_levels
from metrics.measures.movements import arr_and_movements
from metrics.measures.query import ask, ask_by
from metrics.measures.scope import Scope
from tests import factories as f

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 15)


@pytest.fixture
def scope():
    viewer = f.user(is_superuser=True)
    return lambda **rest: Scope.of_revenue(viewer, TODAY, **rest)


@pytest.fixture
def ledger(scope):
    return lambda **rest: Ledger(scope(**rest))


@pytest.fixture
def world():
    """Six customers: kept, grown, shrunk, lost, changed to another product, taken over from elsewhere."""
    owner, team = f.user(email="kim@example.com"), Team.objects.create(name="North")
    ExchangeRate.objects.create(currency="EUR", month=date(2025, 6, 1), rate=Decimal("1.1"))
    ExchangeRate.objects.create(currency="EUR", month=date(2026, 6, 1), rate=Decimal("1.2"))
    kept = f.account(segment="smb", country="DE", owner=owner)
    grown = f.account(segment="smb", country="FR", team=team)
    shrunk = f.account(segment="large", country="DE", industry="steel")
    lost = f.account(segment="large", tier="gold")
    changed = f.account(region="EU")
    old, heir = f.account(segment="smb"), f.account(segment="large")
    f.subscription(kept, date(2023, 2, 1), None, 1000, product="core", currency="EUR")
    for account, first, then in ((grown, 1000, 1500), (shrunk, 2000, 1200)):
        term = f.subscription(account, date(2024, 9, 1), date(2025, 9, 1), first, product="core")
        f.subscription(account, date(2025, 9, 1), None, then, product="core", renews=term)
    f.subscription(lost, date(2024, 5, 1), date(2026, 1, 1), 700, product="extra")
    f.subscription(changed, date(2025, 1, 1), date(2026, 1, 1), 500, product="core")
    f.subscription(changed, date(2026, 1, 1), None, 600, product="extra")
    taken = f.subscription(old, date(2024, 7, 1), date(2025, 12, 1), 400, product="core")
    f.subscription(heir, date(2025, 12, 1), None, 450, product="core", renews=taken)
    return {"lost": lost, "grown": grown, "old": old, "heir": heir}


@pytest.mark.parametrize("by", SPLITS)
def test_every_part_is_what_asking_for_it_alone_says(world, scope, ledger, by):
    parts = {part.group: part for part in revenue_by(ledger(), by)}
    for name in ("grr", "nrr", "logo_churn"):
        asked = {each.group: each.measure for each in ask_by(name, scope(), by)}
        assert asked
        assert asked == {group: getattr(part.kept, name) for group, part in parts.items() if group in asked}
    asked_arr = {each.group: each.measure.value for each in ask_by("arr", scope(), by)}
    assert {group: value for group, value in asked_arr.items() if value} == {
        group: part.arr for group, part in parts.items() if group and part.arr
    }


@pytest.mark.parametrize("by", SPLITS)
def test_the_parts_add_up_to_the_whole(world, scope, ledger, by):
    parts = revenue_by(ledger(), by)
    assert sum(part.arr for part in parts) == ask("arr", scope()).value == 1200 + 1500 + 1200 + 600 + 450
    assert sum(part.share for part in parts) == pytest.approx(100)


def test_parts_take_few_queries_whatever_there_is(world, ledger, django_assert_max_num_queries):
    of_all = ledger()
    with django_assert_max_num_queries(6):
        revenue_by(of_all, "segment")
        revenue_cohorts(of_all, "year")
        arr_and_movements(of_all)
        arr_levels(of_all, 24)
        whole(of_all)


def test_a_split_ledger_stays_narrowed(world, ledger):
    parts = {part.group: part.arr for part in revenue_by(ledger(attributes={"segment": "smb"}), "country")}
    assert parts == {"DE": 1200, "FR": 1500, "": 0}


def test_the_level_ends_with_the_arr_of_today_at_one_rate_throughout(world, scope, ledger):
    levels = {level.day: level.value for level in arr_levels(ledger(), 24)}
    assert len(levels) == 25
    assert levels[TODAY] == ask("arr", scope()).value
    assert levels[date(2024, 7, 1)] == 1200 + 700 + 400
    assert levels[date(2025, 12, 1)] == 1200 + 1500 + 1200 + 700 + 500 + 450
    assert list(levels)[:2] == [date(2024, 7, 1), date(2024, 8, 1)]


def test_the_level_begins_with_the_first_payment_and_is_unknown_without_a_rate(ledger):
    f.subscription(f.account(), date(2026, 4, 20), None, 100)
    assert [(each.day, each.value) for each in arr_levels(ledger(), 24)] == [
        (date(2026, 4, 1), 0),
        (date(2026, 5, 1), 100),
        (date(2026, 6, 1), 100),
        (TODAY, 100),
    ]
    f.subscription(f.account(), date(2026, 5, 20), None, 100, currency="JPY")
    assert [each.value for each in arr_levels(ledger(), 24)] == [0, 100, None, None]


def test_the_movements_of_customers_make_the_bars(world, ledger):
    measure, found = arr_and_movements(ledger())
    sums = {}
    for moves in found.moves.values():
        for move in moves:
            sums[move.movement] = sums.get(move.movement, 0) + move.amount
    bars = measure.beside
    assert sums == {
        "expansion": bars["expansion"],
        "contraction": bars["contraction"],
        "churn": bars["churn"],
    }
    assert (bars["churn"], bars["contraction"], bars["currency"]) == (-700, -800, 100)
    assert found.moves[world["lost"].pk][0].amount == -700
    assert [move.amount for move in found.moves[world["heir"].pk]] == [50]


def test_a_cohort_is_followed_from_each_customers_own_first_day(world, ledger):
    cohorts = {each.start.year: each for each in revenue_cohorts(ledger(), "year").rows}
    of_2024 = cohorts[2024]
    # grown, shrunk, lost, and the one that was taken over.
    assert (of_2024.customers, of_2024.opening) == (4, 1000 + 2000 + 700 + 400)
    assert [cell.step for cell in of_2024.cells] == [0, 1]
    begun, after_a_year = of_2024.cells
    assert (begun.gross, begun.net, begun.logos) == (100, 100, 100)
    left = (1000, 1200, 700, 400)
    assert after_a_year.gross == pytest.approx(100 * sum(left) / 4100)
    assert after_a_year.net == pytest.approx(100 * (1500 + 1200 + 700 + 400) / 4100)
    assert after_a_year.logos == 100
    assert [cell.net for cell in cohorts[2023].cells] == [100, 100, 100, 100]
    assert [len(each.cells) for each in revenue_cohorts(ledger(), "quarter").rows] == [13, 9, 8, 6]


def test_a_cohort_whose_rate_is_missing_is_unknown_but_its_customers_count(ledger):
    f.subscription(f.account(), date(2025, 1, 1), None, 100, currency="JPY")
    found = revenue_cohorts(ledger(), "year")
    (cohort,) = found.rows
    assert (cohort.customers, cohort.opening) == (1, None)
    assert [(cell.net, cell.logos) for cell in cohort.cells] == [(None, 100), (None, 100)]
    assert found.notes == ("There is no exchange rate for JPY in June 2026.",)


def test_nobody_without_the_right_to_revenue_is_answered():
    scope = Scope.of_revenue(f.user(is_staff=True), TODAY)
    with pytest.raises(PermissionDenied):
        Ledger(scope)
