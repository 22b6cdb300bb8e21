"""What goes along with the answer that matters most: key drivers among the other ratings (METRICS §2.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db.models import Exists, Max, OuterRef, Q, Sum

from metrics.formulas.drivers import NotEnoughToSay, analyse
from metrics.formulas.intervals import Interval
from metrics.formulas.satisfaction import Direction
from metrics.measures.answers import question_settings
from metrics.measures.cells import Cell, read_cells
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED, scale_of
from metrics.models import Score, Tally

# Of the newest days, until they hold so many: more would hardly move a digit, and take longer than a page.
MOST_RESPONSES = 5_000
# Answers are added up over so many of the newest days; over more for who has too few there, last over all.
NEWEST_DAYS = (32, 96, None)
DEFINITION = (
    "Explains: how much of the differences between answers goes along with each of the other ratings, by"
    " Johnson’s relative weights; Shapley’s way of counting it stands beside as a check. Importance: its part"
    " of what all explain together. Association, not effect. Intervals at 95% by resampling accounts."
)


@dataclass(frozen=True, slots=True)
class KeyDriver:
    """One rating: the share (0..1) of the outcome's variance that goes along with it, with interval and sign.

    `share` is its part (0..100 percent) of what all explain together, `shapley` its importance by Shapley's
    way or None, `performance` the mean rating (0..100, high is good).
    """

    key: str
    share: float
    interval: Interval
    importance: float
    shapley: float | None
    sign: int
    performance: float
    n: int

    @property
    def percent(self) -> float:
        """The importance in percent."""
        return 100 * self.importance

    @property
    def percent_interval(self) -> Interval:
        """The interval of the importance in percent."""
        return Interval(100 * self.interval.low, 100 * self.interval.high)

    @property
    def shapley_percent(self) -> float | None:
        """Shapley's importance in percent."""
        return None if self.shapley is None else 100 * self.shapley


@dataclass(frozen=True, slots=True)
class KeyDrivers:
    """The drivers of one rating, strongest first, or why nothing can be said of them.

    `r_squared` (0..1) is what they explain together, `n` the answers to the outcome that were used.
    """

    outcome: str
    drivers: Sequence[KeyDriver]
    r_squared: float | None
    n: int
    why_not: str = ""
    is_cut: bool = False

    @property
    def r_squared_percent(self) -> float | None:
        """What they explain together, in percent."""
        return None if self.r_squared is None else 100 * self.r_squared


def ratings(scope: Scope) -> list[Cell]:
    """Return the counts of the ratings in question, among which drivers are looked for."""
    return read_cells(scope, MEASURED)


def key_drivers(scope: Scope, outcome: str = "", given: Sequence[Cell] | None = None) -> KeyDrivers | None:
    """Return what goes along with a rating of the survey or programme, its NPS question unless one is named.

    None where nothing was rated. Too little to say is said in words. The `ratings` are read unless given.
    """
    given = ratings(scope) if given is None else given
    asked = {(cell.survey, cell.question_key): cell.kind for cell in given}
    chosen = outcome or _outcome({key: kind for (_, key), kind in asked.items()})
    if chosen not in {key for _, key in asked}:
        return None
    since, is_cut = _newest(scope, [cell for cell in given if cell.question_key == chosen])
    scores = _scores(scope).filter(day__gte=since) if since else _scores(scope)
    keys = sorted({key for _, key in asked} - {chosen})
    values, groups = _table(scores, chosen, keys)
    rated = [key for place, key in enumerate(keys, start=1) if not np.isnan(values[:, place]).all()]
    values = values[:, [0, *(1 + keys.index(key) for key in rated)]]
    keys, n = rated, int(np.count_nonzero(~np.isnan(values[:, 0])))
    try:
        found = analyse(keys, values, groups)
    except NotEnoughToSay as why:
        return KeyDrivers(chosen, (), None, n, why_not=f"Not enough to say: {why}.", is_cut=is_cut)
    settings = question_settings(asked)
    scales = {key: (kind, settings[survey, key]) for (survey, key), kind in asked.items()}
    explained = found.r_squared or 1.0
    column = {key: values[:, place + 1] for place, key in enumerate(keys)}
    drivers = [
        KeyDriver(
            key=each.key,
            share=100 * each.importance / explained,
            interval=each.interval,
            importance=each.importance,
            shapley=each.shapley,
            sign=each.sign,
            performance=_index(*scales[each.key], each.performance),
            n=int(np.count_nonzero(~np.isnan(column[each.key]))),
        )
        for each in found.drivers
    ]
    return KeyDrivers(chosen, drivers, found.r_squared, found.n, is_cut=is_cut)


