"""Whose account it is: handed over, many at once, and taken back."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts.models import Account, HandOver, User

UNDONE_WITHIN = timedelta(minutes=15)
MOST = 5_000


class HandOverRefused(ValueError):
    """Too many accounts at once, someone who may not own any, or what was undone before."""


def may_hand_over(user: User) -> bool:
    """Whether the user says whose account it is: whoever changes accounts and sees all of them."""
    return user.sees_all_accounts and user.has_perm("accounts.change_account")


@transaction.atomic
def hand_over(accounts: Collection[int], *, to: User | None, by: User, now: datetime) -> HandOver | None:
    """Give the accounts among these that the user sees a new owner, or none; return None if all were so.

    Each change stands in the history of its account. Raises HandOverRefused.
    """
    _check(by, accounts)
    if to is not None and not (to.is_active and to.is_staff):
        raise HandOverRefused("Only who may log in can own accounts.")
    found = _locked(accounts, by)
    if not found:
        raise HandOverRefused("There are no such accounts.")
    changed = [each for each in found if each.owner_id != (to.pk if to else None)]
    if not changed:
        return None
    _give([(each, to) for each in changed], by)
    former = {str(each.pk): each.owner_id for each in changed}
    return HandOver.objects.create(by=by, to=to, former=former, made_at=now)


@transaction.atomic
def take_back(given: HandOver, *, by: User, now: datetime) -> int:
    """Give accounts back to whose they were; return how many.

    Left as they are: those handed on since, and those whose former owner may no longer log in. Raises
    HandOverRefused, also the second time and after `UNDONE_WITHIN`.
    """
    _check(by, given.former)
    if given.made_at <= now - UNDONE_WITHIN:
        raise HandOverRefused("That is too long ago.")
    if not HandOver.objects.filter(pk=given.pk, undone_at=None).update(undone_at=now):
        raise HandOverRefused("That was taken back already.")
    owners: dict[int | None, User | None] = {None: None}
    owners |= User.objects.filter(is_active=True, is_staff=True).in_bulk(set(given.former.values()) - {None})
    back = [
        (each, owners[given.former[str(each.pk)]])
        for each in _locked([int(key) for key in given.former], by)
        if each.owner_id == given.to_id and given.former[str(each.pk)] in owners
    ]
    _give(back, by)
    return len(back)


def _check(by: User, accounts: Collection[Any]) -> None:
    if not may_hand_over(by):
        raise HandOverRefused("You may not change owners.")
    if len(accounts) > MOST:
        raise HandOverRefused(f"At most {MOST:,} accounts at once.")


def _locked(accounts: Collection[int], by: User) -> list[Account]:
    rows: Any = Account.objects.visible_to(by).filter(pk__in=accounts)
    # In one order, so that two who hand over the same accounts wait for each other instead of blocking.
    return list(rows.select_for_update(of=("self",)).select_related("owner").order_by("pk"))


def _give(changes: Iterable[tuple[Account, User | None]], by: User) -> None:
    """Let each account be its new owner's, and put that on record."""
    kind, given = ContentType.objects.get_for_model(Account), defaultdict(list)
    for account, owner in changes:
        given[owner].append(account)
    for owner, accounts in given.items():
        LogEntry.objects.bulk_create(
            LogEntry(
                user=by,
                content_type=kind,
                object_id=str(each.pk),
                object_repr=each.name[:200],
                action_flag=CHANGE,
                change_message=f"Owner changed from {each.owner or 'nobody'} to {owner or 'nobody'}.",
            )
            for each in accounts
        )
        Account.objects.filter(pk__in=[each.pk for each in accounts]).update(owner=owner)
