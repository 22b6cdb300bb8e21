"""Handing accounts over: only what one sees, only by who may, each on record."""

import pytest
from django.contrib.admin.models import LogEntry

from accounts.actions.owners import MOST, HandOverRefused, hand_over, may_hand_over
from accounts.models import Account
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, EXECUTIVE
from tests import factories as f
from tests.accounts.staff import almighty_but, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return member(ADMINISTRATOR)


def owners():
    return list(Account.objects.order_by("pk").values_list("owner__email", flat=True))


def test_accounts_change_owner_and_each_change_is_on_record(administrator):
    old, new = member(ACCOUNT_MANAGER), member(ACCOUNT_MANAGER)
    accounts = [f.account(owner=old), f.account(), f.account(owner=new), f.account(owner=old)]
    assert hand_over([each.pk for each in accounts[:3]], to=new, by=administrator) == 2
    assert owners() == [new.email, new.email, new.email, old.email]
    lines = LogEntry.objects.order_by("object_id").values_list("object_id", "user", "change_message")
    assert list(lines) == [
        (str(accounts[0].pk), administrator.pk, f"Owner changed from {old} to {new}."),
        (str(accounts[1].pk), administrator.pk, f"Owner changed from nobody to {new}."),
    ]


def test_accounts_can_be_left_without_an_owner(administrator):
    account = f.account(owner=member(ACCOUNT_MANAGER))
    assert hand_over([account.pk], to=None, by=administrator) == 1
    assert owners() == [None]


def test_it_takes_the_same_queries_for_many(administrator, django_assert_num_queries):
    administrator.has_perm("accounts.change_account")
    for count in (2, 40):
        accounts, new = [f.account().pk for _ in range(count)], member(ACCOUNT_MANAGER)
        with django_assert_num_queries(5):
            hand_over(accounts, to=new, by=administrator)


@pytest.mark.parametrize("role", [ACCOUNT_MANAGER, ANALYST, EXECUTIVE])
def test_who_may_not_is_refused(role):
    user = member(role)
    account = f.account(owner=user)
    assert not may_hand_over(user)
    with pytest.raises(HandOverRefused, match="may not"):
        hand_over([account.pk], to=None, by=user)
    assert owners() == [user.email]


def test_it_takes_seeing_every_account():
    user = almighty_but("view_all_accounts")
    account = f.account(owner=user)
    with pytest.raises(HandOverRefused):
        hand_over([account.pk], to=None, by=user)


def test_nobody_who_cannot_log_in_is_given_accounts(administrator):
    account = f.account()
    for gone in (f.user(is_staff=True, is_active=False), f.user()):
        with pytest.raises(HandOverRefused, match="log in"):
            hand_over([account.pk], to=gone, by=administrator)
    assert owners() == [None]


def test_it_is_bounded(administrator):
    with pytest.raises(HandOverRefused, match="At most"):
        hand_over(range(MOST + 1), to=None, by=administrator)