def rated(scope: Scope, outcome: str, driver: str = "") -> Any:
    """Return the ratings of the outcome that are used, with a driver those of who rated that as well."""
    scores = _scores(scope)
    if driver:
        beside = scores.filter(response=OuterRef("response"), question_key=driver)
        return scores.filter(Exists(beside), question_key=outcome)
    return scores.filter(question_key=outcome)


def _outcome(kinds: Mapping[str, str]) -> str:
    """Return the question that speaks for the rest: NPS before CSAT before CES before a rating."""
    return min(kinds, key=lambda key: (MEASURED.index(kinds[key]), key), default="")


def _scores(scope: Scope) -> Any:
    """Return the ratings in question."""
    scores = Score.objects.filter(scope.days(), scope.surveys(), kind__in=MEASURED, **scope.sliced)
    return scores.filter(account__in=scope.companies) if scope.is_by_account else scores


def _newest(scope: Scope, given: Sequence[Cell]) -> tuple[date | None, bool]:
    """Return from which day on there are as many answers as are used, and whether there are more before."""
    if sum(cell.total for cell in given) < MOST_RESPONSES:
        return None, False
    (outcome,) = {cell.question_key for cell in given}
    rows: Any = _scores(scope).filter(question_key=outcome, kind__in={cell.kind for cell in given})
    if scope.is_by_account:
        last = rows.order_by("-day").values_list("day", flat=True)[MOST_RESPONSES - 1 : MOST_RESPONSES]
        day = next(iter(last), None)
        return day, bool(day) and rows.filter(day__lt=day).exists()
    rows = Tally.objects.filter(scope.days(), scope.surveys(), question_key=outcome, **scope.sliced)
    by_day = rows.order_by("-day").values_list("day").annotate(total=Sum("count"))
    for most in NEWEST_DAYS:
        said = 0
        for day, total in by_day[:most]:
            said += total
            if said >= MOST_RESPONSES:
                return day, rows.filter(day__lt=day).exists()
    return None, False


def _table(scores: Any, outcome: str, keys: Sequence[str]) -> tuple[Any, list[int]]:
    """Return one row of ratings a response, the outcome first and gaps as NaN, and the group of each row.

    The answers of an account are one group; an answer without an account is a group of its own.
    """
    columns = [Max("value", filter=Q(question_key=key)) for key in (outcome, *keys)]
    rows = (
        scores.order_by()
        .values_list("response_id", "account_id")
        .annotate(**{f"rating_{place}": column for place, column in enumerate(columns)})
    )
    found = list(rows.filter(rating_0__isnull=False))
    values = np.asarray([ratings for _, _, *ratings in found], dtype=float)
    groups = [account or -response for response, account, *_ in found]
    return values.reshape(len(found), len(columns)), groups


def _index(kind: str, settings: Mapping[str, Any], mean: float) -> float:
    """Return a mean rating as its place (0..100, high is good) between the ends of its scale."""
    if kind == "nps":
        low, high, is_better_low = settings["low"], settings["high"], False
    else:
        scale = scale_of(kind, settings)
        low, high, is_better_low = scale.low, scale.high, scale.direction is Direction.LOWER_IS_BETTER
    place = float(100 * (mean - low) / (high - low))
    return 100 - place if is_better_low else place
