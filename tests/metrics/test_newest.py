from datetime import date

import pytest

from accounts.models import Signal
from metrics.models import Health, Scorecard
from tests import factories as f

pytestmark = pytest.mark.django_db


def test_newest_health_is_one_row_an_account_whatever_their_names():
    scorecard = Scorecard.objects.create(number=1, weights={}, valid_from=f.NOON.date(), created_at=f.NOON)
    for account in (f.account(name="Zebra"), f.account(name="Ant")):
        for day, score in ((date(2026, 6, 1), 5000), (date(2026, 6, 2), 6000), (date(2026, 6, 9), 7000)):
            Health.objects.create(
                account=account,
                scorecard=scorecard,
                day=day,
                score=score,
                base=5000,
                confidence=10_000,
                band="yellow",
                parts=[],
                computed_at=f.NOON,
            )
    assert [health.score for health in Health.objects.newest_on(date(2026, 6, 8))] == [6000, 6000]


def test_newest_signal_is_one_row_a_key_of_an_account():
    for account in (f.account(name="Zebra"), f.account(name="Ant")):
        for day, value in ((date(2026, 6, 1), 1), (date(2026, 6, 2), 2)):
            f.signal(account, "seats", day, value)
    assert [signal.value for signal in Signal.objects.newest()] == [2, 2]
