"""What there is to show of a question and of a survey, once it has been counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from metrics.formulas.intervals import Interval
from metrics.formulas.spreads import DaySpread, Spread
from metrics.measures.measure import Measure, Point
from metrics.measures.samples import Counts
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED
from metrics.measures.voices import Mood
from surveys.definition import Question
from surveys.kinds import KINDS

CROSSABLE = frozenset({*MEASURED, "single_choice", "multiple_choice", "dropdown", "yes_no", "matrix"})


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave one answer, and their percentage (0..100) of all who answered.

    Of a ranking: how many ranked an item, its mean rank (from 1), how high that is (0..100), and how often it
    stood at each place. `pick` is what was given, as answers and scores keep it.
    """

    label: str
    count: int
    percent: float
    mood: Mood = Mood.NEUTRAL
    rank: float | None = None
    places: tuple[int, ...] = ()
    pick: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a matrix by its key, `key.row`: how many answered it, and what."""

    key: str
    label: str
    n: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """Words that were given, in the way they were written first, and how often."""

    words: str
    count: int


@dataclass(frozen=True, slots=True)
class Result:
    """One question, how many answered it, and what its kind has to show.

    `share` is the share (0..100 percent) that says yes or agrees, with its interval. `is_former` marks what
    only earlier versions asked.
    """

    question: Question
    n: int
    headline: Measure | None = None
    bars: tuple[Bar, ...] = ()
    rows: tuple[Row, ...] = ()
    numbers: Spread | None = None
    days: DaySpread | None = None
    texts: tuple[Text, ...] = ()
    others: tuple[Text, ...] = ()
    distinct: int = 0
    share: tuple[float, Interval] | None = None
    is_former: bool = False

    @property
    def kind(self) -> str:
        """The kind in words."""
        return KINDS[self.question.kind].label

    @property
    def asks(self) -> bool:
        """Whether it takes an answer at all."""
        return KINDS[self.question.kind].asks

    @property
    def unit(self) -> str:
        """The unit of a number in the survey's own language, ''."""
        units: Mapping[str, str] = self.question.settings.get("unit") or {}
        return units.get(self.question.text.language, "")

    @property
    def crossable(self) -> bool:
        """Whether its answers can stand in a cross-tab."""
        return self.question.kind in CROSSABLE


class Results(NamedTuple):
    """The questions of a survey in the order asked, and the trend of the one that speaks for it.

    `counts` is what was counted without scores, `scope` over which days: of a survey that promised
    confidentiality whole months. `promised` holds the survey if it did, `is_hidden` says that nothing of it
    may be shown like this.
    """

    questions: Sequence[Result]
    headline: Result | None
    trend: Sequence[Point]
    counts: Counts
    scope: Scope
    promised: frozenset[int] = frozenset()
    is_hidden: bool = False

    @property
    def is_promised(self) -> bool:
        """Whether the survey promised confidentiality."""
        return bool(self.promised)

    @property
    def is_cut(self) -> bool:
        """Whether there are more responses than were counted."""
        return self.counts.is_cut
