"""The contact policy: whom it protects on a day, for which reason and until when. Pure.

Every rule of it is a cap: at most so many asks in any so many days in a row to one contact, account or mail
domain. Quiet days are the cap of one ask to one contact. Asks that are planned count like those that were
sent, except that a programme does not wait for the plans of one that matters less.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Literal, NamedTuple

Per = Literal["contact", "account", "domain"]
PER: tuple[Per, ...] = ("contact", "account", "domain")
# The priority of what went out: it counts for every programme.
SENT = 0


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `limit` asks in any `days` consecutive days to one contact, account or domain.

    With a role only contacts of that role are counted and protected.
    """

    per: Per
    limit: int
    days: int
    role: str = ""

    def __str__(self) -> str:
        whom = f"{self.role.replace('_', '-')}s of one {self.per}" if self.role else f"one {self.per}"
        return f"at most {self.limit} to {whom} in {self.days} days"


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules in force: quiet days of each contact (0: none), and further caps."""

    quiet_days: int = 0
    caps: tuple[Cap, ...] = ()

    @property
    def horizon(self) -> int:
        """How many days before and after an ask another one matters, at most."""
        return max((self.quiet_days, *(cap.days for cap in self.caps)))


class Person(NamedTuple):
    """Whom a campaign would ask; `quiet_days` is what they wished for themselves."""

    contact: int
    account: int
    domain: str
    role: str
    quiet_days: int = 0


class Ask(NamedTuple):
    """One ask on a day; `priority` orders plans, 1 comes first."""

    day: date
    priority: int = SENT


@dataclass(frozen=True, slots=True)
class Protected:
    """Why nobody is asked on a day, and the first day on which they may be, None where none is known.

    Without a day it is for good, unless it ends with something that is not in our hands.
    """

    reason: str
    until: date | None
    is_passing: bool = False


@dataclass(slots=True)
class Ledger:
    """The asks that are known, by whom they went to; counted `per` these alone."""

    per: Collection[Per] = PER
    _asks: dict[tuple[Per, int | str, str], list[Ask]] = field(default_factory=lambda: defaultdict(list))

    def add(self, person: Person, ask: Ask) -> None:
        """Enter one ask."""
        for key in self._keys(person):
            self._asks[key].append(ask)

    def of(self, person: Person, per: Per, role: str) -> Iterable[Ask]:
        """Return the asks that a cap counts for a person."""
        value: int | str = getattr(person, per)
        return self._asks.get((per, value, "" if per == "contact" else role), ())

    def _keys(self, person: Person) -> Iterator[tuple[Per, int | str, str]]:
        """Return what an ask is counted under; of one contact all are of one role."""
        for per in self.per:
            if per == "contact":
                yield per, person.contact, ""
            elif value := getattr(person, per):
                for role in {"", person.role}:
                    yield per, value, role


def protection(
    person: Person, day: date, ledger: Ledger, policy: Policy, *, priority: int
) -> Protected | None:
    """Return why a person is left alone on a day, by the rule that lasts longest, or None."""
    first = _longest(person, day, ledger, policy, priority)
    if first is None:
        return None
    until = first.until
    # Free of one rule the next may hold.
    while until and (next_one := _longest(person, until, ledger, policy, priority)):
        until = next_one.until
    return Protected(first.reason, until)


def _longest(person: Person, day: date, ledger: Ledger, policy: Policy, priority: int) -> Protected | None:
    found = []
    for reason, cap in _rules(person, policy):
        asked = [ask.day for ask in ledger.of(person, cap.per, cap.role) if ask.priority <= priority]
        free = _first_free_day(cap, day, asked) if asked or cap.limit < 1 else day
        if free != day:
            found.append(Protected(reason, free))
    return max(found, key=lambda one: one.until or date.max, default=None)


def _rules(person: Person, policy: Policy) -> Iterator[tuple[str, Cap]]:
    quiet_days = max(policy.quiet_days, person.quiet_days)
    if quiet_days:
        reason = "asked for less" if person.quiet_days > policy.quiet_days else "quiet days"
        yield reason, _quiet(quiet_days)
    for cap in policy.caps:
        if cap.role in {"", person.role} and (cap.per != "domain" or person.domain):
            yield f"cap: {cap}", cap


@cache
def _quiet(days: int) -> Cap:
    return Cap("contact", 1, days)


def _first_free_day(cap: Cap, day: date, asked: list[date]) -> date | None:
    """Return the first day, `day` or later, on which one more ask breaks no window; None: there is none."""
    if cap.limit < 1:
        return None
    span = timedelta(days=cap.days)
    while _is_crowded(cap, day, asked):
        # Nothing changes before the next of the asks around has left the window.
        day = min(other + span for other in asked if other + span > day)
    return day


def _is_crowded(cap: Cap, day: date, asked: list[date]) -> bool:
    """Return whether some window around the day is full; the fullest begin with an ask, or on the day."""
    span = timedelta(days=cap.days)
    near = [other for other in asked if day - span < other < day + span]
    if len(near) < cap.limit:
        return False
    starts = {day, *(other for other in near if other <= day)}
    return any(sum(start <= other < start + span for other in near) >= cap.limit for start in starts)
