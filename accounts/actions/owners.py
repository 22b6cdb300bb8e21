"""Whose account it is: handed over, many at once."""

from collections.abc import Collection
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts.models import Account, User

MOST = 5_000


class HandOverRefused(ValueError):
    """Too many accounts at once, or someone who may not own any."""


def may_hand_over(user: User) -> bool:
    """Whether the user says whose account it is: whoever changes accounts and sees all of them."""
    return user.sees_all_accounts and user.has_perm("accounts.change_account")


@transaction.atomic
def hand_over(accounts: Collection[int], *, to: User | None, by: User) -> int:
    """Give the accounts among these that the user sees a new owner, or none; return how many had another.

    Each change stands in the history of its account. Raises HandOverRefused.
    """
    if not may_hand_over(by):
        raise HandOverRefused("You may not change owners.")
    if len(accounts) > MOST:
        raise HandOverRefused(f"At most {MOST:,} accounts at once.")
    if to is not None and not (to.is_active and to.is_staff):
        raise HandOverRefused("Only who may log in can own accounts.")
    rows: Any = Account.objects.visible_to(by).filter(pk__in=accounts)
    # In one order, so that two who hand over the same accounts wait for each other instead of blocking.
    locked = list(rows.select_for_update(of=("self",)).select_related("owner").order_by("pk"))
    changed = [each for each in locked if each.owner_id != (to.pk if to else None)]
    kind = ContentType.objects.get_for_model(Account)
    LogEntry.objects.bulk_create(
        LogEntry(
            user=by,
            content_type=kind,
            object_id=str(each.pk),
            object_repr=each.name[:200],
            action_flag=CHANGE,
            change_message=f"Owner changed from {each.owner or 'nobody'} to {to or 'nobody'}.",
        )
        for each in changed
    )
    Account.objects.filter(pk__in=[each.pk for each in changed]).update(owner=to)
    return len(changed)
