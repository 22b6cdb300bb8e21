"""How long customers stay: from the first subscription to the end of the last one."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from accounts.models import Subscription
from metrics.formulas.renewals import GRACE_DAYS
from metrics.measures.scope import Scope


class Tenure(NamedTuple):
    """One customer: when it began, until when it was watched, and whether it left then."""

    began: date
    until: date
    has_left: bool

    @property
    def months(self) -> float:
        """How long it was watched, in months."""
        return (self.until - self.began).days / 30.4375

    @property
    def years(self) -> int:
        """How many renewals it made: the anniversaries passed, but for one on which it left."""
        began, until = (self.began.month, self.began.day), (self.until.month, self.until.day)
        is_passed = began < until if self.has_left else began <= until
        return max(0, self.until.year - self.began.year - (not is_passed))


def tenures(scope: Scope) -> dict[int, Tenure]:
    """Return the first time each account was a customer, as known on the day the window closes, by account.

    A gap of at most the renewal's grace is none; what comes back after it is a reactivation and not counted.
    """
    rows = Subscription.objects.filter(
        account__in=scope.accounts, annual_value__gt=0, starts_on__lte=scope.closes_on
    )
    if scope.product:
        rows = rows.filter(product=scope.product)
    terms: dict[int, list[tuple[date, date | None]]] = defaultdict(list)
    for account, starts_on, ends_on, cancelled_on in rows.order_by("account", "starts_on").values_list(
        "account", "starts_on", "ends_on", "cancelled_on"
    ):
        terms[account].append((starts_on, ends_on or cancelled_on))
    return {account: _tenure(each, scope.closes_on) for account, each in terms.items()}


def yearly_cohorts(known: Mapping[int, Tenure]) -> list[list[int]]:
    """Return for each year of beginning how many customers began, and how many were left after each year.

    Only as many years as every one of the cohort has been watched for.
    """
    by_year: dict[int, list[Tenure]] = defaultdict(list)
    for each in known.values():
        by_year[each.began.year].append(each)
    cohorts = []
    for _, members in sorted(by_year.items()):
        watched = min((each.years for each in members if not each.has_left), default=0)
        if all(each.has_left for each in members):
            watched = max(each.years for each in members) + 1
        counts = [
            sum(not each.has_left or each.years >= year for each in members) for year in range(watched + 1)
        ]
        if len(counts) > 1:
            cohorts.append(counts)
    return cohorts


def _tenure(terms: list[tuple[date, date | None]], seen_on: date) -> Tenure:
    began, until = terms[0]
    for starts_on, last in terms[1:]:
        if until is None or starts_on > until + timedelta(days=GRACE_DAYS):
            break
        until = None if last is None else max(until, last)
    if until is None or until > seen_on:
        return Tenure(began, seen_on, has_left=False)
    return Tenure(began, max(until, began), has_left=True)
