"""Two answers of the same people against each other, and whether they have to do with each other.

Of confidential surveys a table shows only if every combination in it was given by enough people, and of all
that was ever answered: two windows would tell who came between (SECURITY T22).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from django.db.models import Q

from metrics.formulas.crosstabs import Independence, TooFew, independence, unusual, without_empty
from metrics.formulas.disclosure import LEAST_SHOWN
from metrics.measures.cells import read_cells
from metrics.measures.confidentiality import SPLIT, confidential_surveys
from metrics.measures.pairs import Pairs, read_pairs
from metrics.measures.picks import knows_picks, read_picks_by
from metrics.measures.promises import kept_promise
from metrics.measures.samples import Sample
from metrics.measures.segments import SPLIT_BY
from metrics.measures.sentiment import MEASURED
from metrics.measures.sides import Side

LIKELY = 0.05
Picks = Mapping[str, tuple[str, ...]]
CAUTION = (
    "That one causes the other is not said. Answers count as independent; where accounts give many, chance"
    " explains more than this."
)
HIDDEN = (
    f"This survey promised confidentiality: a table shows once every combination in it was given by at least"
    f" {LEAST_SHOWN} people, and cannot be narrowed down."
)


class Shares(StrEnum):
    """Of what the percentages in a table are."""

    OF_ROWS = "rows"
    OF_COLUMNS = "columns"
    NONE = "counts"


@dataclass(frozen=True, slots=True)
class Cell:
    """How many gave both answers, and that in percent (0..100) of the row or column, None where not asked.

    `mark` is +1 for more than chance explains, -1 for less, 0 for neither. `column` is the key of its column.
    """

    count: int
    percent: float | None
    mark: int
    column: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what was answered, by how many, and the cells. `key` names it in an address."""

    label: str
    n: int
    cells: tuple[Cell, ...]
    key: str = ""


@dataclass(frozen=True, slots=True)
class CrossTab:
    """The rows by columns with their totals, how many answered both, and what may be said of it in words.

    `marked` is how many cells differ, `tested` out of how many; with several answers a person there is no
    test. `is_tallied` where every response was counted, not only the newest. `keys` name the columns in an
    address, `picks` says what counts in each row and in each column, by their keys. `pairs` knows who gave
    what, where that was asked for.
    """

    columns: tuple[str, ...]
    totals: tuple[int, ...]
    lines: tuple[Line, ...]
    responses: int
    test: Independence | None
    words: str
    tested: int
    marked: int
    is_hidden: bool = False
    is_tallied: bool = False
    is_promised: bool = False
    keys: tuple[str, ...] = ()
    picks: tuple[Picks, Picks] = ({}, {})
    pairs: Pairs | None = None

    @property
    def bottom(self) -> Sequence[tuple[str, int]]:
        """The key and the total of each column."""
        return list(zip(self.keys, self.totals, strict=True))


def cross_tab(
    sample: Sample,
    first: Side,
    second: Side,
    names: Mapping[str, str] | None = None,
    *,
    shares: Shares = Shares.OF_ROWS,
    with_responses: bool = False,
) -> CrossTab:
    """Return two questions, or a question and what a response is, against each other; in four queries.

    `names` says how the values of the second are read where it is no question, `shares` of what the
    percentages are. The responses of each pair are kept where they are asked for and nothing was promised.
    """
    scope = sample.scope
    promised = bool(confidential_surveys(scope))
    if promised:
        is_refused = sample.is_raw or (second.question is None and second.key != SPLIT)
        shown = None if is_refused else kept_promise(scope)
        if shown is None:
            return _hidden()
        sample = Sample(scope=shown, is_promised=True)
    found = _pairs(sample, first, second, with_responses=with_responses and not promised)
    pairs = _folded(found, first, second)
    rows, columns = (
        first.labels(row for row, _ in pairs.counts),
        second.labels((column for _, column in pairs.counts), names),
    )
    # A point of a scale that nobody gave says nothing here.
    given = [{pair[place] for pair in pairs.counts} for place in (0, 1)]
    rows = {key: label for key, label in rows.items() if key in given[0]}
    columns = {key: label for key, label in columns.items() if key in given[1]}
    table = [[pairs.counts.get((row, column), 0) for column in columns] for row in rows]
    if promised and any(0 < count < LEAST_SHOWN for row in table for count in row):
        return _hidden()
    is_many = first.is_many or second.is_many
    told = _told(table, rows, columns, pairs.responses, is_many=is_many)
    return replace(
        _in_percent(told, shares),
        is_tallied=pairs.is_tallied,
        is_promised=promised,
        picks=(_picks(found, first, 0, rows), _picks(found, second, 1, columns)),
        pairs=found,
    )


