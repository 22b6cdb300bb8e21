"""Back-tests that are kept: the same as worked out at once, and never those of other contracts."""

import json
from datetime import timedelta

import pytest

from accounts.models import Subscription
from accounts.models.people import OPERATOR
from metrics.actions.findings import keep_backtests
from metrics.formulas.health import Band
from metrics.measures.backtest import Verdict, judged
from metrics.measures.foretold import (
    MONTHS,
    MOST_AT_ONCE,
    Foretold,
    foretold,
    from_document,
    to_document,
    window_scope,
    worked_out,
)
from metrics.models import Finding, Health, Scorecard
from tests import factories as f
from tests.metrics.measures.test_backtest import outcomes, scores

TODAY = f.NOON.date()
OF_ALL = window_scope(OPERATOR, TODAY, 24)


def test_a_document_holds_all_of_it():
    decided = outcomes(1)
    values = scores(decided, 2, effect=1.0)
    bands = {position: Band.RED if value < 6000 else Band.GREEN for position, value in values.items()}
    health = judged("health", 90, decided, values, bands=bands, replays=1, persons=2)
    found = Foretold([health], [judged("nps", 90, decided[:20], {}), judged("nps", 60, decided, values)])
    assert health.verdict is Verdict.EVIDENCE
    assert from_document(json.loads(json.dumps(to_document(found)))) == found


@pytest.fixture
def company(db):
    """Accounts whose contracts ended half a year ago: one in three left, and was unhappy before."""
    ended = TODAY - timedelta(days=200)
    scorecard = Scorecard.objects.create(
        number=1, weights={}, content_hash="", valid_from=ended - timedelta(days=365), created_at=f.NOON
    )
    for number in range(12):
        account = f.account(owner=f.user() if number == 0 else None)
        last = f.subscription(account, ended - timedelta(days=365), ended, 1000)
        if number % 3:
            f.subscription(account, ended, ended + timedelta(days=365), 1000, renews=last)
        Health.objects.create(
            account=account,
            scorecard=scorecard,
            day=ended - timedelta(days=90),
            score=8000 if number % 3 else 3000,
            base=5000,
            confidence=9000,
            band="green" if number % 3 else "red",
            parts=[],
            computed_at=f.NOON - timedelta(days=290),
        )


def test_what_is_kept_is_what_would_be_worked_out(company, django_assert_num_queries):
    expected = worked_out(OF_ALL, with_replays=False)
    assert (expected.health[0].due, expected.health[0].lost, expected.health[0].test.auc) == (12, 4, 1)
    assert keep_backtests(today=TODAY, now=f.NOON) == 2 * len(MONTHS)
    with django_assert_num_queries(2):
        found = foretold(OF_ALL, 24, with_replays=False)
    assert found._replace(found_at=None, as_of=None) == expected
    assert (found.found_at, found.as_of) == (f.NOON, TODAY)


def test_they_are_worked_out_once_a_day_and_when_contracts_change(company):
    def again(day=TODAY):
        return keep_backtests(today=day, now=f.NOON)

    assert [again(), again(), again(TODAY + timedelta(days=1))] == [6, 0, 6]
    assert Finding.objects.count() == 6
    Subscription.objects.filter(renews=None).first().delete()
    assert again(TODAY + timedelta(days=1)) == 6


def test_few_contracts_a_stopped_worker_or_fewer_accounts_are_worked_out_at_once(company):
    keep_backtests(today=TODAY, now=f.NOON)
    late = window_scope(OPERATOR, TODAY + timedelta(days=3), 24)
    assert foretold(late, 24, with_replays=False).found_at is None
    owner = Subscription.objects.first().account.owner
    own = foretold(window_scope(owner, TODAY, 24), 24, with_replays=False)
    assert (own.found_at, own.health[0].due) == (None, 1)
    Subscription.objects.filter(renews=None).update(annual_value=0)
    changed = foretold(OF_ALL, 24, with_replays=False)
    assert (changed.found_at, changed.health[0].due) == (None, 0)


def test_many_contracts_are_left_to_the_worker_and_what_it_kept_says_that_it_is_behind(company):
    f.many_terms(MOST_AT_ONCE, on=TODAY - timedelta(days=200))
    assert foretold(OF_ALL, 24, with_replays=False) is None
    keep_backtests(today=TODAY, now=f.NOON)
    kept = foretold(OF_ALL, 24, with_replays=False)
    assert (kept.as_of, kept.have_changed, kept.is_behind) == (TODAY, False, False)
    late = foretold(window_scope(OPERATOR, TODAY + timedelta(days=3), 24), 24, with_replays=False)
    assert (late.as_of, late.have_changed, late.is_behind) == (TODAY, False, True)

    Subscription.objects.filter(account__name="Many").first().delete()
    changed = foretold(OF_ALL, 24, with_replays=False)
    assert (changed.have_changed, changed.is_behind) == (True, True)
    assert (changed.health, changed.nps) == (kept.health, kept.nps)
    owner = Subscription.objects.exclude(account__owner=None).first().account.owner
    assert foretold(window_scope(owner, TODAY, 24), 24, with_replays=False).found_at is None

    keep_backtests(today=TODAY, now=f.NOON)
    again = foretold(OF_ALL, 24, with_replays=False)
    assert (again.is_behind, again.health[0].due) == (False, kept.health[0].due - 1)
