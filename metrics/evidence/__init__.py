"""What is known of accounts at the end of a day: the components of their health, in a few queries for all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from metrics.evidence import asking, contracts, sentiment, signals
from metrics.evidence.asking import portfolio_rate
from metrics.evidence.finding import Finding

__all__ = ["Evidence", "Finding", "gather", "portfolio_rate"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found of each account, by component; who gave notice; how many days invoices are overdue."""

    findings: Mapping[str, Mapping[int, Finding]]
    notices: frozenset[int]
    overdue_days: Mapping[int, int]


def gather(accounts: Sequence[int], day: date, *, rate: float | None) -> Evidence:
    """Return what is known of the accounts at the end of the day; `rate` is the whole portfolio's."""
    measures = signals.newest(accounts, day)
    overdue_days = signals.overdue_days(measures, day)
    heard = sentiment.heard_decision_makers(accounts, day)
    terms = contracts.terms(accounts, day, heard=heard, overdue_days=overdue_days)
    return Evidence(
        findings={
            **sentiment.relationship(accounts, day),
            **sentiment.transactions(accounts, day),
            **asking.response_behaviour(accounts, day, rate=rate),
            **terms.findings,
            **signals.imported(measures, day),
        },
        notices=terms.notices,
        overdue_days=overdue_days,
    )
