"""Results kept in the process for as long as the rows they were worked out from stay as they are.

Contracts change now and then, but every look at a page adds all of them up. So a result is kept under a stamp
of the tables it was read from: the stamp of changed rows is another one, and nothing stale is ever found.
What also depends on mail that goes out all the time is kept for some minutes, and says since when.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Generic, TypeVar

from django.db import connection, models

from accounts.models import Account, Contact, ExchangeRate, Subscription, Team, User
from metrics.measures.scope import Scope
from metrics.models import Recount
from surveys.models import (
    Audience,
    AudienceMember,
    ContactCap,
    ContactPolicy,
    Preference,
    Programme,
    Suppression,
    Survey,
)

# What revenue is worked out from.
CONTRACTS = (Account, ExchangeRate, Subscription)
# What counts of answers and invitations are read from, and by what their accounts are told apart.
COUNTS = (Recount, Account, Programme, Survey, Team, User)
# What people change of who is asked.
ASKING = (
    *(Account, Contact, Subscription, Audience, AudienceMember),
    *(ContactPolicy, ContactCap, Preference, Suppression),
)
Result = TypeVar("Result")
MOST_KEPT = 64
# So long a page may show what its process has seen: a list then has the rows of the count that led there.
LATELY = timedelta(minutes=5)
MOST_SEEN = 4
STAMP = "(SELECT (count(*), sum({row}))::text FROM {table})"
# Findings are kept under it: another one lets every kept back-test be worked out again.
PLACE = "hashtidextended(ctid, hashtext(xmin::text))"
# Of people only who they are: a login is written to the row as well, and changes nothing that is kept.
WHO: Mapping[type[models.Model], str] = {User: "hashtextextended(email, id)"}

_kept: OrderedDict[Any, Any] = OrderedDict()
_seen: OrderedDict[Any, "Seen[Any]"] = OrderedDict()
_lock = Lock()


@dataclass(frozen=True, slots=True)
class Seen(Generic[Result]):
    """What a look at rows found, when that was, and the stamp of the rows that people change by hand."""

    found: Result
    at: datetime
    stamp: tuple[Any, ...]


def remembered(
    work: Callable[..., Result], scope: Scope, tables: Sequence[type[models.Model]], *asked: Hashable
) -> Result:
    """Return what the work makes of a scope and of what else is asked, once for the same rows of the tables.

    For who sees every account; whoever sees some of them has few, and they are worked out each time. So is
    what a past day knew, which these tables do not tell. The work must read nothing but these tables.
    """
    if scope.known_on or not scope.viewer.sees_all_accounts:
        return work(scope, *asked)
    key = (work.__module__, work.__qualname__, _key(scope), asked, stamp(tables))
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            found: Result = _kept[key]
            return found
    made = work(scope, *asked)
    with _lock:
        _kept[key] = made
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return made


def seen_lately(
    look: Callable[[], Result],
    tables: Sequence[type[models.Model]],
    *asked: Hashable,
    now: datetime,
    anew: bool = False,
) -> Seen[Result]:
    """Return what a look finds, or what one found that was `asked` the same, of the same rows of the tables.

    None that is older than five minutes, and none at all `anew`. What the look reads beside the tables is as
    old as it says, so whoever may see a part of it only, or no more of it, must not be shown what was kept.
    """
    rows = stamp(tables)
    with _lock:
        known = _seen.get(asked)
    if known and not anew and known.stamp == rows and timedelta(0) <= now - known.at < LATELY:
        return known
    made = Seen(look(), now, rows)
    with _lock:
        # Another one may have looked later and been faster.
        known = _seen.get(asked)
        if known is None or known.at <= now:
            _seen[asked] = made
        _seen.move_to_end(asked)
        while len(_seen) > MOST_SEEN:
            _seen.popitem(last=False)
    return made


def stamp(tables: Sequence[type[models.Model]]) -> tuple[Any, ...]:
    """Return what is another one as soon as a row of the tables is: in one query.

    PostgreSQL writes a changed row to another place, by another transaction or both.
    """
    with connection.cursor() as cursor:
        stamps = (STAMP.format(row=WHO.get(each, PLACE), table=each._meta.db_table) for each in tables)
        cursor.execute(f"SELECT {', '.join(stamps)}")
        return tuple(cursor.fetchone() or ())


def _key(scope: Scope) -> tuple[Any, ...]:
    values = []
    for each in fields(scope):
        value = getattr(scope, each.name)
        if each.name == "viewer":
            value = value.sees_revenue
        values.append(tuple(sorted(value.items())) if isinstance(value, Mapping) else value)
    return tuple(values)
