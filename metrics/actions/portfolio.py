"""The likelihoods that lists of accounts are ordered by, counted again where they may have changed."""

from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.db.models import Q

from accounts.models.people import OPERATOR
from metrics.measures.scope import Scope
from metrics.measures.viewpoints import account_splits
from metrics.models import AccountNps

CHUNK = 2_000


def count_account_nps(*, day: date, accounts: Collection[int] | None = None) -> int:
    """Count the answers of these accounts, or of all, in the twelve months up to a day.

    Return how many accounts have any. Run twice or by two workers the rows are the same.
    """
    scope = Scope.of_answers(OPERATOR, day)
    only = None if accounts is None else Q(account__in=accounts)
    found = account_splits(scope, only)
    rows = [
        AccountNps(account_id=account, day=day, **groups._asdict())
        for account, groups in sorted(found.items())
    ]
    silent = AccountNps.objects.exclude(account__in=found)
    if accounts is not None:
        silent = silent.filter(account__in=accounts)
    with transaction.atomic():
        silent.delete()
        AccountNps.objects.bulk_create(
            rows,
            batch_size=CHUNK,
            update_conflicts=True,
            unique_fields=["account"],
            update_fields=["day", "detractors", "passives", "promoters"],
        )
    return len(rows)


def count_missing_nps(*, today: date) -> int:
    """Count again once a day has passed, for then answers have grown too old; return how many accounts."""
    oldest = AccountNps.objects.order_by("day").values_list("day", flat=True).first()
    return 0 if oldest and oldest >= today else count_account_nps(day=today)
