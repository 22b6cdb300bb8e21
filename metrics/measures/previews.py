"""What another scorecard would do, before it is put in force: who changes band, and the back-test beside."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from metrics.formulas.calibration import Trial, is_better, reweighted
from metrics.formulas.health import Band, Override, raw_band
from metrics.formulas.rescoring import Measured, Rescorer
from metrics.formulas.scorecards import Card
from metrics.measures.backtest import LEADS, Tested, judged, usable_snapshots
from metrics.measures.health import STALE_DAYS
from metrics.measures.memory import CONTRACTS, remembered
from metrics.measures.moves import measured, overrides
from metrics.measures.outcomes import Outcome, Snapshot, healths_before, renewal_outcomes
from metrics.measures.scope import Scope
from metrics.models import Health

# Every account is scored again, each time somebody looks.
MOST_ACCOUNTS = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """One account as it is by the scorecard in force and by the other one: scores 0..100 and bands."""

    account: int
    name: str
    before: float
    after: float
    band_before: Band
    band_after: Band


@dataclass(frozen=True, slots=True)
class Preview:
    """What a scorecard would do to the accounts of today, and would have said of renewals gone by.

    Bands are those of the cut-offs alone: with the days of waiting they would follow a little later. `flows`
    counts accounts by band before and after, `changes` are these accounts, who falls furthest first.
    """

    is_cut: bool
    flows: Sequence[tuple[Band, Band, int]]
    changes: Sequence[Change]
    before: Tested
    after: Tested

    @property
    def accounts(self) -> int:
        """How many accounts were scored again."""
        return len(self.changes)

    @property
    def moved(self) -> list[Change]:
        """Who changes band."""
        return [change for change in self.changes if change.band_before is not change.band_after]

    def of_flow(self, before: str, after: str) -> list[Change]:
        """Return who goes from one band to the other, or stays in it."""
        return [
            change for change in self.changes if (change.band_before, change.band_after) == (before, after)
        ]


def preview(scope: Scope, current: Card, other: Card) -> Preview:
    """Return what putting another scorecard in force would do to the accounts in question."""
    lately = Health.objects.filter(
        account__in=scope.accounts, day__gt=scope.today - timedelta(days=STALE_DAYS)
    )
    # Chosen before the parts are read: they were sorted with every day of the week.
    newest = Health.objects.filter(pk__in=lately.newest_on(scope.today).values("pk")).order_by("account")
    rows = list(newest.values_list("account", "account__name", "parts")[: MOST_ACCOUNTS + 1])
    cards = (_Scoring(current), _Scoring(other))
    changes = [_change(row, *cards) for row in rows[:MOST_ACCOUNTS]]
    flows = Counter((change.band_before, change.band_after) for change in changes)
    decided = remembered(renewal_outcomes, scope, CONTRACTS)
    known = _stored_before(decided)
    before, after = (_tested(decided, known, card) for card in cards)
    return Preview(
        is_cut=len(rows) > MOST_ACCOUNTS,
        flows=[(before, after, count) for (before, after), count in sorted(flows.items())],
        changes=sorted(changes, key=lambda change: change.after - change.before),
        before=before,
        after=after,
    )


def proposed(scope: Scope, current: Card) -> Card | None:
    """Return a scorecard with weights half-way to those that explain renewals best, None unless it is better.

    Fitted on the older three quarters of the renewals and judged on the newest quarter, which it has not seen
    (METRICS §5.4): AUC up by 0.02 and the Brier score no worse.
    """
    decided = renewal_outcomes(scope)
    known = usable_snapshots(healths_before(decided, LEADS[0]), with_replays=False)
    order = sorted(known, key=lambda position: decided[position].due_on)
    seen, unseen = order[: len(order) * 3 // 4], order[len(order) * 3 // 4 :]
    weights = reweighted(
        {key: component.weight for key, component in current.used.items()},
        [_push(known[position], current) for position in seen],
        [decided[position].is_kept for position in seen],
    )
    if weights is None:
        return None
    other = current.with_weights({key: round(weight, 1) for key, weight in weights.items()})
    held_out = {position: _Stored.of(known[position].parts) for position in unseen}
    old, new = (_tested(decided, held_out, _Scoring(card)) for card in (current, other))
    trials = [Trial(each.test.auc, each.brier) for each in (new, old) if each.test.auc and each.brier]
    return other if len(trials) == 2 and is_better(*trials) else None


class _Stored(NamedTuple):
    """What a stored health was made of."""

    measured: Sequence[Measured]
    rules: Sequence[Override]

    @classmethod
    def of(cls, parts: Sequence[Any]) -> "_Stored":
        said = [
            Measured(part["key"], part["score"], part["freshness"])
            for part in parts
            if not part.get("is_override")
        ]
        # Most healths have none, and each that has is worth a call.
        return cls(said, overrides(parts) if len(said) < len(parts) else ())


class _Scoring:
    """A scorecard as it scores stored healths, and the band of each."""

    def __init__(self, card: Card) -> None:
        self._rescorer, self._cutoffs = Rescorer(card), card.cutoffs

    def judge(self, stored: _Stored) -> tuple[int, Band]:
        """Return the score in hundredths and the band."""
        score_c, confidence = self._rescorer.score(*stored)
        return score_c, raw_band(score_c / 100, confidence, self._cutoffs)


def _change(row: tuple[int, str, Sequence[Any]], current: _Scoring, other: _Scoring) -> Change:
    account, name, parts = row
    stored = _Stored.of(parts)
    (old, band_before), (new, band_after) = current.judge(stored), other.judge(stored)
    return Change(account, name, old / 100, new / 100, band_before, band_after)


def _stored_before(decided: Sequence[Outcome]) -> dict[int, _Stored]:
    """Return what the usable healths before renewals were made of, by the outcome's position."""
    known = usable_snapshots(healths_before(decided, LEADS[0]), with_replays=False)
    return {position: _Stored.of(snapshot.parts) for position, snapshot in known.items()}


def _tested(decided: Sequence[Outcome], known: Mapping[int, _Stored], scoring: _Scoring) -> Tested:
    found = {position: scoring.judge(stored) for position, stored in known.items()}
    scores = {position: score_c for position, (score_c, _) in found.items()}
    bands = {position: band for position, (_, band) in found.items()}
    return judged("health", LEADS[0], decided, scores, bands=bands)


def _push(snapshot: Snapshot, card: Card) -> dict[str, float]:
    """Return freshness x (score - neutral) of each part."""
    said = measured(snapshot.parts)
    pushes = {}
    for key, component in card.used.items():
        score, freshness = said.get(key, (None, 0.0))
        pushes[key] = 0.0 if score is None else freshness * (score - component.neutral)
    return pushes
