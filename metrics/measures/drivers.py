"""What goes along with the answer that matters most: key drivers among the other ratings (METRICS §2.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from metrics.formulas.drivers import NotEnoughToSay, analyse
from metrics.formulas.intervals import Interval
from metrics.formulas.satisfaction import Direction
from metrics.measures.answers import question_settings
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED, scale_of
from metrics.models import Score

# The newest so many: more would move no second digit, and take longer than a page may.
MOST_RESPONSES = 10_000
DEFINITION = (
    "Johnson's relative weights: how much of the differences between answers goes along with each of the"
    " other ratings. Association, not effect. Intervals at 95% by resampling accounts."
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


def key_drivers(scope: Scope, outcome: str = "") -> KeyDrivers | None:
    """Return what goes along with a rating of the survey or programme, its NPS question unless one is named.

    None where nothing was rated. Too little to say is said in words.
    """
    scores = Score.objects.filter(scope.days(), scope.surveys(), kind__in=MEASURED)
    scores = scores.filter(**scope.sliced)
    if scope.is_by_account:
        scores = scores.filter(account__in=scope.companies)
    asked = {
        (survey, key): kind
        for survey, key, kind in scores.values_list("survey", "question_key", "kind").distinct()
    }
    chosen = outcome or _outcome({key: kind for (_, key), kind in asked.items()})
    if chosen not in {key for _, key in asked}:
        return None
    newest = scores.filter(question_key=chosen).order_by("-response_id").values_list("response_id", flat=True)
    ids = list(newest[:MOST_RESPONSES])
    rows = scores.filter(response_id__gte=ids[-1]).order_by("response_id")
    keys = sorted({key for _, key in asked} - {chosen})
    values, groups = _table(
        rows.values_list("response_id", "account_id", "question_key", "value"), chosen, keys
    )
    is_cut = len(ids) == MOST_RESPONSES
    try:
        found = analyse(keys, values, groups)
    except NotEnoughToSay as why:
        return KeyDrivers(chosen, (), None, len(ids), why_not=f"Not enough to say: {why}.", is_cut=is_cut)
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


def _outcome(kinds: Mapping[str, str]) -> str:
    """Return the question that speaks for the rest: NPS before CSAT before CES before a rating."""
    return min(kinds, key=lambda key: (MEASURED.index(kinds[key]), key), default="")


def _table(rows: Any, outcome: str, keys: Sequence[str]) -> tuple[Any, list[int]]:
    """Return one row of ratings a response, the outcome first and gaps as NaN, and the group of each row.

    The answers of an account are one group; an answer without an account is a group of its own.
    """
    place = {outcome: 0, **{key: number for number, key in enumerate(keys, start=1)}}
    given: dict[int, list[float]] = {}
    groups: dict[int, int] = {}
    for response, account, key, value in rows.iterator():
        given.setdefault(response, [np.nan] * len(place))[place[key]] = value
        groups[response] = account or -response
    return np.asarray(list(given.values()), dtype=float), list(groups.values())


def _index(kind: str, settings: Mapping[str, Any], mean: float) -> float:
    """Return a mean rating as its place (0..100, high is good) between the ends of its scale."""
    if kind == "nps":
        low, high, is_better_low = settings["low"], settings["high"], False
    else:
        scale = scale_of(kind, settings)
        low, high, is_better_low = scale.low, scale.high, scale.direction is Direction.LOWER_IS_BETTER
    place = float(100 * (mean - low) / (high - low))
    return 100 - place if is_better_low else place
