"""How often the intervals hold the truth: `python -m bench.coverage` prints the tables, within a minute.

One score and the difference of two: every possible outcome, weighted by its probability, no chance involved.
Answers that cluster by account, and shrunk account scores: simulated.
"""

import random
import time
from collections.abc import Callable, Iterator
from itertools import product
from math import comb

from metrics.formulas import clusters, intervals, nps, shrinkage
from metrics.formulas.intervals import Interval

Mix = tuple[float, float, float]
Method = Callable[[nps.Split], Interval]

SIZES = (3, 5, 10, 20, 50, 100)
PAIRS = ((5, 5), (10, 10), (10, 50), (30, 30))
ACCOUNTS = 200
SECONDS = 60
# Shares of detractors, passives and promoters as companies see them.
MIXES: list[Mix] = [
    (d / 20, 1 - (d + p) / 20, p / 20) for d, p in product((1, 2, 4, 6, 8), (6, 8, 10, 12, 14)) if d + p <= 18
]


def wald(groups: nps.Split) -> Interval:
    score, half_width = nps.nps(groups) or 0.0, intervals.nps_wald_half_width(*groups) or 0.0
    return Interval(score - half_width, score + half_width)


def adjusted(groups: nps.Split) -> Interval:
    return intervals.nps_adjusted_wald_interval(*groups) or Interval(-100, 100)


def score(groups: nps.Split) -> Interval:
    return intervals.nps_score_interval(*groups) or Interval(-100, 100)


METHODS: dict[str, Method] = {"Wald": wald, "adjusted Wald (3,T)": adjusted, "score (Tango)": score}


def outcomes(n: int) -> list[nps.Split]:
    return [nps.Split(d, n - d - p, p) for d in range(n + 1) for p in range(n + 1 - d)]


def probability(groups: nps.Split, mix: Mix) -> float:
    ways = comb(groups.n, groups.detractors) * comb(groups.n - groups.detractors, groups.promoters)
    return ways * mix[0] ** groups.detractors * mix[1] ** groups.passives * mix[2] ** groups.promoters


def one_score(method: Method, n: int) -> tuple[float, float, float]:
    """Mean and worst coverage over the mixes, and the mean width in points."""
    known = [(groups, method(groups)) for groups in outcomes(n)]
    covered, width = [], 0.0
    for mix in MIXES:
        truth, here = 100 * (mix[2] - mix[0]), 0.0
        for groups, (low, high) in known:
            chance = probability(groups, mix)
            here += chance * (low - 1e-9 <= truth <= high + 1e-9)
            width += chance * (high - low)
        covered.append(here)
    return sum(covered) / len(covered), min(covered), width / len(MIXES)


def false_alarms(method: str, n: int, m: int) -> tuple[float, float]:
    """Mean and worst share of equal groups called different."""
    of = {groups: (score(groups), wald(groups)) for size in {n, m} for groups in outcomes(size)}
    loud = [(a, b) for a in outcomes(n) for b in outcomes(m) if is_loud(method, a, b, of)]
    rates = []
    for mix in MIXES:
        chance = {groups: probability(groups, mix) for groups in of}
        rates.append(sum(chance[a] * chance[b] for a, b in loud))
    return sum(rates) / len(rates), max(rates)


def is_loud(method: str, a: nps.Split, b: nps.Split, of: dict[nps.Split, tuple[Interval, Interval]]) -> bool:
    # Wald's two half-widths add up as MOVER does with symmetric intervals.
    which = 0 if method == "MOVER" else 1
    low, high = intervals.mover(nps.nps(a) or 0.0, of[a][which], nps.nps(b) or 0.0, of[b][which])
    return low > 0 or high < 0


def portfolio(rng: random.Random, accounts: int, strength: float) -> Iterator[tuple[nps.Split, float]]:
    """Accounts whose own mixes scatter around a common one, each with its true score."""
    for _ in range(accounts):
        weights = [rng.gammavariate(strength * share, 1) for share in (0.2, 0.3, 0.5)]
        mix = [weight / sum(weights) for weight in weights]
        answers = rng.choices((0, 1, 2), mix, k=1 + int(rng.expovariate(0.4)))
        yield nps.Split(*(answers.count(i) for i in range(3))), 100 * (mix[2] - mix[0])


def clustered(strength: float, until: float) -> tuple[float, float, float, int]:
    """Coverage of the pooled score by the two intervals, and of accounts by the shrunk ones."""
    rng = random.Random(1)
    plain = robust = shrunk = accounts = runs = 0
    while runs < 2000 and time.monotonic() < until:
        drawn = list(portfolio(rng, ACCOUNTS, strength))
        groups = [each for each, _ in drawn]
        segment = clusters.pooled(groups)
        plain += 30 in score(segment)
        robust += 30 in (clusters.interval(groups) or Interval(-100, 100))
        found = shrinkage.prior_strength(groups)
        for own, truth in drawn:
            result = shrinkage.shrunk(own, segment, found)
            shrunk += result is not None and truth in result.interval
            accounts += 1
        runs += 1
    return plain / runs, robust / runs, shrunk / accounts, runs


def run() -> Iterator[tuple[str, str, str]]:
    """The lines of `make bench`: what the product shows, against the 95 percent it promises."""
    for n in (5, 20):
        mean, worst, _ = one_score(score, n)
        yield f"score interval, n={n}: coverage, mean and worst", f"{mean:.3f} {worst:.3f}", ">= 0.95, 0.92"
    mean, worst = false_alarms("MOVER", 10, 10)
    yield (
        "difference, 10 against 10: false alarms, mean and worst",
        f"{mean:.3f} {worst:.3f}",
        "<= 0.05, 0.06",
    )


def main() -> None:
    started = time.monotonic()
    print("One score, nominal .950: mean coverage / worst / mean width in points")
    print(f"{'':22}" + "".join(f"{f'n={n}':>16}" for n in SIZES))
    for name, method in METHODS.items():
        cells = (one_score(method, n) for n in SIZES)
        print(f"{name:22}" + "".join(f"{f'{a:.3f}/{b:.2f}/{w:.0f}':>16}" for a, b, w in cells))
    print("\nTwo equal groups, nominal .050: mean false alarms / worst")
    print(f"{'':22}" + "".join(f"{f'{n},{m}':>16}" for n, m in PAIRS))
    for name in ("Wald", "MOVER"):
        alarms = (false_alarms(name, n, m) for n, m in PAIRS)
        print(f"{name:22}" + "".join(f"{f'{a:.3f}/{b:.3f}':>16}" for a, b in alarms))
    print(f"\n{ACCOUNTS} accounts of three answers on average, nominal .950: coverage (simulated)")
    print(f"{'accounts differ':22}{'independent':>16}{'by account':>16}{'shrunk account':>16}{'runs':>8}")
    strengths = (1.5, 3.0, 8.0, 30.0)
    for left, strength in zip(range(len(strengths), 0, -1), strengths, strict=True):
        now = time.monotonic()
        plain, robust, own, runs = clustered(strength, now + (started + SECONDS - now) / left)
        print(f"{f's = {strength:g}':22}{plain:>16.3f}{robust:>16.3f}{own:>16.3f}{runs:>8}")


if __name__ == "__main__":
    main()
