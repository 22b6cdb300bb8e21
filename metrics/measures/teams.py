"""How the accounts of each team and of each owner are, side by side, and the praise that they earned."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from accounts.models import Team, User
from metrics.formulas.clusters import pooled
from metrics.formulas.intervals import nps_score_interval
from metrics.formulas.money import ZERO
from metrics.formulas.nps import Split
from metrics.formulas.nps import nps as score_of
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.health import Standing, healthy_accounts, standings
from metrics.measures.history import books
from metrics.measures.measure import Measure, Unit
from metrics.measures.portfolio import silent_accounts
from metrics.measures.renewals import Due
from metrics.measures.revenue import Arr
from metrics.measures.scope import Scope
from metrics.measures.voices import Voice, newest_moods
from metrics.models import AccountNps

DEFINITION = (
    "Promoters less detractors in percent of all answers to relationship programmes in twelve months;"
    " answers given in confidence are left out."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The accounts of one team or owner; `whose` is None for those that have none.

    `arr` and `due`, what ends within half a year, are None for who may not see revenue or where a rate is
    missing; `silent` were asked within the window and none of them answered.
    """

    whose: Team | User | None
    accounts: int
    health: Measure
    nps: Measure
    silent: int
    renewing: int | None = None
    arr: Decimal | None = None
    due: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """All that the groups are made of, read once."""

    scope: Scope
    found: Mapping[int, Standing]
    said: Mapping[int, Split]
    silent: frozenset[int]
    arr: Arr | None
    due: Mapping[int, Sequence[Due]]


def by_people(scope: Scope) -> tuple[list[Group], list[Group]]:
    """Return the groups by team and by owner of the accounts in question, in the order of their names.

    The scope is that of the last twelve months, for which the likelihoods of every account stand counted.
    """
    rows = scope.accounts.order_by().values_list("pk", "team", "owner")
    teams: dict[int | None, list[int]] = defaultdict(list)
    owners: dict[int | None, list[int]] = defaultdict(list)
    for account, team, owner in rows:
        teams[team].append(account)
        owners[owner].append(account)
    known = _known(scope)
    return (
        _groups(known, teams, Team.objects.in_bulk([*filter(None, teams)]), "team"),
        _groups(known, owners, User.objects.in_bulk([*filter(None, owners)]), "owner"),
    )


def praise(scope: Scope, limit: int) -> list[Voice]:
    """Return the newest happy words of accounts that have an owner, whose they are.

    Words said in confidence are praise of nobody (SECURITY T22).
    """
    happy = newest_moods(scope, limit, confidential_surveys(scope))[1]
    return [voice for voice in happy if voice.account and voice.account.owner_id]


def _known(scope: Scope) -> _Known:
    paid = books(scope) if scope.viewer.sees_revenue else None
    due: dict[int, list[Due]] = defaultdict(list)
    for each in paid.due if paid else ():
        due[each.account].append(each)
    silent = frozenset(silent_accounts(scope).values_list("pk", flat=True))
    counted = AccountNps.objects.filter(account__in=scope.accounts).values_list("account", *Split._fields)
    said = {account: Split(*groups) for account, *groups in counted}
    return _Known(scope, standings(scope), said, silent, paid.arr if paid else None, due)


def _groups(
    known: _Known, keys: Mapping[int | None, Sequence[int]], rows: Mapping[int, Any], dimension: str
) -> list[Group]:
    found = [
        _group(known, rows.get(key) if key else None, accounts, dimension) for key, accounts in keys.items()
    ]
    return sorted(found, key=lambda group: (group.whose is None, str(group.whose).casefold()))


def _group(known: _Known, whose: Any, accounts: Sequence[int], dimension: str) -> Group:
    scope = replace(known.scope, **{dimension: whose}) if whose else known.scope
    found = {key: known.found[key] for key in accounts if key in known.found}
    due = [each for key in accounts for each in known.due.get(key, ())]
    return Group(
        whose=whose,
        accounts=len(accounts),
        health=healthy_accounts(scope, found),
        nps=_nps(scope, pooled(known.said[key] for key in accounts if key in known.said)),
        silent=len(known.silent.intersection(accounts)),
        renewing=len({each.account for each in due}) if known.arr else None,
        arr=_sum(known.arr.of(key) for key in accounts) if known.arr else None,
        due=_sum(each.value for each in due) if known.arr else None,
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


def _sum(amounts: Any) -> Decimal | None:
    values = list(amounts)
    return None if None in values else sum(values, ZERO)
