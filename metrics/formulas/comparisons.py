"""Tests between groups: shares of two, shares of many, many tests at once, and the same people twice."""

from collections.abc import Iterable, Sequence
from math import fsum, sqrt
from typing import NamedTuple

import scipy

from metrics.formulas.intervals import Interval, two_sided_p
from metrics.formulas.means import student_critical_value


class ZTest(NamedTuple):
    """A normal test statistic with its two-sided p."""

    z: float
    p_two_sided: float


class ChiSquare(NamedTuple):
    """Pearson's statistic with its degrees of freedom and p."""

    chi2: float
    df: int
    p: float


class PairedDifference(NamedTuple):
    """The mean change of the same respondents in points, with its t interval."""

    difference: float
    se: float
    interval: Interval


def two_shares(a: tuple[int, int], b: tuple[int, int]) -> ZTest | None:
    """Return the pooled z test of share a - share b, each (successes, n).

    None when a group is empty or all answers agree, where the test has no spread to compare with.
    """
    (successes_a, n_a), (successes_b, n_b) = a, b
    if not n_a or not n_b:
        return None
    common = (successes_a + successes_b) / (n_a + n_b)
    variance = common * (1 - common) * (1 / n_a + 1 / n_b)
    if not variance:
        return None
    z = (successes_a / n_a - successes_b / n_b) / sqrt(variance)
    return ZTest(z, two_sided_p(z))


def many_shares(successes: Sequence[int], n: Sequence[int]) -> ChiSquare | None:
    """Return Pearson's chi-square test that all groups share one proportion, without continuity correction.

    None below two groups with answers, or when all answers agree (Pearson 1900; R prop.test).
    """
    groups = [(s, size) for s, size in zip(successes, n, strict=True) if size]
    total = sum(size for _, size in groups)
    common = sum(s for s, _ in groups) / total if total else 0.0
    if len(groups) < 2 or not 0 < common < 1:
        return None
    chi2 = fsum((s - size * common) ** 2 / (size * common * (1 - common)) for s, size in groups)
    df = len(groups) - 1
    return ChiSquare(chi2, df, float(scipy.special.chdtrc(df, chi2)))


def discoveries(p_values: Sequence[float], rate: float = 0.10) -> list[bool]:
    """Return which tests stand when at most this rate (0..1) of those standing may be false.

    Benjamini & Hochberg (1995). Say beside them how many were tested.
    """
    ranked = sorted(p_values)
    passed = [p for rank, p in enumerate(ranked, start=1) if p <= rate * rank / len(ranked)]
    return [bool(passed) and p <= passed[-1] for p in p_values]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values (0..1) that count how many were looked at: none below a level by chance more often.

    Holm (1979), the step-down form of Bonferroni.
    """
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def paired_difference(pairs: Iterable[tuple[int, int]], confidence: float = 0.95) -> PairedDifference | None:
    """Return the mean change in points of respondents who answered twice, or None below two of them.

    Each pair is (later, earlier), coded -1 detractor, 0 passive, +1 promoter. Needs raw rows: histograms do
    not know who answered twice.
    """
    changes = [later - earlier for later, earlier in pairs]
    n = len(changes)
    if n < 2:
        return None
    mean = sum(changes) / n
    se = sqrt(sum((change - mean) ** 2 for change in changes) / (n - 1) / n)
    reach = student_critical_value(n - 1, confidence) * se
    return PairedDifference(100 * mean, 100 * se, Interval(100 * (mean - reach), 100 * (mean + reach)))
