"""The accounts side by side: how each is, what it says, what it pays and when it renews.

Of all accounts only what they are chosen and ordered by is read; the rest is read of those that are shown.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import Case, CharField, Exists, F, OuterRef, Q, Value, When

from accounts.models import Account, User
from metrics.evidence.among import among
from metrics.formulas.clusters import pooled
from metrics.formulas.days import day_bounds
from metrics.formulas.health import Band
from metrics.formulas.nps import Split, nps
from metrics.formulas.shrinkage import prior_strength, shrunk_score
from metrics.measures.contracts import Contracts, contracts_of
from metrics.measures.coverage import Hearing
from metrics.measures.health import BANDS, Standing, standings, with_newest
from metrics.measures.renewals import Due
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope
from metrics.models import AccountNps
from surveys.models import Invitation, Response

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
        return self.order in OF_REVENUE or self.renews_within is not None


class Said(NamedTuple):
    """The NPS (-100..100) of an account in twelve months, None without answers, and how many there are."""

    value: float | None
    n: int


UNSAID = Said(None, 0)


class Entry(NamedTuple):
    """One account; ARR and renewal are those of a viewer who may see them. NPS is that of twelve months.

    `heard_at` is the newest answer ever, `hearing` what became of asking within the window.
    """

    account: Account
    standing: Standing | None
    nps: Said
    arr: Decimal | None
    renewal: Due | None
    heard_at: datetime | None
    hearing: Hearing


class Paid(NamedTuple):
    """What the accounts found pay a year together, None where a rate is missing, and what to say of rates."""

    total: Decimal | None
    notes: tuple[str, ...]


class Portfolio(NamedTuple):
    """The accounts found, in order, and what they are together.

    `contracts` are those of every account in sight; they and `paid` are None for who may not see revenue.
    """

    accounts: Sequence[int]
    bands: Mapping[Band, int]
    paid: Paid | None
    contracts: Contracts | None


def find_accounts(scope: Scope, wanted: Wanted) -> Portfolio:
    """Return the accounts in question that are wanted.

    Raises PermissionDenied where whom it lists, or in which order, would tell of revenue (SECURITY T19).
    """
    if wanted.needs_revenue:
        require_revenue(scope.viewer)
    rows: Any = scope.accounts.filter(_named(wanted.text), _in_state(wanted.state, scope.today))
    rows = with_newest(rows, scope.today, ("band", "score") if wanted.order == "health" else ("band",))
    if wanted.hearing:
        rows = rows.annotate(hearing=hearing_in(scope)).filter(hearing=wanted.hearing)
    if wanted.bands:
        rows = rows.filter(_in_bands(wanted.bands))
    band_of = dict(rows.order_by(*_columns(wanted)).values_list("pk", "newest_band"))
    keys = [*band_of]
    contracts = contracts_of(scope) if scope.viewer.sees_revenue else None
    if contracts and wanted.renews_within is not None:
        end = scope.today + timedelta(days=wanted.renews_within)
        keys = [key for key in keys if key in contracts.coming and contracts.coming[key].ends_on < end]
    bands = Counter(BANDS[band_of[key] or Band.GREY] for key in keys)
    arr = contracts and contracts.arr.among({*keys})
    found = Portfolio(keys, bands, Paid(arr.total, arr.notes) if arr else None, contracts)
    return found._replace(accounts=_ordered(scope, found, wanted)) if wanted.order in VALUES else found


def silent_accounts(scope: Scope) -> Any:
    """Return the customers that were asked within the window and of which nobody answered: a QuerySet."""
    rows = scope.accounts.filter(is_customer(scope.today))
    return rows.annotate(hearing=hearing_in(scope)).filter(hearing=Hearing.SILENT)


def entries(scope: Scope, found: Portfolio, accounts: Sequence[int]) -> list[Entry]:
    """Return what is known of some of the accounts found, in as many queries whatever their number."""
    rows: Any = Account.objects.visible_to(scope.viewer).select_related("owner", "team")
    rows = rows.annotate(last_heard_at=F("heard__heard_at"), hearing=hearing_in(scope))
    by_key = {row.pk: row for row in rows.filter(among(accounts, "pk")).order_by()}
    known, said, contracts = standings(scope, accounts), _said(accounts), found.contracts
    return [
        Entry(
            account=by_key[key],
            standing=known.get(key),
            nps=said.get(key, UNSAID),
            arr=contracts.arr.of(key) if contracts else None,
            renewal=contracts.coming.get(key) if contracts else None,
            heard_at=by_key[key].last_heard_at,
            hearing=Hearing(by_key[key].hearing),
        )
        for key in accounts
        if key in by_key
    ]


def hearing_in(scope: Scope) -> Case:
    """Return what became of asking an account within the window.

    Invitations are looked up only of those that nothing was heard of.
    """
    answered = Response.objects.counted().completed().filter(scope.instants("submitted_at"))
    asked = Invitation.objects.delivered().filter(scope.instants("sent_at"))
    is_heard_later = Q(heard__heard_at__gte=day_bounds(scope.end, settings.REPORTING_ZONE)[0])
    return Case(
        When(scope.instants("heard__heard_at"), then=Value(Hearing.ANSWERED.value)),
        When(
            is_heard_later & Exists(answered.filter(account=OuterRef("pk"))),
            then=Value(Hearing.ANSWERED.value),
        ),
        When(Exists(asked.filter(contact__account=OuterRef("pk"))), then=Value(Hearing.SILENT.value)),
        default=Value(Hearing.NOT_ASKED.value),
        output_field=CharField(),
    )


def _named(text: str) -> Q:
    words = text.split()
    found = Q()
    for word in words:
        found &= Q(name__icontains=word) | Q(domain__icontains=word) | Q(external_id__iexact=word)
    return found


def is_customer(today: date) -> Q:
    """Return the condition that an account has not left by a day."""
    return Q(churned_on=None) | Q(churned_on__gt=today)


def _in_state(state: State, today: date) -> Q:
    is_here = is_customer(today)
    return {State.CUSTOMERS: is_here, State.LEFT: ~is_here, State.ALL: Q()}[state]


def _in_bands(bands: Collection[Band]) -> Q:
    unknown = Q(newest_band=None) if Band.GREY in bands else Q()
    return Q(newest_band__in=[band.value for band in bands]) | unknown


def _said(accounts: Collection[int]) -> dict[int, Said]:
    rows = AccountNps.objects.filter(among(accounts)).values_list("account", *Split._fields)
    splits = {account: Split(*counts) for account, *counts in rows}
    return {account: Said(nps(split), split.n) for account, split in splits.items()}


def _columns(wanted: Wanted) -> list[Any]:
    """Return what PostgreSQL orders by: equal ones by name, the unknown last in either direction."""
    if wanted.order == "name" and wanted.is_descending:
        return ["-name", "-pk"]
    column = COLUMNS.get(wanted.order)
    if column is None:
        return ["name", "pk"]
    by = F(column)
    is_known_first = {"nulls_last": True}
    return [by.desc(**is_known_first) if wanted.is_descending else by.asc(**is_known_first), "name", "pk"]


def _ordered(scope: Scope, found: Portfolio, wanted: Wanted) -> list[int]:
    """Return the accounts ordered by values that PostgreSQL does not hold, in the same way."""
    values = VALUES[wanted.order](scope, found)
    known = [key for key in found.accounts if values.get(key) is not None]
    unknown = [key for key in found.accounts if values.get(key) is None]
    return sorted(known, key=values.__getitem__, reverse=wanted.is_descending) + unknown


def _by_nps(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    """Order by the score moved towards that of all: few answers are not believed alone (METRICS §2.5)."""
    rows = AccountNps.objects.filter(account__in=scope.accounts)
    splits = {key: Split(*counts) for key, *counts in rows.values_list("account", *Split._fields)}
    whole, strength = pooled(splits.values()), prior_strength(splits.values())
    return {key: shrunk_score(split, whole, strength) for key, split in splits.items()}


def _by_owner(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    owners = dict(scope.accounts.order_by().exclude(owner=None).values_list("pk", "owner"))
    names = {row.pk: str(row).casefold() for row in User.objects.filter(pk__in={*owners.values()})}
    return {key: names[owner] for key, owner in owners.items() if owner in names}


def _by_arr(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    assert found.contracts
    return {key: found.contracts.arr.of(key) for key in found.accounts}


def _by_renewal(scope: Scope, found: Portfolio) -> Mapping[int, Any]:
    assert found.contracts
    return {key: due.ends_on for key, due in found.contracts.coming.items()}


COLUMNS = {"health": "newest_score", "heard": "heard__heard_at"}
VALUES: Mapping[str, Callable[[Scope, Portfolio], Mapping[int, Any]]] = {
    "nps": _by_nps,
    "owner": _by_owner,
    "arr": _by_arr,
    "renewal": _by_renewal,
}
