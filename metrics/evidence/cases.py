"""Open cases: unhappy answers that nobody has settled, from whichever app above keeps them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from django.conf import settings
from django.utils.module_loading import import_string

from metrics.evidence.finding import Finding
from metrics.formulas.health_components import follow_up


class OpenCase(NamedTuple):
    """A case that was open at the end of a day: days past its due date (negative before), and whose it is."""

    days_past_due: int
    is_decision_makers: bool


# The open cases of some accounts at the end of a day, None while nobody keeps any.
Source = Callable[[Sequence[int], date], Mapping[int, Sequence[OpenCase]] | None]


def open_cases(accounts: Sequence[int], day: date) -> Mapping[int, Sequence[OpenCase]] | None:
    """Return the open cases of the accounts, asked of what the settings name; None while nobody keeps any."""
    source: Source | None = import_string(settings.OPEN_CASES) if settings.OPEN_CASES else None
    return source(accounts, day) if source else None


def are_kept() -> bool:
    """Return whether anybody has kept a case yet."""
    return open_cases((), date(2000, 1, 1)) is not None


def followed_up(accounts: Sequence[int], cases: Mapping[int, Sequence[OpenCase]]) -> dict[int, Finding]:
    """Return how far unhappy answers are settled: where cases are kept, none open is known to be well."""
    findings = {}
    for account in accounts:
        known = cases.get(account, ())
        late = sum(min(10, max(0, case.days_past_due)) for case in known)
        facts = {"open_cases": len(known), "late_days": late}
        findings[account] = Finding(follow_up(case.days_past_due for case in known), facts)
    return findings


def late_decision_makers(cases: Mapping[int, Sequence[OpenCase]]) -> frozenset[int]:
    """Return the accounts of which a decision-maker's case is past its due date."""
    return frozenset(
        account
        for account, known in cases.items()
        if any(case.is_decision_makers and case.days_past_due > 0 for case in known)
    )
