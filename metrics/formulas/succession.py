"""Which subscription renews which term: as the data says, or by the nearest term of the same product."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from metrics.formulas.money import ZERO
from metrics.formulas.renewals import GRACE_DAYS, Term


class Line(NamedTuple):
    """One subscription: its term, its yearly value in one currency, and the one it says it renews, if any.

    names_renewals says whether any subscription of the account names the one it renews.
    """

    key: Hashable
    account: Hashable
    product: str
    starts_on: date
    ends_on: date | None
    value: Decimal
    renews: Hashable | None = None
    names_renewals: bool = False


def successors(lines: Iterable[Line], grace_days: int = GRACE_DAYS) -> dict[Hashable, list[Line]]:
    """Return the subscriptions that renew each term, by the key of the term that ended.

    Where an account's data names what a subscription renews, only that counts. Elsewhere a subscription
    renews the account's term of the same product that ended last before it began, at most `grace_days`
    earlier: a gap within the grace is a late renewal, an overlap is a second purchase.
    """
    known = list(lines)
    ended: dict[tuple[Hashable, str], list[Line]] = defaultdict(list)
    for line in known:
        if line.ends_on is not None:
            ended[line.account, line.product].append(line)
    renewed_by: dict[Hashable, list[Line]] = defaultdict(list)
    for line in known:
        term = line.renews if line.names_renewals else _nearest(line, ended, grace_days)
        if term is not None:
            renewed_by[term].append(line)
    return dict(renewed_by)


def terms(
    lines: Iterable[Line],
    *,
    as_of: date,
    grace_days: int = GRACE_DAYS,
    renewed_by: Mapping[Hashable, Sequence[Line]] | None = None,
) -> list[Term]:
    """Return every term with an end and what renewed it by a day, for the renewal rate.

    A renewal counts from the day it begins, since the data holds no day of signature. What began after the
    grace renews nothing.
    """
    known = list(lines)
    if renewed_by is None:
        renewed_by = successors(known, grace_days)
    found = []
    for line in known:
        if line.ends_on is None:
            continue
        last_day = min(line.ends_on + timedelta(days=grace_days), as_of)
        on_time = [each for each in renewed_by.get(line.key, ()) if each.starts_on <= last_day]
        renewed_on = min((each.starts_on for each in on_time), default=None)
        value = sum((each.value for each in on_time), ZERO)
        found.append(Term(line.account, line.ends_on, line.value, renewed_on, value))
    return found


def _nearest(line: Line, ended: dict[tuple[Hashable, str], list[Line]], grace_days: int) -> Hashable | None:
    earliest = line.starts_on - timedelta(days=grace_days)
    candidates = [
        (each.ends_on, place, each.key)
        for place, each in enumerate(ended[line.account, line.product])
        if each.ends_on is not None and each.key != line.key and earliest <= each.ends_on <= line.starts_on
    ]
    return max(candidates)[2] if candidates else None
