"""The accounts side by side: how each is, what it says, what it pays and when it renews.

Of all accounts only what they are chosen and ordered by is read; the rest is read of those that are shown.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, Q, Subquery

from accounts.models import Account
from metrics.formulas.clusters import pooled
from metrics.formulas.health import Band
from metrics.formulas.nps import Split
from metrics.formulas.shrinkage import prior_strength, shrunk
from metrics.measures.answers import Answers, question_settings
from metrics.measures.cells import read_cells
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.coverage import Hearing
from metrics.measures.exchange import rates_on
from metrics.measures.health import Standing, standings
from metrics.measures.measure import Measure
from metrics.measures.renewals import Due, coming_renewals
from metrics.measures.revenue import Arr, arr_on, require_revenue
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of
from metrics.models import AccountNps
from surveys.models import Invitation, Response

# Far enough to find the next renewal of a contract of several years.
RENEWAL_DAYS = 5 * 365
ORDERS = ("name", "health", "nps", "heard", "owner", "arr", "renewal")
OF_REVENUE = frozenset({"arr", "renewal"})


class State(StrEnum):
    """Which accounts are meant: those that are customers, those that left, or both."""

    CUSTOMERS = "customers"
    LEFT = "left"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the accounts in question are listed, and in which order."""

    text: str = ""
    state: State = State.CUSTOMERS
    bands: frozenset[Band] = frozenset()
    hearing: Hearing | None = None
    renews_within: int | None = None
    order: str = "name"
    is_descending: bool = False

    @property
    def needs_revenue(self) -> bool:
        """Whether the list would tell something of contracts or amounts (SECURITY T19)."""
        return self.order in OF_REVENUE or self.needs_renewals

    @property
    def needs_renewals(self) -> bool:
        """Whether renewals decide which accounts are listed or in which order."""
        return self.order == "renewal" or self.renews_within is not None


