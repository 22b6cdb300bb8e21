"""What every account pays today and when it renews next, worked out once until a contract changes."""

from collections.abc import Mapping
from typing import NamedTuple

from metrics.measures.exchange import rates_on
from metrics.measures.memory import remembered
from metrics.measures.renewals import BOOKS, Due, coming_renewals
from metrics.measures.revenue import Arr, arr_on, require_revenue
from metrics.measures.scope import Scope

# Far enough to find the next renewal of a contract of several years.
RENEWAL_DAYS = 5 * 365


class Contracts(NamedTuple):
    """What accounts pay today, and what of each ends next and is not renewed yet, by account."""

    arr: Arr
    coming: Mapping[int, Due]


def contracts_of(scope: Scope) -> Contracts:
    """Return the contracts of all accounts that the viewer sees, whichever of them are in question.

    So however a list is narrowed, it is the same that is kept. Raises PermissionDenied for whoever may not
    see revenue.
    """
    require_revenue(scope.viewer)
    seen = Scope(viewer=scope.viewer, today=scope.today, start=None, end=scope.today, known_on=scope.known_on)
    return remembered(_contracts, seen, BOOKS)


def _contracts(scope: Scope) -> Contracts:
    rates = rates_on(scope.today)
    coming: dict[int, Due] = {}
    for due in coming_renewals(scope, RENEWAL_DAYS, rates=rates):
        coming.setdefault(due.account, due)
    return Contracts(arr_on(scope.today, scope.accounts, rates), coming)
