"""How often the back-test claims evidence: where an effect was planted, and where outcomes were shuffled."""

import random
from collections import Counter
from collections.abc import Sequence

from metrics.formulas.backtest import BackTest, backtest

DRAWS = 500
RENEWALS, LOSS = 400, 0.15
# By how many standard deviations those who stayed scored above those who left; 1 is an AUC of 0.76.
EFFECT = 1.0


def run() -> list[tuple[str, str, str]]:
    """Return the share of portfolios in which evidence is found, and in which shuffled outcomes give none."""
    planted, shuffled = [], []
    for seed in range(DRAWS):
        dice = random.Random(seed)
        kept = [dice.random() >= LOSS for _ in range(RENEWALS)]
        scores = [round(6000 + 1000 * (dice.gauss(0, 1) + EFFECT * each)) for each in kept]
        planted.append(_tested(kept, scores))
        dice.shuffle(scores)
        shuffled.append(_tested(kept, scores))
    found = sum(each.has_evidence for each in planted) / DRAWS
    silent = sum(not each.has_evidence for each in shuffled) / DRAWS
    of = f"of {DRAWS} portfolios of {RENEWALS} renewals"
    return [
        (f"planted effects found, {of}", f"{found:.3f}", "≥ 0.95"),
        (f"shuffled outcomes that give no evidence, {of}", f"{silent:.3f}", "≥ 0.95"),
    ]


def _tested(kept: Sequence[bool], scores: Sequence[int]) -> BackTest:
    counts = {
        outcome: Counter(score for score, each in zip(scores, kept, strict=True) if each is outcome)
        for outcome in (True, False)
    }
    return backtest(counts[True], counts[False])
