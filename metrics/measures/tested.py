"""The renewals behind a count of a back-test, one by one: what was known before, and what came of it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from metrics.formulas.backtest import BackTest, backtest, equal_parts
from metrics.formulas.health import Band
from metrics.measures.backtest import forecasts_of, usable_snapshots
from metrics.measures.memory import CONTRACTS, remembered
from metrics.measures.outcomes import Outcome, healths_before, renewal_outcomes, sentiment_before
from metrics.measures.revenue import require_revenue
from metrics.measures.scope import Scope
from metrics.models import Health, Recount
from surveys.models import Programme, Survey

SCORES = ("health", "nps")


class Part(StrEnum):
    """What a back-test made of a renewal: tested it, or left it out and why."""

    TESTED = "tested"
    WITHOUT = "without"
    PERSONS = "persons"
    REPLAYS = "replays"


class Decided(NamedTuple):
    """One renewal that was decided, and the score before it (hundredths), None where there was none."""

    outcome: Outcome
    part: Part
    score: int | None = None
    band: Band | None = None
    known_on: date | None = None


def decided_renewals(
    scope: Scope, score: str, lead_days: int, *, with_replays: bool = False
) -> list[Decided]:
    """Return every renewal that the back-test of a score counts in the window, each with what it made of it.

    Raises PermissionDenied for whoever may not see revenue: these are contracts.
    """
    require_revenue(scope.viewer)
    if score == "nps":
        return remembered(_by_answers, scope, (*CONTRACTS, Recount, Programme, Survey), lead_days)
    return remembered(_by_health, scope, CONTRACTS, lead_days, with_replays, newest_health())


def newest_health() -> int | None:
    """Return the newest health's number, which what is kept of healths goes by.

    What is known of a past day never changes, but days may be scored later.
    """
    return Health.objects.order_by("-pk").values_list("pk", flat=True).first()


def tenths_of(decided: Iterable[Decided]) -> list[list[Decided]]:
    """Return the renewals in the test by how probable their loss was, a tenth of them each, lowest first."""
    tested = [each for each in decided if each.part is Part.TESTED and each.score is not None]
    forecasts = forecasts_of(
        [float(each.score or 0) for each in tested], [not each.outcome.is_kept for each in tested]
    )
    return [[tested[place] for place in part] for part in equal_parts(forecasts)]


def told_apart(decided: Iterable[Decided]) -> BackTest:
    """Return how well the score told lost renewals from kept ones, among those of these in the test."""
    counts: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for each in decided:
        if each.part is Part.TESTED and each.score is not None:
            counts[each.outcome.is_kept][each.score] += 1
    return backtest(counts[True], counts[False])


def _by_answers(scope: Scope, lead_days: int) -> list[Decided]:
    decided = renewal_outcomes(scope)
    known = sentiment_before(decided, lead_days)
    return [
        Decided(outcome, Part.TESTED if place in known else Part.WITHOUT, known.get(place))
        for place, outcome in enumerate(decided)
    ]


def _by_health(scope: Scope, lead_days: int, with_replays: bool, _newest: int | None) -> list[Decided]:
    return [*_each_health(renewal_outcomes(scope), lead_days, with_replays)]


def _each_health(decided: list[Outcome], lead_days: int, with_replays: bool) -> Iterator[Decided]:
    known = healths_before(decided, lead_days)
    usable = usable_snapshots(known, with_replays=with_replays)
    for place, outcome in enumerate(decided):
        snapshot = known.get(place)
        if snapshot is None:
            yield Decided(outcome, Part.WITHOUT)
            continue
        left_out = Part.PERSONS if snapshot.is_a_persons else Part.REPLAYS
        part = Part.TESTED if place in usable else left_out
        yield Decided(outcome, part, snapshot.score, Band(snapshot.band), snapshot.day)
