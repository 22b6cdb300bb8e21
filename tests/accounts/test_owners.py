"""Handing accounts over and taking them back: only what one sees, only by who may, each on record."""

import pytest
from django.contrib.admin.models import LogEntry

from accounts.actions import owners as action
from accounts.actions.owners import MOST, HandOverRefused, may_hand_over, take_back
from accounts.models import Account, HandOver, User
from accounts.roles import ACCOUNT_MANAGER, ADMINISTRATOR, ANALYST, EXECUTIVE
from tests import factories as f
from tests.accounts.staff import almighty_but, member

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator():
    return member(ADMINISTRATOR)


def hand_over(accounts, *, to, by):
    made = action.hand_over(accounts, to=to, by=by, now=f.NOON)
    return len(made.former) if made else 0


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
        with django_assert_num_queries(6):
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


def test_taking_back_gives_each_account_to_whose_it_was(administrator):
    old, new, later = (member(ACCOUNT_MANAGER) for _ in range(3))
    accounts = [f.account(owner=old), f.account(), f.account(owner=new), f.account(owner=old)]
    made = action.hand_over([each.pk for each in accounts], to=new, by=administrator, now=f.NOON)
    hand_over([accounts[3].pk], to=later, by=administrator)
    assert take_back(made, by=administrator, now=f.NOON) == 2
    assert owners() == [old.email, None, new.email, later.email]
    assert LogEntry.objects.first().change_message.startswith(f"Owner changed from {new} to ")
    with pytest.raises(HandOverRefused, match="already"):
        take_back(made, by=administrator, now=f.NOON)
    assert owners() == [old.email, None, new.email, later.email]


def test_nothing_is_given_back_to_who_has_left(administrator):
    old, new = member(ACCOUNT_MANAGER), member(ACCOUNT_MANAGER)
    made = action.hand_over([f.account(owner=old).pk], to=new, by=administrator, now=f.NOON)
    User.objects.filter(pk=old.pk).update(is_active=False)
    assert take_back(made, by=administrator, now=f.NOON) == 0
    assert owners() == [new.email]


def test_who_may_not_takes_nothing_back(administrator):
    old, new = member(ACCOUNT_MANAGER), member(ACCOUNT_MANAGER)
    made = action.hand_over([f.account(owner=old).pk], to=new, by=administrator, now=f.NOON)
    with pytest.raises(HandOverRefused, match="may not"):
        take_back(made, by=old, now=f.NOON)
    assert owners() == [new.email]


def test_what_changes_nothing_leaves_nothing_to_take_back(administrator):
    owner = member(ACCOUNT_MANAGER)
    assert action.hand_over([f.account(owner=owner).pk], to=owner, by=administrator, now=f.NOON) is None
    assert not HandOver.objects.exists()
    assert not LogEntry.objects.exists()
