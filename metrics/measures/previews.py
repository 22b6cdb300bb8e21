"""What another scorecard would do, before it is put in force: who changes band, and the back-test beside."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from metrics.formulas.calibration import Trial, is_better, reweighted
from metrics.formulas.health import Band, raw_band
from metrics.formulas.scorecards import Card
from metrics.measures.backtest import LEADS, Tested, judged, usable_snapshots
from metrics.measures.health import STALE_DAYS
from metrics.measures.moves import measured, overrides
from metrics.measures.outcomes import Outcome, Snapshot, healths_before, renewal_outcomes
from metrics.measures.scope import Scope
from metrics.models import Health

# Every account is scored again, each time somebody looks.
MOST_ACCOUNTS = 5_000
MOST_NAMED = 20


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
    counts accounts by band before and after.
    """

    accounts: int
    is_cut: bool
    flows: Sequence[tuple[Band, Band, int]]
    moved: Sequence[Change]
    before: Tested
    after: Tested


def preview(scope: Scope, current: Card, other: Card) -> Preview:
    """Return what putting another scorecard in force would do to the accounts in question."""
    rows = list(
        Health.objects.filter(account__in=scope.accounts, day__gt=scope.today - timedelta(days=STALE_DAYS))
        .newest_on(scope.today)
        .values_list("account", "account__name", "parts")[: MOST_ACCOUNTS + 1]
    )
    changes = [_change(row, current, other) for row in rows[:MOST_ACCOUNTS]]
    flows = Counter((change.band_before, change.band_after) for change in changes)
    moved = [change for change in changes if change.band_before is not change.band_after]
    decided = renewal_outcomes(scope)
    known = usable_snapshots(healths_before(decided, LEADS[0]), with_replays=False)
    return Preview(
        accounts=len(changes),
        is_cut=len(rows) > MOST_ACCOUNTS,
        flows=[(before, after, count) for (before, after), count in sorted(flows.items())],
        moved=sorted(moved, key=lambda change: change.after - change.before)[:MOST_NAMED],
        before=_tested(decided, known, current),
        after=_tested(decided, known, other),
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
    held_out = {position: known[position] for position in unseen}
    old, new = (_tested(decided, held_out, card) for card in (current, other))
    trials = [Trial(each.test.auc, each.brier) for each in (new, old) if each.test.auc and each.brier]
    return other if len(trials) == 2 and is_better(*trials) else None


def _change(row: tuple[int, str, Sequence[Any]], current: Card, other: Card) -> Change:
    account, name, parts = row
    said, acting = measured(parts), overrides(parts)
    old, new = current.score(said, acting), other.score(said, acting)
    return Change(
        account=account,
        name=name,
        before=old.score,
        after=new.score,
        band_before=raw_band(old.score, old.confidence, current.cutoffs),
        band_after=raw_band(new.score, new.confidence, other.cutoffs),
    )


def _tested(decided: Sequence[Outcome], known: dict[int, Snapshot], card: Card) -> Tested:
    scores = {
        position: card.score(measured(snapshot.parts), overrides(snapshot.parts))
        for position, snapshot in known.items()
    }
    bands = {
        position: raw_band(each.score, each.confidence, card.cutoffs) for position, each in scores.items()
    }
    return judged(
        "health",
        LEADS[0],
        decided,
        {position: each.score_c for position, each in scores.items()},
        bands=bands,
    )


def _push(snapshot: Snapshot, card: Card) -> dict[str, float]:
    """Return freshness x (score - neutral) of each part."""
    said = measured(snapshot.parts)
    pushes = {}
    for key, component in card.used.items():
        score, freshness = said.get(key, (None, 0.0))
        pushes[key] = 0.0 if score is None else freshness * (score - component.neutral)
    return pushes
