"""Whose voice was heard: contacts, accounts, decision-makers and revenue behind answers (METRICS §1.1)."""

from collections import Counter, defaultdict
from typing import Any

from django.conf import settings
from django.db.models import Count, Q

from accounts.models import Contact
from metrics.formulas.money import ZERO
from metrics.formulas.response_rates import Audience, coverage
from metrics.measures.exchange import rates_on
from metrics.measures.measure import Measure, Unit
from metrics.measures.revenue import Arr, arr_on, require_revenue
from metrics.measures.scope import Scope
from surveys.models import Response

WORDINGS = {
    "contacts": "Of the contacts of the accounts, the percentage that answered in the window.",
    "accounts": "Of the accounts with contacts or answers, the percentage of which anybody answered.",
    "decision_makers": "Of the decision-makers, the percentage that answered in the window.",
    "revenue": "Of the ARR at the end of the window, the part of accounts of which anybody answered.",
}


def contact_coverage(scope: Scope) -> Measure:
    """Return the contacts that answered (0..100 percent), None without contacts."""
    audiences = _audiences(scope)
    return _measure(scope, "contacts", audiences, n=sum(each.contacts for each in audiences))


def account_coverage(scope: Scope) -> Measure:
    """Return the accounts heard (0..100 percent), None without accounts."""
    audiences = _audiences(scope)
    return _measure(scope, "accounts", audiences, n=len(audiences))


def decision_maker_coverage(scope: Scope) -> Measure:
    """Return the decision-makers that answered (0..100 percent), None without any."""
    audiences = _audiences(scope)
    return _measure(scope, "decision_makers", audiences, n=sum(each.decision_makers for each in audiences))


def revenue_coverage(scope: Scope) -> Measure:
    """Return the part of ARR whose accounts were heard (0..100 percent), None without ARR or a rate.

    Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    arr = arr_on(scope.end, scope.accounts, rates_on(scope.end))
    return _of_revenue(scope, arr, _audiences(scope, arr.by_account) if arr.total is not None else [])


def coverages(scope: Scope, arr: Arr | None) -> list[Measure]:
    """Return the coverage of contacts, accounts, decision-makers and, given ARR, revenue, read once."""
    audiences = _audiences(scope, arr.by_account if arr else None)
    # An account that pays and has neither contacts nor answers counts for revenue only.
    known = [each for each in audiences if each.contacts or each.answered or each.nameless]
    measures = [
        _measure(scope, "contacts", known, n=sum(each.contacts for each in known)),
        _measure(scope, "accounts", known, n=len(known)),
        _measure(scope, "decision_makers", known, n=sum(each.decision_makers for each in known)),
    ]
    if arr:
        measures.append(_of_revenue(scope, arr, audiences if arr.total is not None else []))
    return measures


def _of_revenue(scope: Scope, arr: Arr, audiences: list[Audience]) -> Measure:
    heard = sum((each.revenue for each in audiences if each.answered or each.nameless), ZERO)
    return _measure(
        scope,
        "revenue",
        audiences,
        n=sum(each.revenue > 0 for each in audiences),
        counted="accounts that pay",
        currency=settings.REPORTING_CURRENCY,
        notes=arr.notes,
        beside={"heard": heard, "arr": arr.total} if audiences else {},
    )


def _measure(scope: Scope, what: str, audiences: list[Audience], **rest: Any) -> Measure:
    return scope.measure(
        f"{what.removesuffix('s')}_coverage",
        Unit.PERCENT,
        getattr(coverage(audiences), what),
        definition=WORDINGS[what],
        **{"counted": what.replace("_", "-"), **rest},
    )


def _audiences(scope: Scope, revenue: Any = None) -> list[Audience]:
    """Return every account's part, of accounts that have contacts, revenue or answers."""
    of_people = Contact.objects.filter(account__in=scope.accounts, erased_at=None)
    deciders = Q(role=Contact.Role.DECISION_MAKER)
    people = {
        account: (contacts, makers)
        for account, contacts, makers in of_people.order_by()
        .values_list("account")
        .annotate(contacts=Count("pk"), makers=Count("pk", filter=deciders))
    }
    rows = Response.objects.counted().filter(scope.surveys(), account__in=scope.accounts)
    rows = rows.filter(scope.instants("submitted_at"))
    answered: dict[int, set[int]] = defaultdict(set)
    heard_makers: Counter[int] = Counter()
    nameless: Counter[int] = Counter()
    present = dict(of_people.values_list("pk", "role"))
    for account, contact in rows.order_by().values_list("account", "contact").distinct():
        if contact in present and account in people:
            answered[account].add(contact)
            heard_makers[account] += present[contact] == Contact.Role.DECISION_MAKER
        else:
            nameless[account] += 1
    paid = revenue or {}
    return [
        Audience(
            revenue=paid.get(account) or ZERO,
            contacts=people.get(account, (0, 0))[0],
            answered=min(len(answered[account]), people.get(account, (0, 0))[0]),
            decision_makers=people.get(account, (0, 0))[1],
            decision_makers_answered=min(heard_makers[account], people.get(account, (0, 0))[1]),
            nameless=nameless[account],
        )
        for account in {*people, *paid, *answered, *nameless}
    ]
