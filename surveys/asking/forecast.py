"""The dry run: whom campaigns would ask in the days to come, day by day, and whom they would leave alone."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.conf import settings

from accounts.models import Contact
from surveys.asking.audiences import contacts_of
from surveys.asking.days import local_day, midnight
from surveys.asking.policy import Ask, Ledger, Policy, Protected, protection
from surveys.asking.standing import Candidate, block_of, candidates, ledger_around
from surveys.asking.turns import GRACE, SOURCES, Turn, first_day, turns
from surveys.models import Campaign, ContactPolicy

HORIZON = 90
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One turn on one day: the contact is asked, or left alone for a reason until a day (None: for good)."""

    day: date
    campaign: Campaign
    contact: Contact
    protected: Protected | None


@dataclass(frozen=True, slots=True, order=True)
class _Waiting:
    """A turn that planning looks at on a day; campaigns that matter more come first, then older turns."""

    day: date
    priority: int
    campaign_id: int
    since: date
    account: int
    contact: int
    round: str
    turn: Turn = field(compare=False)
    campaign: Campaign = field(compare=False)
    candidate: Candidate = field(compare=False)


def forecast(campaigns: Iterable[Campaign], *, now: datetime, days: int = HORIZON) -> Iterator[Foreseen]:
    """Return what these campaigns would do in so many days, beginning today, as the policy stands.

    Writes nothing. Events and follow-ups to come are not foreseen, nor what people answer or wish meanwhile.
    """
    today = local_day(now)
    end = today + timedelta(days=days)
    policy = ContactPolicy.objects.current()
    waiting = [one for campaign in campaigns for one in _waiting(campaign, policy, now, today, end)]
    heapq.heapify(waiting)
    rules = policy.rules()
    people = {one.turn.person for one in waiting}
    ledger = ledger_around(people, today, rules, days_ahead=days)
    yield from _play(waiting, ledger, rules, end)


def _waiting(
    campaign: Campaign, policy: ContactPolicy, now: datetime, today: date, end: date
) -> Iterator[_Waiting]:
    contacts = contacts_of(campaign.audience, now=now)
    known = {one.person.contact: one for one in candidates(contacts, campaign, policy, today)}
    taken = set(campaign.invitations.values_list("contact", "round"))
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


def _play(waiting: list[_Waiting], ledger: Ledger, rules: Policy, end: date) -> Iterator[Foreseen]:
    while waiting:
        one = heapq.heappop(waiting)
        if one.day >= end:
            return
        day = _sending_day(one.campaign, one.day)
        found = block_of(one.campaign, one.candidate, day) or protection(
            one.turn.person, day, ledger, rules, priority=one.priority
        )
        if found is None:
            ledger.add(one.turn.person, Ask(day, one.priority))
        if day < end:
            yield Foreseen(day, one.campaign, one.candidate.contact, found)
        # The turn ends by the day of the look: on its last Saturday planning still takes it for Monday.
        look = _next_look(one, found.until) if found and found.until else None
        if look and look <= _last_day(one.campaign, one.turn, end):
            heapq.heappush(waiting, replace(one, day=look))


def _next_look(one: _Waiting, until: date) -> date:
    """Return the first day on which planning finds a sending day that is not before `until`."""
    look = until
    while look - DAY > one.day and _sending_day(one.campaign, look - DAY) >= until:
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


def _sending_day(campaign: Campaign, day: date) -> date:
    """Return the first day, `day` or later, on which the campaign's window opens."""
    return local_day(campaign.window.next_open(midnight(day), settings.REPORTING_ZONE))


def counts_by_day(foreseen: Sequence[Foreseen]) -> dict[date, tuple[int, int]]:
    """Return how many are asked and how many left alone on each day that has any."""
    counts: dict[date, tuple[int, int]] = {}
    for one in foreseen:
        asked, left = counts.get(one.day, (0, 0))
        counts[one.day] = (asked + (one.protected is None), left + (one.protected is not None))
    return counts
