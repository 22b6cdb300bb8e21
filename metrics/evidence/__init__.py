"""What is known of accounts at the end of a day: the components of their health, in a few queries for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from metrics.evidence import asking, cases, contracts, sentiment, signals
from metrics.evidence.asking import portfolio_rate
from metrics.evidence.finding import Finding
from metrics.formulas.health_components import RULES, Rules

__all__ = ["Evidence", "Finding", "gather", "portfolio_rate"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found of each account, by component, and what its hard rules ask.

    Who gave notice; for how many days invoices are overdue; whose decision-maker's case is past its due date.
    """

    findings: Mapping[str, Mapping[int, Finding]]
    notices: frozenset[int]
    overdue_days: Mapping[int, int]
    late_decision_makers: frozenset[int]


def gather(accounts: Sequence[int], day: date, *, rate: float | None, rules: Rules = RULES) -> Evidence:
    """Return what is known of the accounts at the end of the day; `rate` is the whole portfolio's."""
    measures = signals.newest(accounts, day)
    overdue_days = signals.overdue_days(measures, day)
    heard = sentiment.heard_decision_makers(accounts, day)
    checks = signals.renewal_checks(measures, day)
    late = signals.late_decision_makers(measures, day)
    imported = signals.imported(measures, day, rules)
    kept = cases.open_cases(accounts, day)
    if kept is not None:
        imported["follow_up"] = cases.followed_up(accounts, kept)
        late |= cases.late_decision_makers(kept)
        for account in accounts:
            checks.setdefault(account, {})["no_open_case"] = not kept.get(account)
    terms = contracts.terms(accounts, day, heard=heard, checks=checks)
    return Evidence(
        findings={
            **sentiment.relationship(accounts, day, rules),
            **sentiment.transactions(accounts, day, rules),
            **asking.response_behaviour(accounts, day, rate=rate),
            **terms.findings,
            **imported,
        },
        notices=terms.notices,
        overdue_days=overdue_days,
        late_decision_makers=late,
    )
