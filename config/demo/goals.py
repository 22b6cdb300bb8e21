"""What the demo company wants to reach: targets of the company and of parts of it, set nine months ago."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Team, User
from config.demo.places import DACH, LATIN_AMERICA
from metrics.formulas.days import month_of, months_later
from metrics.models import Target

SET_MONTHS_AGO, AHEAD_MONTHS = 9, 3
# Metric, where it stood, where it is to be.
COMPANY = (
    ("nps", "28", "35"),
    ("health", "40", "50"),
    ("grr", "88", "92"),
    ("nrr", "100", "108"),
    ("renewal_rate", "87", "92"),
    ("clv", "280000", "400000"),
    ("csat", "81", "85"),
    ("ces", "80", "84"),
)


def targets(today: date, *, executive: User) -> Iterator[Target]:
    """Yield the targets; the executive answers for those of the company, a manager for those of the team."""
    by = month_of(months_later(today, AHEAD_MONTHS)).start
    since = months_later(by, -SET_MONTHS_AGO - AHEAD_MONTHS)
    shared: dict[str, Any] = {"starts_on": since, "by": by}
    for metric, start, value in COMPANY:
        yield Target(
            metric=metric, start=Decimal(start), value=Decimal(value), responsible=executive, **shared
        )
    yield Target(metric="nps", segment="Enterprise", start=Decimal(25), value=Decimal(35), **shared)
    for name, stood, wanted in ((DACH, 28, 35), (LATIN_AMERICA, -20, 0)):
        team = Team.objects.get(name=name)
        manager = team.members.order_by("pk").first()
        yield Target(
            metric="nps",
            team=team,
            start=Decimal(stood),
            value=Decimal(wanted),
            responsible=manager,
            note="One call a month with every account in red.",
            **shared,
        )
