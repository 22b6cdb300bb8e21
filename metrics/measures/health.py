"""How accounts are: the newest health of each, and how many are in which band."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    BooleanField,
    Case,
    Count,
    FilteredRelation,
    OuterRef,
    Q,
    Subquery,
    TextField,
    When,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, JSONArray

from metrics.evidence.among import among
from metrics.formulas.health import Band
from metrics.measures.measure import Measure, Point, Unit
from metrics.measures.scope import Scope
from metrics.models import Health

# A health that nobody renewed for a week says nothing about today.
STALE_DAYS = 7
NEWEST = ("score", "band", "confidence", "day")
BANDS = {band.value: band for band in Band}
DEFINITION = (
    "Of the accounts of whose health enough is known, the percentage in green, which begins at 75 of 100 and,"
    " like every band, is left only three points beyond its edge on three days running."
    " Grey ones, of which too little is known, are left out."
)


class Standing(NamedTuple):
    """One account's newest health: score (0..100), band, and the share (0..1) of it that is known."""

    account: int
    score: float
    band: Band
    confidence: float
    day: date


def standings(scope: Scope, accounts: Collection[int] | None = None) -> dict[int, Standing]:
    """Return the newest health of each account in question that has one of the last week, by account.

    Of these few accounts alone where some are given.
    """
    if accounts is None:
        return _standings(scope, scope.today)
    near = _up_to(scope.today).filter(among(accounts), account__in=scope.accounts)
    rows = near.newest_on(scope.today)
    named = ("account", "score", "band", "confidence", "day")
    return {row[0]: _standing(*row) for row in rows.values_list(*named)}


def bands(scope: Scope) -> dict[int, Band]:
    """Return the band of each account in question that has a health of the last week, by account."""
    rows = with_newest(scope.accounts.order_by(), scope.today, ("band",))
    return {account: BANDS[band] for account, band in rows.values_list("pk", "newest_band") if band}


def standings_on(scope: Scope, days: Sequence[date]) -> list[dict[int, Standing]]:
    """Return the same as it stood on each of the days, in a query each."""
    return [_standings(scope, day) for day in days]


def _standings(scope: Scope, day: date) -> dict[int, Standing]:
    """Return the standing of each account on a day; those without a row of the day itself are looked up."""
    # As a text, because Django would convert the value of every row, also of those that have none.
    looked_up = When(of_day__isnull=True, then=Cast(_newest(day, JSONArray(*NEWEST)), TextField()))
    rows = (
        _beside(scope.accounts.order_by(), day)
        .annotate(older=Case(looked_up))
        .values_list("pk", *(f"of_day__{name}" for name in NEWEST), "older")
    )
    found: dict[int, Standing] = {}
    # A day that is over may have several revisions: the last one stands.
    for account, *own, older in rows.order_by("of_day__revision"):
        if own[0] is not None:
            found[account] = _standing(account, *own)
        elif older:
            score, band, confidence, known_on = json.loads(older)
            found[account] = _standing(account, score, band, confidence, date.fromisoformat(known_on))
    return found


def _standing(account: int, score: int, band: str, confidence: int, day: date) -> Standing:
    return Standing(account, score / 100, BANDS[band], confidence / 10_000, day)


def with_newest(accounts: Any, day: date, names: Sequence[str]) -> Any:
    """Add fields of the newest health of the week up to a day to accounts, as `newest_…`.

    Nearly every account has a row of the day itself, and these stand together; others are looked up one by
    one. Of a day that is over an account may come several times, once for each revision.
    """
    fields = {f"newest_{name}": Coalesce(f"of_day__{name}", _newest(day, name)) for name in names}
    return _beside(accounts, day).annotate(**fields)


def _beside(accounts: Any, day: date) -> Any:
    """Set the health of a day beside each account, as `of_day`."""
    return accounts.annotate(of_day=FilteredRelation("healths", condition=Q(healths__day=day)))


def _newest(day: date, value: Any) -> Subquery:
    """Return a value of an account's newest health of the week up to a day."""
    near = _up_to(day).filter(account=OuterRef("pk")).order_by("-day", "-revision")
    return Subquery(near.values_list(value)[:1])


def _up_to(day: date) -> Any:
    """Return the healths of the week up to a day."""
    return Health.objects.filter(day__lte=day, day__gt=day - timedelta(days=STALE_DAYS))


def healthy_accounts(scope: Scope, found: Mapping[int, Standing] | None = None) -> Measure:
    """Return the accounts in green (0..100 percent) of those known, or None; each band's count beside it."""
    found = standings(scope) if found is None else found
    today = scope.between(scope.today, scope.today + timedelta(days=1))
    return share_of_green(today, Counter(standing.band for standing in found.values()))


def share_of_green(day: Scope, bands: Mapping[Band, int]) -> Measure:
    """Return the same of accounts that are counted already, for a scope of one day."""
    known = sum(count for band, count in bands.items() if band is not Band.GREY)
    return day.measure(
        "health",
        Unit.PERCENT,
        100 * bands.get(Band.GREEN, 0) / known if known else None,
        n=known,
        counted="accounts",
        definition=DEFINITION,
        beside={band.value: bands.get(band, 0) for band in Band},
    )


def healthy_on(scope: Scope, days: Collection[date]) -> list[Point]:
    """Return the accounts in green (0..100 percent) on each day, as known that day, in one query.

    Where a day has no snapshot the newest of the week before stands in; None without any.
    """
    is_snapshot = RawSQL(
        """
        metrics_health.day = ANY(ARRAY(
            SELECT (SELECT max(day) FROM metrics_health WHERE day <= asked AND day > asked - %s)
            FROM unnest(%s::date[]) AS asked
        ))
        """,
        (STALE_DAYS, sorted(days)),
        output_field=BooleanField(),
    )
    rows = Health.objects.filter(is_snapshot, revision=1)
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    counts: dict[date, dict[Band, int]] = defaultdict(dict)
    for day, band, count in rows.order_by().values_list("day", "band").annotate(count=Count("*")):
        counts[day][Band(band)] = count
    points = []
    for day in sorted(days):
        known = max((each for each in counts if 0 <= (day - each).days < STALE_DAYS), default=None)
        bands = counts[known] if known else {}
        points.append(Point(day, share_of_green(scope.between(day, day + timedelta(days=1)), bands)))
    return points


def health_trend(scope: Scope) -> list[tuple[date, float, Band]]:
    """Return the daily health of the account in question over the window: day, score (0..100) and band."""
    rows = Health.objects.filter(scope.days(), account__in=scope.accounts).by_day()
    return [(day, score / 100, Band(band)) for day, score, band in rows.values_list("day", "score", "band")]