def _pairs(sample: Sample, first: Side, second: Side, *, with_responses: bool) -> Pairs:
    """Return the pairs from tallies where these know them, else from the answers."""
    has_tallies = not sample.is_raw and second.key in SPLIT_BY and knows_picks(sample.scope)
    if has_tallies and first.question and first.question.kind in MEASURED:
        cells = read_cells(
            sample.scope,
            (first.question.kind,),
            second.key,
            only=Q(question_key=first.key),
        )
        given = {(str(cell.value), str(cell.group)): cell.total for cell in cells}
        return Pairs(given, sum(given.values()), is_tallied=True)
    if has_tallies:
        return read_picks_by(sample.scope, first.key, second.key)
    return read_pairs(sample, first.key, second.key, with_responses=with_responses)


def _folded(pairs: Pairs, first: Side, second: Side) -> Pairs:
    counts: Counter[tuple[str, str]] = Counter()
    for (row, column), count in pairs.counts.items():
        counts[first.fold(row), second.fold(column)] += count
    return pairs._replace(counts=dict(counts))


def _picks(found: Pairs, side: Side, place: int, shown: Mapping[str, str]) -> Picks:
    """Return the picks that count in each row or column which is shown."""
    picks: dict[str, list[str]] = {key: [] for key in shown}
    for pick in {pair[place] for pair in found.counts}:
        if (key := side.fold(pick)) in picks:
            picks[key].append(pick)
    return {key: tuple(sorted(own)) for key, own in picks.items()}


def _told(
    table: Sequence[Sequence[int]],
    rows: Mapping[str, str],
    columns: Mapping[str, str],
    responses: int,
    *,
    is_many: bool,
) -> CrossTab:
    marks = [[0] * len(columns) for _ in rows] if is_many else unusual(table)
    filled = without_empty(table)
    lines = [
        Line(
            label,
            sum(counts),
            tuple(Cell(count, None, mark, of) for count, mark, of in zip(counts, own, columns, strict=True)),
            key,
        )
        for (key, label), counts, own in zip(rows.items(), table, marks, strict=True)
    ]
    test, words = _verdict(table, is_many=is_many)
    return CrossTab(
        tuple(columns.values()),
        tuple(sum(column) for column in zip(*table, strict=True)),
        tuple(lines),
        responses,
        test,
        words,
        tested=0 if is_many else len(filled) * len(filled[0]) if filled else 0,
        marked=sum(bool(mark) for own in marks for mark in own),
        keys=tuple(columns),
    )


def _in_percent(table: CrossTab, shares: Shares) -> CrossTab:
    """Return the table with each count also in percent of what is asked."""
    if shares is Shares.NONE:
        return table
    lines = []
    for line in table.lines:
        wholes = [line.n] * len(line.cells) if shares is Shares.OF_ROWS else table.totals
        cells = (
            replace(cell, percent=100 * cell.count / whole if whole else None)
            for cell, whole in zip(line.cells, wholes, strict=True)
        )
        lines.append(replace(line, cells=tuple(cells)))
    return replace(table, lines=tuple(lines))


def _verdict(table: Sequence[Sequence[int]], *, is_many: bool) -> tuple[Independence | None, str]:
    if is_many:
        return None, (
            "No test: people could give several answers here, and stand in several cells. Percentages are of"
            " the answers, not of the people."
        )
    try:
        test = independence(table)
    except TooFew as why:
        return None, f"No test: {why}. The counts are what they are, but say nothing about others."
    chance = "less than 0.1%" if test.p < 0.001 else f"about {100 * test.p:.1f}%"
    said = (
        f"Pearson’s chi-square {test.chi2:.1f} with {test.df} degree{'s' if test.df > 1 else ''} of freedom"
    )
    if test.p >= LIKELY:
        verdict = "The two may well have nothing to do with each other"
    elif test.strength < 0.1:
        verdict = "The two go together, but hardly"
    else:
        verdict = f"The two go together{', and strongly' if test.strength >= 0.3 else ''}"
    return test, (
        f"{verdict}: if they had nothing to do with each other, differences as large as these would come"
        f" about by chance in {chance} of cases ({said}; Cramér’s V {test.strength:.2f} of 1). {CAUTION}"
    )


def _hidden() -> CrossTab:
    return CrossTab((), (), (), 0, None, HIDDEN, 0, 0, is_hidden=True, is_promised=True)
