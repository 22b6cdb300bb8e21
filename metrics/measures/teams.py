"""How the accounts of each team and of each owner are, side by side, and the praise that they earned."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Sum

from accounts.models import Team, User
from metrics.formulas.clusters import pooled
from metrics.formulas.health import Band
from metrics.formulas.intervals import nps_score_interval
from metrics.formulas.money import ZERO, total_known
from metrics.formulas.nps import NOBODY, Split
from metrics.formulas.nps import nps as score_of
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.exchange import rates_on
from metrics.measures.health import BANDS, share_of_green, with_newest
from metrics.measures.history import COMING_DAYS
from metrics.measures.measure import Measure, Unit
from metrics.measures.memory import remembered
from metrics.measures.portfolio import is_customer, silent_accounts
from metrics.measures.renewals import BOOKS, Due, coming_renewals
from metrics.measures.revenue import arr_on
from metrics.measures.scope import Scope
from metrics.measures.voices import Voice, newest_moods
from metrics.models import AccountNps

PEOPLE = ("account__team", "account__owner")
DEFINITION = (
    "Promoters less detractors in percent of all answers to relationship programmes in twelve months;"
    " answers given in confidence are left out."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The accounts of one team or owner; `whose` is None for those that have none.

    Of the accounts `customers` have not left; what others said in the window counts too. `arr` and `due`,
    what ends within half a year, are None for who may not see revenue or where a rate is missing; `silent`
    are customers that were asked within the window and of whom nobody answered.
    """

    whose: Team | User | None
    customers: int
    health: Measure
    nps: Measure
    silent: int
    renewing: int | None = None
    arr: Decimal | None = None
    due: Decimal | None = None


class _Money(NamedTuple):
    """What some accounts pay, what of it ends soon and of how many; None where a rate is missing."""

    arr: Decimal | None = ZERO
    due: Decimal | None = ZERO
    renewing: int = 0


NOTHING = _Money()


@dataclass(slots=True)
class _Part:
    """The accounts that one team and one owner share, counted."""

    customers: int = 0
    bands: Counter[Band] = field(default_factory=Counter)
    said: Split = NOBODY
    silent: int = 0
    money: _Money = NOTHING


# Team and owner, each None for none.
_Parts = Mapping[tuple[int | None, int | None], _Part]


def by_people(scope: Scope) -> tuple[list[Group], list[Group]]:
    """Return the groups by team and by owner of the accounts in question, in the order of their names.

    The scope is that of the last twelve months, for which the likelihoods of every account stand counted.
    """
    parts = _parts(scope)
    teams, owners = ({key[place] for key in parts} for place in (0, 1))
    return (
        _groups(scope, parts, 0, Team.objects.in_bulk([*filter(None, teams)])),
        _groups(scope, parts, 1, User.objects.in_bulk([*filter(None, owners)])),
    )


def praise(scope: Scope, limit: int) -> list[Voice]:
    """Return the newest happy words of accounts that have an owner, whose they are.

    Words said in confidence are praise of nobody (SECURITY T22).
    """
    happy = newest_moods(scope, limit, confidential_surveys(scope))[1]
    return [voice for voice in happy if voice.account and voice.account.owner_id]


def _parts(scope: Scope) -> _Parts:
    """Return the accounts in question by team and owner together, counted by PostgreSQL."""
    parts: dict[Any, _Part] = defaultdict(_Part)
    rows = with_newest(scope.accounts.order_by(), scope.today, ("band",))
    of_bands = rows.values_list("team", "owner", "newest_band").annotate(
        Count("pk"), here=Count("pk", filter=is_customer(scope.today))
    )
    for team, owner, band, count, here in of_bands:
        parts[team, owner].customers += here
        if band:
            parts[team, owner].bands[BANDS[band]] += count
    said = AccountNps.objects.filter(account__in=scope.accounts).values_list(*PEOPLE)
    for team, owner, *counts in said.annotate(*map(Sum, Split._fields)):
        parts[team, owner].said = Split(*counts)
    silent = silent_accounts(scope).order_by().values_list("team", "owner")
    for team, owner, count in silent.annotate(Count("pk")):
        parts[team, owner].silent = count
    if scope.viewer.sees_revenue:
        for key, money in remembered(_money, scope, BOOKS).items():
            parts[key].money = money
    return parts


def _money(scope: Scope) -> dict[tuple[int | None, int | None], _Money]:
    """Return what the accounts of each team and owner pay, and what of it ends within half a year."""
    rates = rates_on(scope.today)
    whose = {
        account: (team, owner)
        for account, team, owner in scope.accounts.order_by().values_list("pk", "team", "owner")
    }
    paid: dict[Any, list[Decimal | None]] = defaultdict(list)
    for account, amount in arr_on(scope.today, scope.accounts, rates).by_account.items():
        paid[whose[account]].append(amount)
    due: dict[Any, list[Due]] = defaultdict(list)
    for each in coming_renewals(scope, COMING_DAYS, rates=rates):
        due[whose[each.account]].append(each)
    return {
        key: _Money(
            total_known(paid[key]),
            total_known(each.value for each in due[key]),
            len({each.account for each in due[key]}),
        )
        for key in {*whose.values()}
    }


def _groups(scope: Scope, parts: _Parts, place: int, rows: Mapping[int, Any]) -> list[Group]:
    members: dict[int | None, list[_Part]] = defaultdict(list)
    for key, part in parts.items():
        members[key[place]].append(part)
    dimension = ("team", "owner")[place]
    found = [_group(scope, own, rows.get(key) if key else None, dimension) for key, own in members.items()]
    return sorted(found, key=lambda group: (group.whose is None, str(group.whose).casefold()))


def _group(scope: Scope, parts: Sequence[_Part], whose: Any, dimension: str) -> Group:
    scope = replace(scope, **{dimension: whose}) if whose else scope
    bands: Counter[Any] = sum((part.bands for part in parts), Counter())
    sees_revenue = scope.viewer.sees_revenue
    return Group(
        whose=whose,
        customers=sum(part.customers for part in parts),
        health=share_of_green(scope.between(scope.today, scope.today + timedelta(days=1)), bands),
        nps=_nps(scope, pooled(part.said for part in parts)),
        silent=sum(part.silent for part in parts),
        renewing=sum(part.money.renewing for part in parts) if sees_revenue else None,
        arr=total_known(part.money.arr for part in parts) if sees_revenue else None,
        due=total_known(part.money.due for part in parts) if sees_revenue else None,
    )


def _nps(scope: Scope, split: Split) -> Measure:
    return scope.measure(
        "nps",
        Unit.POINTS,
        score_of(split),
        n=split.n,
        counted="answers",
        interval=nps_score_interval(*split),
        definition=DEFINITION,
        beside=split._asdict(),
    )
