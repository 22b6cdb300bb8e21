"""Two answers of the same people against each other: whether they go together, how much, and where."""

from collections.abc import Sequence
from math import erfc, exp, fsum, pi, sqrt
from typing import NamedTuple

from metrics.formulas.comparisons import discoveries
from metrics.formulas.intervals import two_sided_p

Table = Sequence[Sequence[int]]
# Cochran (1954): below these the statistic does not follow its distribution.
LEAST_EXPECTED, MOST_SMALL, SMALL = 1.0, 0.2, 5.0


class Independence(NamedTuple):
    """Pearson's statistic with its degrees of freedom and p, and Cramér's V (0 nothing .. 1 one says all)."""

    chi2: float
    df: int
    p: float
    strength: float


class TooFew(ValueError):
    """Too few answers for the test to mean anything; the message says what is missing."""


def independence(table: Table) -> Independence:
    """Return Pearson's test that rows and columns have nothing to do with each other (Pearson 1900).

    Every person may stand in one cell only. Raises TooFew by Cochran's rule: no expected count below 1, at
    most a fifth of them below 5.
    """
    filled = without_empty(table)
    if len(filled) < 2 or len(filled[0]) < 2:
        raise TooFew("fewer than two rows or columns have answers")
    expected = [count for row in expectations(filled) for count in row]
    small = sum(count < SMALL for count in expected)
    if min(expected) < LEAST_EXPECTED or small > MOST_SMALL * len(expected):
        raise TooFew(f"{small} of {len(expected)} cells would hold fewer than 5 answers")
    given = [count for row in filled for count in row]
    chi2 = fsum((seen - hoped) ** 2 / hoped for seen, hoped in zip(given, expected, strict=True))
    df = (len(filled) - 1) * (len(filled[0]) - 1)
    narrow = min(len(filled), len(filled[0])) - 1
    return Independence(chi2, df, chi2_tail(chi2, df), sqrt(chi2 / (sum(given) * narrow)))


def expectations(table: Table) -> list[list[float]]:
    """Return what each cell would hold if rows and columns had nothing to do with each other."""
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    total = sum(rows)
    return [[row * column / total if total else 0.0 for column in columns] for row in rows]


def unusual(table: Table, rate: float = 0.10) -> list[list[int]]:
    """Return +1 where a cell holds more than chance explains, -1 where less, 0 elsewhere.

    By adjusted residuals (Haberman 1973), at most this rate of the marks false (Benjamini & Hochberg 1995).
    Cells with an expectation below 5 are never marked.
    """
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    total = sum(rows)
    scores: dict[tuple[int, int], float] = {}
    for down, row in enumerate(expectations(table)):
        for along, hoped in enumerate(row):
            spread = hoped * (1 - rows[down] / total) * (1 - columns[along] / total) if total else 0.0
            if hoped >= SMALL and spread > 0:
                scores[down, along] = (table[down][along] - hoped) / sqrt(spread)
    stands = discoveries([two_sided_p(score) for score in scores.values()], rate)
    found = {cell for cell, is_found in zip(scores, stands, strict=True) if is_found}
    return [
        [(1 if scores[down, along] > 0 else -1) if (down, along) in found else 0 for along in range(len(row))]
        for down, row in enumerate(table)
    ]


def without_empty(table: Table) -> list[list[int]]:
    """Return the table without the rows and columns in which nobody answered."""
    columns = [place for place, column in enumerate(zip(*table, strict=True)) if any(column)]
    return [[row[place] for place in columns] for row in table if any(row)]


def chi2_tail(x: float, df: int) -> float:
    """Return the probability (0..1) of a chi-square above x, by its finite sums for whole df.

    Abramowitz & Stegun 26.4.4 and 26.4.5.
    """
    if x <= 0:
        return 1.0
    half = x / 2
    if df % 2:
        term, tail = sqrt(2 * x / pi) * exp(-half), erfc(sqrt(half))
        for odd in range(3, df + 1, 2):
            tail += term
            term *= x / odd
        return min(1.0, tail)
    term = tail = exp(-half)
    for place in range(1, df // 2):
        term *= half / place
        tail += term
    return min(1.0, tail)