class Entry(NamedTuple):
    """One account; ARR and renewal are those of a viewer who may see them. NPS is that of twelve months.

    `heard_at` is the newest answer ever, `hearing` what became of asking within the window.
    """

    account: Account
    standing: Standing | None
    nps: Measure
    arr: Decimal | None
    renewal: Due | None
    heard_at: datetime | None
    hearing: Hearing


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The accounts found, in order, and what they are together; `arr` is None for who may not see it.

    `coming` holds the next renewal of each where they were chosen or ordered by it, None elsewhere.
    """

    accounts: Sequence[int]
    bands: Mapping[Band, int]
    arr: Arr | None
    standings: Mapping[int, Standing]
    coming: Mapping[int, Due] | None

    @property
    def paid(self) -> Decimal | None:
        """The ARR of those found, None where it cannot be known."""
        amounts = [self.arr.of(account) if self.arr else None for account in self.accounts]
        return None if None in amounts else sum((each for each in amounts if each), Decimal(0))


def find_accounts(scope: Scope, wanted: Wanted) -> Portfolio:
    """Return the accounts in question that are wanted.

    Raises PermissionDenied where whom it lists, or in which order, would tell of revenue (SECURITY T19).
    """
    if wanted.needs_revenue:
        require_revenue(scope.viewer)
    rows: Any = scope.accounts.filter(_named(wanted.text), _in_state(wanted.state, scope.today))
    if wanted.hearing:
        rows = _heard(rows, scope, wanted.hearing)
    keys: list[int] = list(rows.order_by("name", "pk").values_list("pk", flat=True))
    known = standings(scope)
    arr = arr_on(scope.today, scope.accounts, rates_on(scope.today)) if scope.viewer.sees_revenue else None
    if wanted.bands:
        keys = [key for key in keys if _band(known.get(key)) in wanted.bands]
    coming = None
    if arr and wanted.needs_renewals:
        days = RENEWAL_DAYS if wanted.renews_within is None else wanted.renews_within
        coming = _next(coming_renewals(scope, days, rates=arr.rates))
    if coming is not None and wanted.renews_within is not None:
        keys = [key for key in keys if key in coming]
    found = Portfolio(keys, Counter(_band(known.get(key)) for key in keys), arr, known, coming)
    return replace(found, accounts=_ordered(scope, found, wanted))


def silent_accounts(scope: Scope) -> Any:
    """Return the customers that were asked within the window and of which nobody answered: a QuerySet."""
    rows = scope.accounts.filter(_in_state(State.CUSTOMERS, scope.today))
    return _heard(rows, scope, Hearing.SILENT)


def entries(scope: Scope, found: Portfolio, accounts: Sequence[int]) -> list[Entry]:
    """Return what is known of some of the accounts found, in as many queries whatever their number."""
    rows = _with_hearing(Account.objects.visible_to(scope.viewer), scope).select_related("owner", "team")
    by_key = rows.in_bulk(accounts)
    said = account_nps(scope, accounts)
    coming = found.coming or {}
    if found.arr and found.coming is None:
        coming = _next(coming_renewals(scope, RENEWAL_DAYS, accounts, found.arr.rates))
    return [
        Entry(
            account=by_key[key],
            standing=found.standings.get(key),
            nps=said[key],
            arr=found.arr.of(key) if found.arr else None,
            renewal=coming.get(key),
            heard_at=by_key[key].heard_at,
            hearing=_hearing(by_key[key]),
        )
        for key in accounts
        if key in by_key
    ]


def account_nps(scope: Scope, accounts: Collection[int]) -> dict[int, Measure]:
    """Return the NPS (-100..100) of each of these accounts; confidential surveys are left out."""
    told = ~Q(survey__in=confidential_surveys(scope))
    cells = read_cells(scope, ("nps",), "account", only=told & Q(account__in=accounts))
    named = {(cell.survey, cell.question_key): cell.kind for cell in cells}
    parts = Answers(cells, question_settings(named)).by("group")
    nothing = Answers([], {})
    return {key: measure_of(scope, parts.get(key, nothing), "nps") for key in accounts}


def _named(text: str) -> Q:
    words = text.split()
    found = Q()
    for word in words:
        found &= Q(name__icontains=word) | Q(domain__icontains=word) | Q(external_id__iexact=word)
    return found


def _in_state(state: State, today: date) -> Q:
    is_here = Q(churned_on=None) | Q(churned_on__gt=today)
    return {State.CUSTOMERS: is_here, State.LEFT: ~is_here, State.ALL: Q()}[state]


def _with_hearing(rows: Any, scope: Scope) -> Any:
    """Add `heard_at`, `is_heard` and `is_asked` of the window to accounts, each by an index."""
    answered = Response.objects.counted().completed().filter(account=OuterRef("pk"))
    asked = Invitation.objects.delivered().filter(scope.instants("sent_at"), contact__account=OuterRef("pk"))
    return rows.annotate(
        heard_at=Subquery(answered.order_by("-submitted_at").values("submitted_at")[:1]),
        is_heard=Exists(answered.filter(scope.instants("submitted_at"))),
        is_asked=Exists(asked),
    )


def _heard(rows: Any, scope: Scope, hearing: Hearing) -> Any:
    rows = _with_hearing(rows, scope)
    if hearing is Hearing.ANSWERED:
        return rows.filter(is_heard=True)
    return rows.filter(is_heard=False, is_asked=hearing is Hearing.SILENT)


def _hearing(row: Any) -> Hearing:
    if row.is_heard:
        return Hearing.ANSWERED
    return Hearing.SILENT if row.is_asked else Hearing.NOT_ASKED


def _next(dues: Sequence[Due]) -> dict[int, Due]:
    """Return the nearest renewal of each account."""
    coming: dict[int, Due] = {}
    for due in dues:
        coming.setdefault(due.account, due)
    return coming


def _band(standing: Standing | None) -> Band:
    return standing.band if standing else Band.GREY


def _ordered(scope: Scope, found: Portfolio, wanted: Wanted) -> list[int]:
    """Return the accounts in order, equal ones by name; the unknown come last in either direction."""
    if wanted.order == "name":
        return [*reversed(found.accounts)] if wanted.is_descending else [*found.accounts]
    values = KEYS[wanted.order](scope, found)
    known = [key for key in found.accounts if values.get(key) is not None]
    unknown = [key for key in found.accounts if values.get(key) is None]
    return sorted(known, key=lambda key: values[key], reverse=wanted.is_descending) + unknown


def _by_health(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    return {key: standing.score for key, standing in found.standings.items()}


def _by_nps(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    """Order by the score moved towards that of all: few answers are not believed alone (METRICS §2.5)."""
    rows = AccountNps.objects.filter(account__in=scope.accounts)
    splits = {key: Split(*counts) for key, *counts in rows.values_list("account", *Split._fields)}
    whole, strength = pooled(splits.values()), prior_strength(splits.values())
    moved = {key: shrunk(split, whole, strength) for key, split in splits.items()}
    return {key: each.nps for key, each in moved.items() if each}


def _by_heard(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    answered = Response.objects.counted().completed().filter(account=OuterRef("pk"))
    newest = Subquery(answered.order_by("-submitted_at").values("submitted_at")[:1])
    return dict(scope.accounts.order_by().annotate(heard_at=newest).values_list("pk", "heard_at"))


def _by_owner(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    rows = scope.accounts.order_by().exclude(owner=None).select_related("owner")
    return {row.pk: str(row.owner).casefold() for row in rows}


def _by_arr(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    return {key: found.arr.of(key) for key in found.accounts} if found.arr else {}


def _by_renewal(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    return {key: due.ends_on for key, due in (found.coming or {}).items()}


KEYS: Mapping[str, Callable[[Scope, Portfolio], Mapping[int, Any]]] = {
    "health": _by_health,
    "nps": _by_nps,
    "heard": _by_heard,
    "owner": _by_owner,
    "arr": _by_arr,
    "renewal": _by_renewal,
}
