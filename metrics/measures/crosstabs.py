"""Two answers of the same people against each other, and whether they have to do with each other.

Of confidential surveys a table shows only if every combination in it was given by enough people, and of all
that was ever answered: two windows would tell who came between (SECURITY T22).
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from django.db.models import Q

from metrics.formulas.crosstabs import Independence, TooFew, independence, unusual, without_empty
from metrics.formulas.disclosure import LEAST_SHOWN
from metrics.measures.cells import read_cells
from metrics.measures.confidentiality import SPLIT, confidential_surveys
from metrics.measures.picks import knows_picks, read_picks_by
from metrics.measures.promises import kept_promise
from metrics.measures.samples import OF_RESPONSES, OF_SLICES, Pairs, Sample, read_pairs
from metrics.measures.segments import SPLIT_BY
from metrics.measures.sentiment import MEASURED, cut_offs
from surveys.definition import Question
from surveys.kinds import KINDS, Scale

LIKELY = 0.05
PROMOTERS, PASSIVES, DETRACTORS = "promoters", "passives", "detractors"
MOST_ROWS = 30
# What of a response may stand in the place of a second question.
OF_WHAT = (*OF_SLICES, *OF_RESPONSES)
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

    `mark` is +1 for more than chance explains, -1 for less, 0 for neither.
    """

    count: int
    percent: float | None
    mark: int


@dataclass(frozen=True, slots=True)
class Line:
    """One row: what was answered, by how many, and the cells."""

    label: str
    n: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class CrossTab:
    """The rows by columns with their totals, how many answered both, and what may be said of it in words.

    `marked` is how many cells differ, `tested` out of how many; with several answers a person there is no
    test. `is_tallied` where every response was counted, not only the newest.
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


def cross_tab(
    sample: Sample,
    first: "Side",
    second: "Side",
    names: Mapping[str, str] | None = None,
    *,
    shares: Shares = Shares.OF_ROWS,
) -> CrossTab:
    """Return two questions, or a question and what a response is, against each other; in four queries.

    `names` says how the values of the second are read where it is no question, `shares` of what the
    percentages are.
    """
    scope = sample.scope
    promised = bool(confidential_surveys(scope))
    if promised:
        is_refused = sample.is_raw or (second.question is None and second.key != SPLIT)
        shown = None if is_refused else kept_promise(scope)
        if shown is None:
            return _hidden()
        sample = Sample(scope=shown, is_promised=True)
    pairs = _folded(_pairs(sample, first, second), first, second)
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
    told = _told(table, list(rows.values()), list(columns.values()), pairs.responses, is_many=is_many)
    return replace(_in_percent(told, shares), is_tallied=pairs.is_tallied)


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a table: a question, a row of a matrix, or without one what a response is."""

    key: str
    text: str
    question: Question | None = None

    @property
    def is_many(self) -> bool:
        """Whether one person may give several answers."""
        question = self.question
        if question is None:
            return False
        return question.kind == "multiple_choice" or bool(question.rows and question.settings.get("many"))

    def fold(self, pick: str) -> str:
        """Return the key under which a pick counts: a point of an NPS scale under its group."""
        if self.question is None or self.question.kind != "nps" or not pick.isdecimal():
            return pick
        _, detractor_max, passive_max, _ = cut_offs(self.question.settings)
        return (
            DETRACTORS if int(pick) <= detractor_max else PASSIVES if int(pick) <= passive_max else PROMOTERS
        )

    def labels(self, given: Any, names: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the label of each answer: of a question all there are, in their order, else those given."""
        found = sorted(set(given))
        if self.question is None:
            return {each: (names or {}).get(each, each) or "none given" for each in found[:MOST_ROWS]}
        kind, question = KINDS[self.question.kind], self.question
        if question.kind == "nps":
            return _groups(*cut_offs(question.settings))
        if isinstance(kind, Scale):
            return {str(point): str(point) for point in kind.points(question.settings)}
        labels = kind.pickable(question, question.text.language)
        return labels | {each: f"{each} (no longer offered)" for each in found if each not in labels}


def _groups(low: int, detractor_max: int, passive_max: int, high: int) -> dict[str, str]:
    return {
        PROMOTERS: f"Promoters ({passive_max + 1}–{high})",
        PASSIVES: f"Passives ({detractor_max + 1}–{passive_max})",
        DETRACTORS: f"Detractors ({low}–{detractor_max})",
    }


def _pairs(sample: Sample, first: "Side", second: "Side") -> Pairs:
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
    return read_pairs(sample, first.key, second.key)


def _folded(pairs: Pairs, first: "Side", second: "Side") -> Pairs:
    counts: Counter[tuple[str, str]] = Counter()
    for (row, column), count in pairs.counts.items():
        counts[first.fold(row), second.fold(column)] += count
    return pairs._replace(counts=dict(counts))


def dimension(name: str) -> Side:
    """Return a dimension of responses as a side."""
    if name not in OF_WHAT:
        raise KeyError(name)
    return Side(name, name.capitalize())


def _told(
    table: Sequence[Sequence[int]],
    rows: Sequence[str],
    columns: Sequence[str],
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
            tuple(Cell(count, None, mark) for count, mark in zip(counts, own, strict=True)),
        )
        for label, counts, own in zip(rows, table, marks, strict=True)
    ]
    test, words = _verdict(table, is_many=is_many)
    return CrossTab(
        tuple(columns),
        tuple(sum(column) for column in zip(*table, strict=True)),
        tuple(lines),
        responses,
        test,
        words,
        tested=0 if is_many else len(filled) * len(filled[0]) if filled else 0,
        marked=sum(bool(mark) for own in marks for mark in own),
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
    return CrossTab((), (), (), 0, None, HIDDEN, 0, 0, is_hidden=True)
