"""What an account's contracts say: how its revenue moved, when it is to renew, whether notice was given."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from accounts.models import Subscription
from metrics.evidence.among import among
from metrics.evidence.finding import Finding, Findings, hundredths
from metrics.formulas.days import months_later
from metrics.formulas.health_components import renewal_readiness, revenue_movement
from metrics.formulas.money import ZERO
from metrics.formulas.succession import Line, successors
from metrics.measures.exchange import Rates, rates_on

DAYS_A_MONTH = 30.4375


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
    held: dict[int, list[Subscription]] = defaultdict(list)
    for subscription in rows.iterator():
        held[subscription.account_id].append(subscription)
    rates = rates_on(months_later(day, -12))
    movements, readiness, notices = {}, {}, set()
    for account, subscriptions in held.items():
        if movement := _movement(subscriptions, day, rates):
            movements[account] = movement
        open_terms = _open_terms(subscriptions, day)
        in_force = [each for each in subscriptions if each.is_in_force(day)]
        if in_force and all(each in open_terms and _has_notice(each, day) for each in in_force):
            notices.add(account)
        if open_terms:
            known = {"decision_maker_heard": account in heard, **checks.get(account, {})}
            readiness[account] = _readiness(open_terms, day, known)
    findings = {"revenue_movement": movements, "renewal_readiness": readiness}
    return Terms(findings, frozenset(notices))


def _movement(subscriptions: Sequence[Subscription], day: date, rates: Rates) -> Finding | None:
    """Return how ARR changed in 12 months, or since the first contract where that is younger."""
    first = min(each.starts_on for each in subscriptions)
    since = max(first, months_later(day, -12))
    if since > day:
        return None
    before, after = _arr(subscriptions, since, rates), _arr(subscriptions, day, rates)
    if before is None or after is None:
        return None
    months = (day - first).days / DAYS_A_MONTH
    measure = revenue_movement(before, after, months)
    if measure.score is None:
        return None
    change = hundredths(float(100 * (after - before) / before))
    return Finding(measure, {"change": change, "since": since.isoformat()})


def _arr(subscriptions: Iterable[Subscription], day: date, rates: Rates) -> Decimal | None:
    """Return the ARR on the day at the given rates, in the account's own currency where it has one."""
    known = list(subscriptions)
    is_mixed = len({each.currency for each in known}) > 1
    total = ZERO
    for each in known:
        if each.is_in_force(day):
            amount = rates.convert(each.annual_value, each.currency) if is_mixed else each.annual_value
            if amount is None:
                return None
            total += amount
    return total


def _open_terms(subscriptions: Sequence[Subscription], day: date) -> list[Subscription]:
    """Return the terms in force that end and nothing renews; of an account with nothing left, those past.

    What a customer let go and still pays for something else is not an open renewal: it shows in its revenue.
    """
    names_renewals = any(each.renews_id for each in subscriptions)
    lines = [
        Line(
            *(each.pk, each.account_id, each.product, each.starts_on, each.ends_on, each.annual_value),
            *(each.renews_id, names_renewals),
        )
        for each in subscriptions
    ]
    renewed = successors(lines)
    is_customer = any(each.is_in_force(day) for each in subscriptions)
    return [
        each
        for each in subscriptions
        if each.ends_on and each.starts_on <= day and each.pk not in renewed
        if each.ends_on > day or not is_customer
    ]


def _readiness(open_terms: Sequence[Subscription], day: date, checks: Mapping[str, bool]) -> Finding:
    """Return how ready the account is to renew the next term; one that was cancelled only if all were."""
    asked = [each for each in open_terms if not _has_notice(each, day)]
    ends_on = min(each.ends_on for each in asked or open_terms if each.ends_on)
    days = (ends_on - day).days
    # The term is half-open: on its last date it has run out.
    measure = renewal_readiness(days if days > 0 else -1, checks, has_notice=not asked)
    facts: dict[str, object] = {"ends_on": ends_on.isoformat(), "days": days, "checks": dict(checks)}
    if not asked:
        facts["has_notice"] = True
    return Finding(measure, facts)


def _has_notice(subscription: Subscription, day: date) -> bool:
    return subscription.cancelled_on is not None and subscription.cancelled_on <= day
