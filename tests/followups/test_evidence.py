"""Follow-ups weigh on the health of an account as long as they are open."""

from datetime import timedelta

import pytest

from followups.models import FollowUp
from metrics.actions.health import score_accounts
from metrics.models import Health
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = make.NOON
TODAY = NOW.date()


def case(account, *, due_in=3, reason=FollowUp.Reason.SCORE, contact=None, **fields):
    opened = fields.pop("opened_at", NOW - timedelta(days=5))
    return FollowUp.objects.create(
        account=account,
        contact=contact,
        reason=reason,
        about="A detractor",
        due_on=TODAY + timedelta(days=due_in),
        opened_at=opened,
        **fields,
    )


def part(account, key="follow_up", day=TODAY):
    score_accounts(day=day, now=NOW + (day - TODAY))
    parts = Health.objects.get(account=account, day=day).parts
    return next((each for each in parts if each["key"] == key), None)


def test_open_cases_take_points_and_none_is_known_to_be_well():
    unhappy, quiet = make.account(), make.account()
    assert part(unhappy) is None
    case(unhappy)
    case(unhappy, due_in=-4)
    found = part(unhappy)
    assert (found["score"], found["freshness"]) == (100_00 - 20_00 - 28_00, 10_000)
    assert found["facts"] == {"open_cases": 2, "late_days": 4}
    assert part(quiet)["score"] == 10_000


def test_a_closed_case_counts_on_the_days_before_only():
    account = make.account()
    case(account, state="closed", closed_at=NOW)
    assert part(account)["score"] == 10_000
    assert part(account, day=TODAY - timedelta(days=1))["score"] == 8000


def test_what_health_itself_opened_does_not_pull_it_further_down():
    account = make.account()
    case(account)
    case(account, reason=FollowUp.Reason.HEALTH)
    assert part(account)["facts"]["open_cases"] == 1


@pytest.mark.parametrize(("due_in", "score"), [(0, None), (-1, 4900)])
def test_a_decision_makers_case_past_its_due_date_caps_the_health(due_in, score):
    account = make.account()
    chief = make.contact(account, role="decision_maker")
    case(account, due_in=due_in, contact=chief)
    cap = part(account, "decision_maker_case_late")
    assert (cap and cap["score"]) == score


def test_an_open_case_is_a_failed_check_before_a_renewal():
    account = make.account()
    make.subscription(account, TODAY - timedelta(days=335), TODAY + timedelta(days=30), 100)
    case(account)
    assert part(account, "renewal_readiness")["facts"]["checks"]["no_open_case"] is False
