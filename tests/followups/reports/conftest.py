"""A company with one good and one bad month behind it, and its people."""

from datetime import UTC, date, datetime

import pytest

from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from metrics.models import Health, Scorecard
from tests import factories as f
from tests.accounts.staff import member

MONTH = date(2026, 5, 1)
# A Monday, after the mails of the morning are due.
MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def executive():
    return member(EXECUTIVE)


@pytest.fixture
def manager():
    return member(ACCOUNT_MANAGER)


@pytest.fixture
def mine(manager):
    return f.account(name="Alpha", owner=manager)


@pytest.fixture
def theirs():
    return f.account(name="Zulu", owner=f.user())


@pytest.fixture
def card():
    return Scorecard.objects.create(number=1, weights={}, valid_from=date(2026, 1, 1), created_at=f.NOON)


@pytest.fixture
def feels(card):
    """Write the health of an account on a day."""

    def write(account, day, score, band, *, scorecard=card, parts=()):
        Health.objects.create(
            account=account, scorecard=scorecard, day=day, score=100 * score, base=6500,
            confidence=9000, band=band, parts=list(parts), computed_at=f.NOON,
        )  # fmt: skip

    return write
