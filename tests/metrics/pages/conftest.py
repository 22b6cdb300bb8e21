"""People with their roles, and the canary that shows where revenue gets to."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import Account, User
from accounts.roles import ACCOUNT_MANAGER, EXECUTIVE
from tests import factories as f

# An amount that nothing else is likely to print (SECURITY T25).
CANARY = Decimal("987654.32")


@pytest.fixture
def someone() -> Callable[..., User]:
    """Make someone with a role who may enter the admin."""

    def make(role: str = EXECUTIVE, **fields: object) -> User:
        user = f.user(is_staff=True, **fields)
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def seen_by() -> Callable[[User], Client]:
    """Return the browser of someone who has logged in."""

    def log_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return log_in


@pytest.fixture
def executive(someone: Callable[..., User], seen_by: Callable[[User], Client]) -> Client:
    """Someone who sees every account and revenue."""
    return seen_by(someone(EXECUTIVE))


@pytest.fixture
def manager(someone: Callable[..., User]) -> User:
    """Someone who sees their own accounts and no revenue."""
    return someone(ACCOUNT_MANAGER)


@pytest.fixture
def today() -> date:
    """The day that the pages take for today."""
    return timezone.localdate()


def pays_the_canary(account: Account, today: date) -> None:
    """Let the account pay the canary amount a year: renewed a month ago, and due again in two."""
    begun, renewed, due = (today + timedelta(days=days) for days in (-700, -30, 60))
    last = f.subscription(account, begun, renewed, CANARY)
    f.subscription(account, renewed, due, CANARY, renews=last)
