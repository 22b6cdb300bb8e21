"""The dry run: whom campaigns would ask in the days to come, day by day, and whom they would leave alone."""

import heapq
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from surveys.asking.audiences import contacts_of
from surveys.asking.days import local_day, midnight
from surveys.asking.ledgers import ledger_around
from surveys.asking.policy import Ask, Ledger, Policy, Protected
from surveys.asking.standing import (
    AHEAD,
    Asked,
    Candidate,
    asks_of,
    candidates,
    objection,
)
from surveys.asking.turns import GRACE, SOURCES, Turn, first_day, turns
from surveys.models import Campaign, ContactPolicy

HORIZON = 90
DAY = timedelta(days=1)
# All that is asked of a contact here.
OF_CONTACTS = ("account", "email", "role", "time_zone", "erased_at", "unsubscribed_at", "bounced_at")


class Foreseen(NamedTuple):
    """One turn on one day: the contact is asked, or left alone for a reason until a day (None: for good).

    Campaign and contact are their numbers.
    """

    day: date
    campaign: int
    contact: int
    protected: Protected | None


class _Waiting(NamedTuple):
    """A turn that planning looks at on a day; campaigns that matter more come first, then older turns.

    No two are alike in what comes before the turn itself.
    """

    day: date
    priority: int
    campaign_id: int
    since: date
    account: int
    contact: int
    round: str
    turn: Turn
    campaign: Campaign
    candidate: Candidate


_SendingDay = Callable[[_Waiting, date], date]


def forecast(campaigns: Iterable[Campaign], *, now: datetime, days: int = HORIZON) -> Iterator[Foreseen]:
    """Return what these campaigns would do in so many days, beginning today, as the policy stands.

    Writes nothing. Events and follow-ups to come are not foreseen, nor what people answer or wish meanwhile.
    """
    today = local_day(now)
    end = today + timedelta(days=days)
    policy = ContactPolicy.objects.current()
    asked: dict[int, Asked] = {}
    waiting: list[_Waiting] = []
    for campaign in campaigns:
        taken, asked[campaign.pk] = asks_of(campaign)
        waiting += _waiting(campaign, taken, policy, now, end)
    heapq.heapify(waiting)
    rules = policy.rules()
    people = {one.turn.person for one in waiting}
    ledger = ledger_around(people, today, rules, days_ahead=days)
    yield from _play(waiting, ledger, rules, asked, now=now, end=end)


def _waiting(
    campaign: Campaign, taken: Collection[tuple[int, str]], policy: ContactPolicy, now: datetime, end: date
) -> Iterator[_Waiting]:
    today = local_day(now)
    ahead = (end - today).days + AHEAD
    contacts = contacts_of(campaign.audience, now=now).select_related(None).only(*OF_CONTACTS)
    found = candidates(contacts, campaign, policy, today, days_ahead=ahead)
    known = {one.person.contact: one for one in found}
    people = [one.person for one in known.values()]
    for turn in turns(campaign, people, first_day(campaign, today), end):
        if (turn.person.contact, turn.round) not in taken:
            yield _Waiting(
                day=max(turn.day, today),
                priority=campaign.survey.programme.priority,
                campaign_id=campaign.pk,
                since=turn.day,
                account=turn.person.account,
                contact=turn.person.contact,
                round=turn.round,
                turn=turn,
                campaign=campaign,
                candidate=known[turn.person.contact],
            )


def _play(
    waiting: list[_Waiting],
    ledger: Ledger,
    rules: Policy,
    asked: Mapping[int, Asked],
    *,
    now: datetime,
    end: date,
) -> Iterator[Foreseen]:
    sending_day = _sending_days(now)
    while waiting:
        one = heapq.heappop(waiting)
        if one.day >= end:
            return
        day = sending_day(one, one.day)
        found = objection(
            one.campaign, one.candidate, day, ledger=ledger, rules=rules, asked=asked[one.campaign_id]
        )
        if found is None:
            asked[one.campaign_id].add((one.contact, day))
            ledger.add(one.turn.person, Ask(day, one.priority))
        if day < end:
            yield Foreseen(day, one.campaign_id, one.contact, found)
        # The turn ends by the day of the look: on its last Saturday planning still takes it for Monday.
        look = _next_look(one, found.until, sending_day) if found and found.until else None
        if look and look <= _last_day(one.campaign, one.turn, end):
            heapq.heappush(waiting, one._replace(day=look))


def _next_look(one: _Waiting, until: date, sending_day: _SendingDay) -> date:
    """Return the first day on which planning finds a sending day that is not before `until`."""
    look = until
    while look - DAY > one.day and sending_day(one, look - DAY) >= until:
        look -= DAY
    return look


def _last_day(campaign: Campaign, turn: Turn, end: date) -> date:
    """Return the last day on which a turn may still be taken."""
    if campaign.trigger in SOURCES:
        last = turn.day + GRACE
    elif campaign.trigger == Campaign.Trigger.RECURRING:
        last = turn.day + timedelta(days=(campaign.days or 1) - 1)
    else:
        last = end
    return min(last, campaign.ends_on) if campaign.ends_on else last


def _sending_days(now: datetime) -> _SendingDay:
    """Return what finds the day on which a campaign's window opens next on a contact's clock.

    Planning begins at midnight. It is found once for all who live by one clock.
    """
    known: dict[tuple[date, int, str], date] = {}

    def sending_day(one: _Waiting, day: date) -> date:
        asked = day, one.campaign_id, one.candidate.contact.time_zone
        if asked not in known:
            begins_at = max(now, midnight(day))
            opens_at = one.campaign.window.next_open(begins_at, one.candidate.contact.zone)
            known[asked] = local_day(opens_at)
        return known[asked]

    return sending_day


def counts_by_day(foreseen: Sequence[Foreseen]) -> dict[date, tuple[int, int]]:
    """Return how many are asked and how many left alone on each day that has any."""
    counts: dict[date, tuple[int, int]] = {}
    for one in foreseen:
        asked, left = counts.get(one.day, (0, 0))
        counts[one.day] = (asked + (one.protected is None), left + (one.protected is not None))
    return counts
