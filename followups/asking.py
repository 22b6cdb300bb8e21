"""What campaigns know of follow-ups: whom to leave alone, and when a closed one is an occasion to ask."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date

from followups.models import FollowUp
from surveys.asking.days import local_day, midnight
from surveys.asking.ids import these
from surveys.asking.policy import Protected
from surveys.asking.standing import OPEN_CASES
from surveys.asking.turns import SOURCES, Occasion
from surveys.models import Campaign


def open_cases(accounts: Collection[int], day: date) -> Mapping[int, Protected]:
    """Return the accounts with an unfinished follow-up; when it ends nobody knows."""
    found = (
        FollowUp.objects.unfinished().filter(account__in=these(accounts)).values_list("account", flat=True)
    )
    return dict.fromkeys(found, Protected("a follow-up is open", None, is_passing=True))


def closed_cases(
    campaign: Campaign, accounts: Collection[int] | None, start: date, end: date
) -> Iterator[Occasion]:
    """Return the follow-ups that were closed in `[start, end)`; one with a contact is about them alone."""
    rows = FollowUp.objects.filter(closed_at__gte=midnight(start), closed_at__lt=midnight(end))
    rows = rows.exclude(account=None)
    for row in rows if accounts is None else rows.filter(account__in=accounts):
        if row.closed_at and row.account_id:
            day = local_day(row.closed_at)
            yield Occasion(day, row.account_id, str(row.pk), row.contact_id)


def add_sources() -> None:
    """Let campaigns know of follow-ups."""
    if open_cases not in OPEN_CASES:
        OPEN_CASES.append(open_cases)
    SOURCES[Campaign.Trigger.AFTER_FOLLOW_UP] = closed_cases
