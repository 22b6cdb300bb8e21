"""Was the score any good? What was known before renewals against what became of them (METRICS §2.7)."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from metrics.formulas.backtest import LEAST_LOSSES, BackTest, Bin, backtest, brier, brier_skill, cross_fitted
from metrics.formulas.backtest import reliability as reliability_of
from metrics.formulas.calibration import calibrated, cut_points
from metrics.formulas.health import Band
from metrics.formulas.intervals import Interval, wilson
from metrics.measures.outcomes import (
    Outcome,
    Snapshot,
    healths_before,
    renewal_outcomes,
    sentiment_before,
)
from metrics.measures.scope import Scope
from metrics.measures.sentiment import in_percent

LEADS = (90, 60, 30)
BANDS = (Band.GREEN, Band.YELLOW, Band.RED, Band.GREY)
DEFINITION = (
    "The score as it was first known so many days before contracts ended, against whether they were renewed."
    " Lost is who kept less than half of the yearly value due. AUC is the chance that an account that stayed"
    " scored above one that left; 0.5 is a coin toss."
)
WORDS = {
    "evidence": "The score told those who left from those who stayed better than chance.",
    "no evidence": "No evidence that the score tells those who leave from those who stay.",
    "insufficient evidence": (
        f"Insufficient evidence: fewer than {LEAST_LOSSES} losses with a score before them."
    ),
}


class Verdict(StrEnum):
    """What the back-test says."""

    EVIDENCE = "evidence"
    NO_EVIDENCE = "no evidence"
    INSUFFICIENT = "insufficient evidence"


@dataclass(frozen=True, slots=True)
class BandLoss:
    """Of the accounts of one band: how many renewals were decided, and the share (0..1) that was lost."""

    band: Band
    due: int
    lost: int
    rate: float | None
    interval: Interval | None

    @property
    def percent(self) -> float | None:
        """The share that was lost, in percent."""
        return None if self.rate is None else 100 * self.rate

    @property
    def percent_interval(self) -> Interval | None:
        """Its interval in percent."""
        return in_percent(self.interval)


@dataclass(frozen=True, slots=True)
class Tested:
    """One score (`health` or `nps`) so many days before renewals, and how well it told who would leave.

    `due` and `lost` count all that was decided. `without` counts those before which the account had no score,
    `replays` those whose score was computed only later, `persons` those for which a person's word stood: none
    of these is in the test. Brier score, skill and reliability are those of a probability fitted on other
    renewals, None where there are too few.
    """

    score: str
    lead_days: int
    due: int
    lost: int
    without: int
    replays: int
    persons: int
    test: BackTest
    brier: float | None
    skill: float | None
    reliability: Sequence[Bin]
    bands: Sequence[BandLoss]
    segments: Sequence[tuple[str, BackTest]]
    cut_points: tuple[float, float] | None

    @property
    def verdict(self) -> Verdict:
        """What may be said of it."""
        if not self.test.is_enough:
            return Verdict.INSUFFICIENT
        return Verdict.EVIDENCE if self.test.has_evidence else Verdict.NO_EVIDENCE

    @property
    def captured(self) -> float | None:
        """The percentage of all losses among the lowest fifth."""
        share = self.test.capture_at_20
        return None if share is None else 100 * share

    @property
    def tenths(self) -> list[tuple[float, float, int]]:
        """Promised and observed losses in percent, and how many, of each tenth."""
        return [(100 * each.predicted, 100 * each.observed, each.n) for each in self.reliability]

    @property
    def words(self) -> str:
        """The verdict as a sentence."""
        return WORDS[self.verdict]


def health_backtest(
    scope: Scope, lead_days: int, outcomes: Sequence[Outcome] | None = None, *, with_replays: bool = False
) -> Tested:
    """Return how well the health of accounts foretold the renewals due in the window."""
    decided = renewal_outcomes(scope) if outcomes is None else outcomes
    known = healths_before(decided, lead_days)
    usable = usable_snapshots(known, with_replays=with_replays)
    return judged(
        "health",
        lead_days,
        decided,
        {position: snapshot.score for position, snapshot in usable.items()},
        bands={position: Band(snapshot.band) for position, snapshot in usable.items()},
        # Under a person's word it is counted there, whenever it was scored: each is left out once.
        replays=0 if with_replays else sum(s.is_replay and not s.is_a_persons for s in known.values()),
        persons=sum(each.is_a_persons for each in known.values()),
    )


def nps_backtest(scope: Scope, lead_days: int, outcomes: Sequence[Outcome] | None = None) -> Tested:
    """Return how well what people answered to the likelihood question foretold the renewals."""
    decided = renewal_outcomes(scope) if outcomes is None else outcomes
    return judged("nps", lead_days, decided, sentiment_before(decided, lead_days))


def usable_snapshots(known: Mapping[int, Snapshot], *, with_replays: bool) -> dict[int, Snapshot]:
    """Return the snapshots that a formula may be judged by: as known then, and its own."""
    return {
        position: snapshot
        for position, snapshot in known.items()
        if not snapshot.is_a_persons and (with_replays or not snapshot.is_replay)
    }


def judged(
    score: str,
    lead_days: int,
    outcomes: Sequence[Outcome],
    scores: Mapping[int, int],
    *,
    bands: Mapping[int, Band] | None = None,
    replays: int = 0,
    persons: int = 0,
) -> Tested:
    """Return the test of scores (any whole numbers, high ones promise renewal) by the outcome's position."""
    positions = sorted(scores)
    lost = [not outcomes[position].is_kept for position in positions]
    values = [float(scores[position]) for position in positions]
    forecasts = forecasts_of(values, lost)
    whole = calibrated(values, lost) if forecasts and score == "health" else None
    segments = sorted({outcomes[position].segment for position in positions} - {""})
    return Tested(
        score=score,
        lead_days=lead_days,
        due=len(outcomes),
        lost=sum(not outcome.is_kept for outcome in outcomes),
        without=len(outcomes) - len(scores) - replays - persons,
        replays=replays,
        persons=persons,
        test=_compared(outcomes, scores),
        brier=brier(forecasts),
        skill=brier_skill(forecasts),
        reliability=reliability_of(forecasts),
        bands=_losses(outcomes, bands or {}),
        segments=[
            (
                segment,
                _compared(outcomes, {p: s for p, s in scores.items() if outcomes[p].segment == segment}),
            )
            for segment in segments
        ],
        cut_points=whole and cut_points(lambda points: whole(100 * points), sum(lost) / len(lost)),
    )


def forecasts_of(scores: Sequence[float], lost: Sequence[bool]) -> list[tuple[float, bool]]:
    """Return the probability (0..1) of each loss by a fit on other renewals, and whether it came to it.

    Empty where losses are too few to fit anything.
    """
    return cross_fitted(scores, lost, calibrated) if sum(lost) >= LEAST_LOSSES else []


def _compared(outcomes: Sequence[Outcome], scores: Mapping[int, int]) -> BackTest:
    counts: dict[bool, Counter[int]] = {True: Counter(), False: Counter()}
    for position, value in scores.items():
        counts[outcomes[position].is_kept][value] += 1
    return backtest(counts[True], counts[False])


def _losses(outcomes: Sequence[Outcome], bands: Mapping[int, Band]) -> list[BandLoss]:
    """Return how the renewals of each band went, none where no band is known."""
    by_band: dict[Band, list[bool]] = defaultdict(list)
    for position, band in bands.items():
        by_band[band].append(not outcomes[position].is_kept)
    losses = []
    for band in BANDS if bands else ():
        lost, due = sum(by_band[band]), len(by_band[band])
        losses.append(BandLoss(band, due, lost, lost / due if due else None, wilson(lost, due)))
    return losses
