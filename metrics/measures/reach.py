"""Whose voice was heard: contacts, accounts, decision-makers and revenue behind answers (METRICS §1.1)."""

from collections import Counter
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Count, Exists, OuterRef

from accounts.models import Contact, Subscription
from metrics.formulas.money import ZERO, percent_of
from metrics.formulas.response_rates import part_heard
from metrics.measures.measure import Measure, Unit
from metrics.measures.memory import COUNTS, remembered
from metrics.measures.revenue import Arr, arr_at_end, require_revenue
from metrics.measures.scope import Scope
from surveys.models import Response

WORDINGS = {
    "contacts": "Of the contacts of customers of the window, the percentage that answered in it.",
    "accounts": "Of the customers of the window with contacts or answers, the percentage that was heard.",
    "decision_makers": "Of the decision-makers of customers of the window, the percentage that answered.",
    "revenue": "Of the ARR at the end of the window, the part of accounts of which anybody answered.",
}


def contact_coverage(scope: Scope) -> Measure:
    """Return the contacts that answered (0..100 percent), None without contacts."""
    return _of_contacts(scope, _people(scope))


def account_coverage(scope: Scope) -> Measure:
    """Return the accounts heard (0..100 percent), None without accounts."""
    return _of_accounts(scope, _heard(scope))


def decision_maker_coverage(scope: Scope) -> Measure:
    """Return the decision-makers that answered (0..100 percent), None without any."""
    return _of_decision_makers(scope, _people(scope))


def revenue_coverage(scope: Scope) -> Measure:
    """Return the part of ARR whose accounts were heard (0..100 percent), None without ARR or a rate.

    Raises PermissionDenied for whoever may not see revenue.
    """
    require_revenue(scope.viewer)
    arr = arr_at_end(scope)
    return _of_revenue(scope, arr, _heard(scope))


def coverages(scope: Scope, arr: Arr | None) -> list[Measure]:
    """Return the coverage of contacts, accounts, decision-makers and, given ARR, revenue, read once."""
    contacts, heard = _people(scope), _heard(scope)
    measures = [
        _of_contacts(scope, contacts),
        _of_accounts(scope, heard),
        _of_decision_makers(scope, contacts),
    ]
    return [*measures, _of_revenue(scope, arr, heard)] if arr else measures


def _of_contacts(scope: Scope, contacts: "_Contacts") -> Measure:
    value = part_heard(contacts.answered.total(), contacts.there.total())
    return _measure(scope, "contacts", value, n=contacts.there.total())


def _of_decision_makers(scope: Scope, contacts: "_Contacts") -> Measure:
    makers = Contact.Role.DECISION_MAKER
    value = part_heard(contacts.answered[makers], contacts.there[makers])
    return _measure(scope, "decision_makers", value, n=contacts.there[makers])


def _of_accounts(scope: Scope, heard: frozenset[int]) -> Measure:
    known = heard.union(people_of(scope).order_by().values_list("account", flat=True).distinct())
    return _measure(scope, "accounts", part_heard(len(heard), len(known)), n=len(known))


def _of_revenue(scope: Scope, arr: Arr, accounts: frozenset[int]) -> Measure:
    total, heard = arr.total, sum((arr.of(account) or ZERO for account in accounts), ZERO)
    return _measure(
        scope,
        "revenue",
        None if total is None else percent_of(heard, total),
        n=0 if total is None else sum(amount != ZERO for amount in arr.by_account.values()),
        counted="accounts that pay",
        currency=settings.REPORTING_CURRENCY,
        notes=arr.notes,
        beside={} if total is None else {"heard": heard, "arr": total},
    )


def _measure(scope: Scope, what: str, value: float | None, **rest: Any) -> Measure:
    return scope.measure(
        f"{what.removesuffix('s')}_coverage",
        Unit.PERCENT,
        value,
        definition=WORDINGS[what],
        **{"counted": what.replace("_", "-"), **rest},
    )


class _Contacts(NamedTuple):
    """How many contacts of each role there are, and how many of them answered."""

    there: Counter[str]
    answered: Counter[str]


def _people(scope: Scope) -> _Contacts:
    """Return the contacts in question and those who answered, kept until another answer is counted."""
    return remembered(_contacts, scope, (*COUNTS, Subscription, Contact))


def _heard(scope: Scope) -> frozenset[int]:
    """Return the accounts in question of which anybody answered, kept in the same way."""
    return remembered(_accounts_heard, scope, (*COUNTS, Subscription))


def _contacts(scope: Scope) -> _Contacts:
    """Return the contacts in question and those of them who answered, each looked up by an index."""
    rows = people_of(scope).order_by()
    answered = rows.filter(Exists(answers_of(scope).filter(contact=OuterRef("pk"))))
    return _Contacts(
        *(Counter(dict(each.values_list("role").annotate(Count("pk")))) for each in (rows, answered))
    )


def _accounts_heard(scope: Scope) -> frozenset[int]:
    """Return the same, whoever it was that answered."""
    rows = scope.accounts.filter(Exists(answers_of(scope).filter(account=OuterRef("pk"))))
    return frozenset(rows.order_by().values_list("pk", flat=True))


def people_of(scope: Scope) -> Any:
    """Return the contacts of the accounts in question, but of those that had left before the window."""
    accounts = scope.accounts.active_on(scope.start) if scope.start else scope.accounts
    return Contact.objects.filter(account__in=accounts, erased_at=None)


def answers_of(scope: Scope) -> Any:
    """Return the responses by which somebody is heard: a QuerySet of those of the window that count."""
    return Response.objects.counted().filter(scope.surveys(), scope.instants("submitted_at"))
