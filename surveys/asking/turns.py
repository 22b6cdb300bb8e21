"""When the turn of each contact of a campaign comes, and what the turn is called."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from accounts.models import Event, Subscription
from accounts.models.revenue import Subscriptions
from surveys.asking.days import local_day, midnight
from surveys.asking.policy import Person
from surveys.asking.windows import latest_turn
from surveys.models import Campaign

# So long a turn that was missed, or that the contact policy put off, is made up for.
GRACE = timedelta(days=7)


class Turn(NamedTuple):
    """The day from which on a campaign asks a person; the round tells it from their other turns."""

    day: date
    person: Person
    round: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """What happened to an account on a day, or to one contact of it, that a campaign asks about."""

    day: date
    account: int
    key: str
    contact: int | None = None


# The occasions of a campaign in [start, end), at these accounts or (None) at all.
Source = Callable[[Campaign, Collection[int] | None, date, date], Iterable[Occasion]]


def first_day(campaign: Campaign, today: date) -> date:
    """Return the first day whose turns are still to be taken today."""
    match campaign.trigger:
        case Campaign.Trigger.ONCE:
            since = campaign.starts_on
        case Campaign.Trigger.RECURRING:
            since = today - timedelta(days=(campaign.days or 1) - 1)
        case _:
            since = today - GRACE
    return max(since, campaign.starts_on)


def turns(campaign: Campaign, people: Iterable[Person], start: date, end: date) -> Iterator[Turn]:
    """Return the turns that come in `[start, end)` to these people."""
    start = max(start, campaign.starts_on)
    if campaign.ends_on:
        end = min(end, campaign.ends_on + timedelta(days=1))
    if campaign.trigger == Campaign.Trigger.ONCE:
        if start <= campaign.starts_on < end:
            yield from (Turn(campaign.starts_on, person, "once") for person in people)
    elif campaign.trigger == Campaign.Trigger.RECURRING:
        yield from _recurring(campaign, people, start, end)
    else:
        yield from _by_occasion(campaign, people, start, end)


def _recurring(campaign: Campaign, people: Iterable[Person], start: date, end: date) -> Iterator[Turn]:
    every_days = campaign.days or 1
    for person in people:
        day = latest_turn(end - timedelta(days=1), f"{campaign.pk}:{person.contact}", every_days)
        while day >= start:
            yield Turn(day, person, day.isoformat())
            day -= timedelta(days=every_days)


def _by_occasion(campaign: Campaign, people: Iterable[Person], start: date, end: date) -> Iterator[Turn]:
    staff = defaultdict(list)
    for person in people:
        staff[person.account].append(person)
    for occasion in SOURCES[campaign.trigger](campaign, staff, start, end):
        for person in staff.get(occasion.account, ()):
            if occasion.contact in {None, person.contact}:
                yield Turn(occasion.day, person, f"{campaign.trigger}:{occasion.key}")


def starts(
    campaign: Campaign, accounts: Collection[int] | None, start: date, end: date
) -> Iterator[Occasion]:
    """Return the N-th days after subscriptions start; a renewal is no start, the customer has been there."""
    days = timedelta(days=campaign.days or 0)
    begun = _of(accounts).filter(renews=None)
    for row in begun.filter(starts_on__gte=start - days, starts_on__lt=end - days):
        yield Occasion(row.starts_on + days, row.account_id, str(row.pk))


def renewals(
    campaign: Campaign, accounts: Collection[int] | None, start: date, end: date
) -> Iterator[Occasion]:
    """Return the N-th days before subscriptions end for which neither notice nor a renewal is there."""
    days = timedelta(days=campaign.days or 0)
    for row in _of(accounts).filter(renewals=None).due(start + days, end + days):
        if row.ends_on:
            yield Occasion(row.ends_on - days, row.account_id, str(row.pk))


def events(
    campaign: Campaign, accounts: Collection[int] | None, start: date, end: date
) -> Iterator[Occasion]:
    """Return the events of the campaign's name; one about a contact is an occasion for nobody else."""
    rows = Event.objects.filter(
        name=campaign.event, occurred_at__gte=midnight(start), occurred_at__lt=midnight(end)
    )
    for row in rows if accounts is None else rows.filter(account__in=accounts):
        day = local_day(row.occurred_at)
        yield Occasion(day, row.account_id, str(row.pk), row.contact_id)


def _of(accounts: Collection[int] | None) -> Subscriptions:
    kept = Subscription.objects.filter(cancelled_on=None)
    return kept if accounts is None else kept.filter(account__in=accounts)


# Which occasions a trigger has. What lies above the surveys adds its own.
SOURCES: dict[str, Source] = {
    Campaign.Trigger.EVENT: events,
    Campaign.Trigger.AFTER_START: starts,
    Campaign.Trigger.BEFORE_RENEWAL: renewals,
}
