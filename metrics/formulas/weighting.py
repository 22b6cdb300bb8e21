"""Weighted scores for who did not answer: post-stratification, raking, and what weights cost."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from math import fsum, inf
from typing import NamedTuple, TypeVar

from metrics.formulas.intervals import Interval, nps_score_interval
from metrics.formulas.nps import Split

_Cell = TypeVar("_Cell", bound=Hashable)
_Categories = TypeVar("_Categories", bound=Sequence[str])

LEAST_IN_CELL = 10
TRIM_AT_MEDIANS = 5.0
_MOST_ROUNDS = 1000
_CONVERGED = 1e-12


class Weighted(NamedTuple):
    """A weighted score: its groups' shares (0..1) and the unweighted answers it is worth (Kish 1965)."""

    detractors: float
    promoters: float
    effective_n: float

    @property
    def nps(self) -> float:
        """Return the weighted score (-100..100)."""
        return 100 * (self.promoters - self.detractors)

    def interval(self, confidence: float = 0.95) -> Interval | None:
        """Return the score interval (-100..100) that the effective number of answers allows."""
        detractors, promoters = self.effective_n * self.detractors, self.effective_n * self.promoters
        passives = max(0.0, self.effective_n - detractors - promoters)
        return nps_score_interval(detractors, passives, promoters, confidence)


class NotConverging(ValueError):
    """No weights meet all the margins at once."""


def weighted(cells: Iterable[tuple[Split, float]], trim_at: float | None = None) -> Weighted | None:
    """Return the score of cells whose respondents carry a weight each, or None without answers.

    trim_at cuts weights at so many times the median respondent's; METRICS 2.4 takes 5.
    """
    filled = [(groups, weight) for groups, weight in cells if groups.n and weight > 0]
    if not filled:
        return None
    most = _most(filled, trim_at)
    kept = [(groups, min(weight, most)) for groups, weight in filled]
    detractors = fsum(weight * groups.detractors for groups, weight in kept)
    promoters = fsum(weight * groups.promoters for groups, weight in kept)
    whole = fsum(weight * groups.n for groups, weight in kept)
    squares = fsum(weight * weight * groups.n for groups, weight in kept)
    return Weighted(detractors / whole, promoters / whole, whole**2 / squares)


def poststratified(
    strata: Mapping[_Cell, Split], population: Mapping[_Cell, float], trim_at: float | None = None
) -> Weighted | None:
    """Return the score with each stratum at its share of the population, or None without answers.

    A stratum with people but no answers cannot speak: collapse it first (Holt & Smith 1979). Answers from a
    stratum whose size is not known are refused, not dropped.
    """
    unknown = [cell for cell, groups in strata.items() if groups.n and cell not in population]
    if unknown:
        raise ValueError(f"nobody said how many people {unknown} stand for")
    silent = [cell for cell, people in population.items() if people > 0 and not _answers(strata, cell)]
    if silent:
        raise ValueError(f"no answers from {silent}: collapse these strata with others")
    weights = ((groups, population[cell] / groups.n) for cell, groups in strata.items() if groups.n)
    return weighted(weights, trim_at)


def raked(
    cells: Mapping[_Categories, Split],
    margins: Sequence[Mapping[str, float]],
    trim_at: float | None = None,
) -> Weighted | None:
    """Return the score with weights that meet every margin at once, or None without answers.

    Cells are keyed by one category per margin; margins may be counts or shares. Iterative proportional
    fitting (Deming & Stephan 1940); refuses margins that no weights can meet.
    """
    weights = raking_weights(cells, margins, trim_at)
    return weighted((groups, weights[tuple(key)]) for key, groups in cells.items() if groups.n)


def raking_weights(
    cells: Mapping[_Categories, Split],
    margins: Sequence[Mapping[str, float]],
    trim_at: float | None = None,
) -> dict[tuple[str, ...], float]:
    """Return the weight (> 0) of each respondent of the cells with answers, so that all margins are met."""
    filled = dict(sorted((tuple(key), groups) for key, groups in cells.items() if groups.n))
    if not filled:
        return {}
    targets = [_shares(margin) for margin in margins]
    n = sum(groups.n for groups in filled.values())
    masses = {key: groups.n / n for key, groups in filled.items()}
    for _ in range(_MOST_ROUNDS):
        if _rake_once(masses, targets) < _CONVERGED:
            weights = {key: mass / filled[key].n for key, mass in masses.items()}
            most = _most([(filled[key], weight) for key, weight in weights.items()], trim_at)
            return {key: min(weight, most) for key, weight in weights.items()}
    raise NotConverging(f"no weights meet the margins after {_MOST_ROUNDS} rounds")


def collapsed(
    strata: Mapping[str, Split], population: Mapping[str, float], least: int = LEAST_IN_CELL
) -> tuple[dict[str, Split], dict[str, float]]:
    """Return strata and population with cells too small to stand alone put together, smallest first.

    Joined names are separated by " + ". One cell is left when all answers together are too few.
    """
    cells, people = dict(strata), dict(population)
    for cell in population:
        cells.setdefault(cell, Split(0, 0, 0))
    while len(cells) > 1:
        smallest, next_smallest = sorted(cells, key=lambda cell: (cells[cell].n, cell))[:2]
        if cells[smallest].n >= least:
            break
        joined = f"{next_smallest} + {smallest}"
        a, b = cells.pop(smallest), cells.pop(next_smallest)
        cells[joined] = Split(*(x + y for x, y in zip(a, b, strict=True)))
        people[joined] = people.pop(smallest, 0.0) + people.pop(next_smallest, 0.0)
    return cells, people


def _rake_once(masses: dict[tuple[str, ...], float], targets: Sequence[Mapping[str, float]]) -> float:
    """Fit the masses to each margin in turn and return the largest relative step."""
    step = 0.0
    for position, target in enumerate(targets):
        sums: dict[str, float] = {}
        for key, mass in masses.items():
            sums[key[position]] = sums.get(key[position], 0.0) + mass
        missing = {category for category, share in target.items() if share > 0 and not sums.get(category)}
        if missing or not sums.keys() <= target.keys():
            raise ValueError(f"cells and margins name different categories: {missing or sums.keys()}")
        for key in masses:
            factor = target[key[position]] / sums[key[position]]
            masses[key] *= factor
            step = max(step, abs(factor - 1))
    return step


def _shares(margin: Mapping[str, float]) -> dict[str, float]:
    whole = sum(margin.values())
    if whole <= 0 or min(margin.values()) <= 0:
        raise ValueError("every category of a margin has people in it")
    return {category: count / whole for category, count in margin.items()}


def _answers(strata: Mapping[_Cell, Split], cell: _Cell) -> int:
    return strata[cell].n if cell in strata else 0


def _most(cells: Sequence[tuple[Split, float]], trim_at: float | None) -> float:
    """Return the weight at which others are cut."""
    return inf if trim_at is None else trim_at * _median(cells)


def _median(cells: Sequence[tuple[Split, float]]) -> float:
    """Return the median weight of a respondent."""
    total, seen = sum(groups.n for groups, _ in cells), 0
    for groups, weight in sorted(cells, key=lambda cell: cell[1]):
        seen += groups.n
        if 2 * seen >= total:
            return weight
    raise ValueError("no respondents")
