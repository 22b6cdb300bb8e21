"""Every question of a survey with the distribution of its answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from metrics.formulas.disclosure import LEAST_SHOWN
from metrics.formulas.histograms import Histogram, merged
from metrics.formulas.histograms import answers as total_of
from metrics.measures.answers import Answers, read_answers
from metrics.measures.confidentiality import confidential_surveys, whole_months
from metrics.measures.measure import Measure, Point
from metrics.measures.picks import Picks, Spread, read_picks, read_spreads
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED, measure_of, trend
from metrics.measures.voices import Mood, mood_of
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Scale


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave one answer, and their percentage (0..100) of all who answered.

    Of a ranking: how many ranked an item, its mean rank (from 1), and how high that is (0..100).
    """

    label: str
    count: int
    percent: float
    mood: Mood = Mood.NEUTRAL
    rank: float | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a matrix: how many answered it, and what."""

    label: str
    n: int
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One question, how many answered it, its headline and its distribution where it has them."""

    question: Question
    n: int
    headline: Measure | None = None
    bars: tuple[Bar, ...] = ()
    rows: tuple[Row, ...] = ()
    spread: Spread | None = None

    @property
    def kind(self) -> str:
        """The kind in words."""
        return KINDS[self.question.kind].label

    @property
    def unit(self) -> str:
        """The unit of a number in the survey's own language, ''."""
        units: Mapping[str, str] = self.question.settings.get("unit") or {}
        return units.get(self.question.text.language, "")


class Results(NamedTuple):
    """The questions of a survey in the order asked, and the trend of the one that speaks for it."""

    questions: Sequence[Result]
    headline: Result | None
    trend: Sequence[Point]
    is_cut: bool


def survey_results(scope: Scope, definition: Definition) -> Results:
    """Return the answers to every question of a published survey, in four queries at most.

    Its first NPS question speaks for it, or else the first one of CSAT, CES, a rating.
    """
    answers = read_answers(scope, MEASURED, by="month")
    asked = [each for each in definition if KINDS[each.kind].asks]
    picks = _picks(scope, asked)
    spreads = _spreads(scope, asked)
    by_key = answers.by("question_key")
    nothing = Answers([], {})
    results = [_result(scope, each, by_key.get(each.key, nothing), picks, spreads) for each in asked]
    headline = min(
        (each for each in results if each.question.kind in MEASURED),
        key=lambda each: MEASURED.index(each.question.kind),
        default=None,
    )
    points: Sequence[Point] = ()
    if headline:
        spoken = by_key.get(headline.question.key, nothing)
        points = trend(scope, spoken, headline.question.kind, "month")
    return Results(results, headline, points, is_cut=picks.is_cut)


def _picks(scope: Scope, asked: Sequence[Question]) -> Picks:
    """Return the picks among choices; of a confidential survey by whole months, or none."""
    rows = [f"{each.key}.{row.key}" for each in asked for row in each.rows]
    picked = [each.key for each in asked if not each.rows and KINDS[each.kind].pickable(each, "")]
    matrices = [each.key for each in asked if each.rows]
    if not confidential_surveys(scope):
        return read_picks(scope, [*picked, *rows], matrices)
    picks = read_picks(whole_months(scope), [*picked, *rows], matrices)
    is_open = not scope.is_narrowed and picks.responses >= LEAST_SHOWN
    return picks if is_open else Picks(0, {}, {})


def _spreads(scope: Scope, asked: Sequence[Question]) -> dict[str, Spread]:
    """Return where numbers and days lie; of a confidential survey none, as each could be somebody's own."""
    keys = [each.key for each in asked if each.kind in ("number", "date")]
    return read_spreads(scope, keys) if keys and not confidential_surveys(scope) else {}


def _result(
    scope: Scope, question: Question, answers: Answers, picks: Picks, spreads: Mapping[str, Spread]
) -> Result:
    kind = KINDS[question.kind]
    if isinstance(kind, Scale) and kind.name in MEASURED:
        histogram = merged(counts for _, counts in answers.histograms())
        headline = measure_of(scope, answers, kind.name)
        return Result(question, headline.n, headline, _points(question, kind, histogram))
    n = picks.answered.get(question.key, 0)
    if question.rows:
        return Result(question, n, rows=tuple(_row(question, row.key, picks) for row in question.rows))
    bars = _ranked(question, picks) if question.kind == "ranking" else _picked(question, question.key, picks)
    return Result(question, n, bars=bars, spread=spreads.get(question.key))


def _row(question: Question, row: str, picks: Picks) -> Row:
    key = f"{question.key}.{row}"
    return Row(str(question.row_by_key[row].text), picks.answered.get(key, 0), _picked(question, key, picks))


def _points(question: Question, kind: Scale, histogram: Histogram) -> tuple[Bar, ...]:
    n = total_of(histogram)
    return tuple(
        Bar(
            str(point),
            histogram.get(point, 0),
            _percent(histogram.get(point, 0), n),
            mood_of(kind.name, point, question.settings),
        )
        for point in reversed(kind.points(question.settings))
    )


def _picked(question: Question, key: str, picks: Picks) -> tuple[Bar, ...]:
    """Return a bar for each pick on offer, then one for each key that earlier versions offered."""
    labels = KINDS[question.kind].pickable(question, question.text.language)
    earlier = sorted(pick for of, pick in picks.picked if of == key and pick not in labels)
    labels |= {pick: f"{pick} (no longer offered)" for pick in earlier}
    n = picks.answered.get(key, 0)
    counts = {pick: picks.picked.get((key, pick), 0) for pick in labels}
    return tuple(Bar(label, counts[pick], _percent(counts[pick], n)) for pick, label in labels.items())


def _ranked(question: Question, picks: Picks) -> tuple[Bar, ...]:
    """Return a bar for each item that was ranked, the one with the best mean rank first."""
    labels = KINDS[question.kind].pickable(question, question.text.language)
    means = {
        pick: picks.places[question.key, pick] for pick in labels if (question.key, pick) in picks.places
    }
    items = len(labels)
    return tuple(
        Bar(
            labels[pick],
            picks.picked[question.key, pick],
            _percent(1 + items - mean, items),
            rank=mean,
        )
        for pick, mean in sorted(means.items(), key=lambda pair: pair[1])
    )


def _percent(part: float, whole: int) -> float:
    """Return the length of a bar; one of nothing has none."""
    return 100 * part / whole if whole else 0.0
