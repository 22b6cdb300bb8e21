"""What the demo company wants to reach: targets of the company and of parts of it, set nine months ago.

Each begins at what its metric was on that day. The targets are chosen with hindsight, so that some goals are
reached, some on track and some not; what went the wrong way is behind whatever was wanted.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from accounts.models import Team, User
from config.demo.places import DACH, LATIN_AMERICA
from metrics.formulas.days import month_of, months_later
from metrics.measures.measure import Measure
from metrics.measures.targets import measured_on
from metrics.models import Target

SET_MONTHS_AGO, AHEAD_MONTHS = 9, 3
# Which part of the way from start to target has been gone by today, of which 75% to 84% lie behind.
REACHED, ON_TRACK, BEHIND = 1.15, 0.9, 0.4


class Wish(NamedTuple):
    """How far a goal has got where its metric moved the right way, and what was wanted more elsewhere.

    `step` is what its target is a multiple of; both are in the metric's unit.
    """

    metric: str
    gone: float
    more: float
    step: float = 0.5


COMPANY = (
    Wish("nps", ON_TRACK, 5, 1),
    Wish("health", BEHIND, 8),
    Wish("grr", REACHED, 2),
    Wish("nrr", REACHED, 3),
    Wish("renewal_rate", BEHIND, 3),
    Wish("clv", ON_TRACK, 50_000, 10_000),
    Wish("csat", ON_TRACK, 3),
    Wish("ces", ON_TRACK, 3),
)
ENTERPRISE = Wish("nps", REACHED, 5, 1)
TEAMS = ((DACH, Wish("nps", BEHIND, 5, 1)), (LATIN_AMERICA, Wish("nps", BEHIND, 6, 1)))


def targets(today: date, *, executive: User) -> Iterator[Target]:
    """Yield the targets; the executive answers for those of the company, a manager for those of the team.

    Reads the metrics, so what they are made of has to be there.
    """
    by = month_of(months_later(today, AHEAD_MONTHS)).start
    since = months_later(by, -SET_MONTHS_AGO - AHEAD_MONTHS)
    wishes = list(_wishes(executive))
    wanted = [Target(metric=wish.metric, starts_on=since, by=by, **rest) for wish, rest in wishes]
    stood, stand = (measured_on(day, wanted, executive) for day in (since, today))
    for (wish, _), target, before, now in zip(wishes, wanted, stood, stand, strict=True):
        if before.value is None:
            # A company too small to have a value then has a goal without a start.
            target.starts_on = None
        else:
            target.start = round(Decimal(before.value), 2)
        target.value = _aim(wish, before, now)
        yield target


def _wishes(executive: User) -> Iterator[tuple[Wish, dict[str, Any]]]:
    for wish in COMPANY:
        yield wish, {"responsible": executive}
    yield ENTERPRISE, {"segment": "Enterprise"}
    for name, wish in TEAMS:
        team = Team.objects.get(name=name)
        manager = team.members.order_by("pk").first()
        note = "One call a month with every account in red."
        yield wish, {"team": team, "responsible": manager, "note": note}


def _aim(wish: Wish, before: Measure, now: Measure) -> Decimal:
    begun, moved = float(before.value or 0), float(now.value or 0) - float(before.value or 0)
    wanted = begun + (moved / wish.gone if moved > wish.step else wish.more)
    return Decimal(str(wish.step * (wanted // wish.step)))
