"""What an account's contracts say: how its revenue moved, when it is to renew, whether notice was given."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from accounts.models import Subscription
from metrics.evidence.among import among
from metrics.evidence.finding import Finding, Findings, hundredths
from metrics.formulas.days import months_later
from metrics.formulas.health_components import renewal_readiness, revenue_movement
from metrics.formulas.money import ZERO
from metrics.formulas.succession import Line, successors
from metrics.measures.exchange import Rates, rates_on

DAYS_A_MONTH = 30.4375


class Contract(NamedTuple):
    """One paid subscription as health reads it; model instances of so many took half the time."""

    pk: int
    account: int
    product: str
    currency: str
    value: Decimal
    starts_on: date
    ends_on: date | None
    cancelled_on: date | None
    renews: int | None

    def is_in_force(self, day: date) -> bool:
        """Whether it earns on the day, as `Subscriptions.in_force` says."""
        last = self.ends_on or self.cancelled_on
        return self.starts_on <= day and (last is None or last > day)

    def has_notice(self, day: date) -> bool:
        """Whether notice had been given by the day."""
        return self.cancelled_on is not None and self.cancelled_on <= day


@dataclass(frozen=True, slots=True)
class Terms:
    """What the contracts of some accounts say, and which accounts gave notice on all of them."""

    findings: Findings
    notices: frozenset[int]


def terms(
    accounts: Sequence[int], day: date, *, heard: Set[int], checks: Mapping[int, Mapping[str, bool]]
) -> Terms:
    """Return revenue movement and renewal readiness of the accounts, and who gave notice."""
    rows = Subscription.objects.filter(among(accounts), annual_value__gt=0).order_by("pk")
    named = ("pk", "account", "product", "currency", "annual_value", "starts_on", "ends_on", "cancelled_on")
    held: dict[int, list[Contract]] = defaultdict(list)
    for contract in map(Contract._make, rows.values_list(*named, "renews").iterator()):
        held[contract.account].append(contract)
    year_ago = months_later(day, -12)
    rates = rates_on(year_ago)
    movements, readiness, notices = {}, {}, set()
    for account, contracts in held.items():
        if movement := _movement(contracts, day, year_ago, rates):
            movements[account] = movement
        open_terms = _open_terms(contracts, day)
        in_force = [each for each in contracts if each.is_in_force(day)]
        if in_force and all(each in open_terms and each.has_notice(day) for each in in_force):
            notices.add(account)
        if open_terms:
            known = {"decision_maker_heard": account in heard, **checks.get(account, {})}
            readiness[account] = _readiness(open_terms, day, known)
    findings = {"revenue_movement": movements, "renewal_readiness": readiness}
    return Terms(findings, frozenset(notices))


def _movement(contracts: Sequence[Contract], day: date, year_ago: date, rates: Rates) -> Finding | None:
    """Return how ARR changed in 12 months, or since the first contract where that is younger."""
    first = min(each.starts_on for each in contracts)
    since = max(first, year_ago)
    if since > day:
        return None
    before, after = _arr(contracts, since, rates), _arr(contracts, day, rates)
    if before is None or after is None:
        return None
    months = (day - first).days / DAYS_A_MONTH
    measure = revenue_movement(before, after, months)
    if measure.score is None:
        return None
    change = hundredths(float(100 * (after - before) / before))
    return Finding(measure, {"change": change, "since": since.isoformat()})


def _arr(contracts: Sequence[Contract], day: date, rates: Rates) -> Decimal | None:
    """Return the ARR on the day at the given rates, in the account's own currency where it has one."""
    is_mixed = any(each.currency != contracts[0].currency for each in contracts)
    total = ZERO
    for each in contracts:
        if each.is_in_force(day):
            amount = rates.convert(each.value, each.currency) if is_mixed else each.value
            if amount is None:
                return None
            total += amount
    return total


def _open_terms(contracts: Sequence[Contract], day: date) -> list[Contract]:
    """Return the terms in force that end and nothing renews; of an account with nothing left, those past.

    What a customer let go and still pays for something else is not an open renewal: it shows in its revenue.
    """
    is_customer = any(each.is_in_force(day) for each in contracts)
    ending = [
        each
        for each in contracts
        if each.ends_on and each.starts_on <= day and (each.ends_on > day or not is_customer)
    ]
    if not ending:
        return []
    names_renewals = any(each.renews for each in contracts)
    lines = [
        Line(
            *(each.pk, each.account, each.product, each.starts_on, each.ends_on, each.value),
            *(each.renews, names_renewals),
        )
        for each in contracts
    ]
    renewed = successors(lines)
    return [each for each in ending if each.pk not in renewed]


def _readiness(open_terms: Sequence[Contract], day: date, checks: Mapping[str, bool]) -> Finding:
    """Return how ready the account is to renew the next term; one that was cancelled only if all were."""
    asked = [each for each in open_terms if not each.has_notice(day)]
    ends_on = min(each.ends_on for each in asked or open_terms if each.ends_on)
    days = (ends_on - day).days
    # The term is half-open: on its last date it has run out.
    measure = renewal_readiness(days if days > 0 else -1, checks, has_notice=not asked)
    facts: dict[str, object] = {"ends_on": ends_on.isoformat(), "days": days, "checks": dict(checks)}
    if not asked:
        facts["has_notice"] = True
    return Finding(measure, facts)
