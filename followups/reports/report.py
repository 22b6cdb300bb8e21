"""What a report is made of, whether it is read as a page, a mail, plain text or a PDF."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from metrics.measures.measure import Measure
from metrics.measures.targets import Aim

# A month is told of after it: nobody knows any more whose an account was when it ended.
OWNER_NOW = "Owner today"
OF_WORDS = frozenset({"Account", "What happened", "Was", "Is", "Owner", OWNER_NOW})


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with the one before it, a sentence on what changed, and its target.

    `is_signal` says whether chance explains the change: None where it is a full count, which knows no chance.
    `has_risen` says which way it went. The number leads to `path` where there is one.
    """

    name: str
    measure: Measure
    before: Measure
    change: str
    aim: Aim | None = None
    target: str = ""
    is_signal: bool | None = None
    has_risen: bool = False
    path: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a bridge: its name, what it says, and where it lies, in percent of the widest level.

    What it says leads to `path` where there is one.
    """

    name: str
    amount: str
    start: float
    width: float
    is_loss: bool
    is_level: bool
    path: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One month of a trend: its name, value with interval in words, and heights in percent of the scale.

    The value leads to `path` where there is one.
    """

    name: str
    value: str
    at: float | None
    low: float | None
    high: float | None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A line of months with its interval band, and the values that its lowest and highest edge stand for.

    `zero` is the height of 0 in percent of the scale, None where it lies outside or on an edge.
    """

    name: str
    marks: Sequence[Mark]
    lowest: str
    highest: str
    words: str
    zero: float | None = None

    @property
    def zero_from_top(self) -> float | None:
        """The place of the line of zero as a page counts, from the top."""
        return None if self.zero is None else 100 - self.zero

    @property
    def names_zero(self) -> bool:
        """Whether the line of zero has room for its name between those of the edges."""
        return self.zero is not None and 12 < self.zero < 88

    @property
    def last(self) -> Mark:
        """The newest month."""
        return self.marks[-1]

    @property
    def line(self) -> str:
        """The values as the points of a line in a square of 100, the highest on top."""
        return " ".join(
            self._point(place, mark.at) for place, mark in enumerate(self.marks) if mark.at is not None
        )

    @property
    def band(self) -> str:
        """The intervals as the corners of an area in the same square, "" without any."""
        known = [(place, mark) for place, mark in enumerate(self.marks) if mark.low is not None]
        upper = [self._point(place, mark.high or 0) for place, mark in known]
        lower = [self._point(place, mark.low or 0) for place, mark in reversed(known)]
        return " ".join((*upper, *lower))

    def _point(self, place: int, at: float) -> str:
        return f"{100 * place / max(1, len(self.marks) - 1):.2f},{100 - at:.2f}"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; the first cell leads to `path` where there is one, others as `leads` has it.

    `leads` holds addresses by the name of the column.
    """

    cells: Sequence[str]
    path: str = ""
    band: str = ""
    leads: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Table:
    """Columns and rows of text; of `more` rows there was no room, they are at `whole` if anywhere."""

    columns: Sequence[str]
    rows: Sequence[Row]
    more: int = 0
    whole: str = ""

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The columns, and whether each holds figures or days, which stand to the right."""
        return [(name, bool(place) and name not in OF_WORDS) for place, name in enumerate(self.columns)]

    @property
    def lines(self) -> Iterator[list[tuple[str, str, bool, str]]]:
        """Yield the cells of each row as (column, text, whether it stands to the right, where it leads)."""
        for row in self.rows:
            leads = {self.columns[0]: row.path, **row.leads}
            cells = zip(self.heads, row.cells, strict=True)
            yield [(name, cell, is_right, leads.get(name, "")) for (name, is_right), cell in cells]


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody wrote, with the scores beside it and who it was, as far as that may be said.

    Who it was leads to `path`, and all that they answered is at `whole`, where there is one.
    """

    words: str
    scores: str
    who: str
    mood: str
    path: str = ""
    whole: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report: what it says in words, then what shows it.

    `scale` says where its bars begin, "" at zero; `leads` holds addresses by the words in its sentences that
    lead there.
    """

    heading: str
    sentences: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    bars: Sequence[Bar] = ()
    scale: str = ""
    trend: Trend | None = None
    table: Table | None = None
    quotes: Sequence[Quote] = ()
    leads: Mapping[str, str] = field(default_factory=dict)

    @property
    def told(self) -> Iterator[list[tuple[str, str]]]:
        """Yield each sentence in pieces, each with where it leads, "" for nowhere.

        Of words that are said again only the first lead anywhere: an interval may begin at the number itself.
        """
        leads = {words: path for words, path in self.leads.items() if path}
        # A whole number only: "2 comments" is no part of "12 comments".
        pattern = rf"(?<![\w.,])({'|'.join(map(re.escape, leads))})(?!\w)" if leads else ""
        for sentence in self.sentences:
            pieces = re.split(pattern, sentence) if pattern else [sentence]
            yield [(piece, leads.pop(piece, "")) for piece in pieces if piece]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to read in it."""
        parts = (self.sentences, self.figures, self.bars, self.trend, self.quotes)
        return not any(parts) and not (self.table and self.table.rows)


@dataclass(frozen=True, slots=True)
class Report:
    """A report as its reader may see it: what it is about, up to which day, and its sections.

    `currency` is that of its amounts, "" without any.
    """

    title: str
    subtitle: str
    as_of: date
    sections: Sequence[Section]
    notes: Sequence[str] = field(default_factory=tuple)
    currency: str = ""

    @property
    def is_quiet(self) -> bool:
        """Whether there is nothing to say."""
        return not self.sections
