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
from metrics.measures.picks import Picks, read_picks
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED, measure_of, trend
from metrics.measures.voices import Mood, mood_of
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Scale


@dataclass(frozen=True, slots=True)
class Bar:
    """How many gave one answer, and their percentage (0..100) of all who answered."""

    label: str
    count: int
    percent: float
    mood: Mood = Mood.NEUTRAL


@dataclass(frozen=True, slots=True)
class Result:
    """One question, how many answered it, its headline and its distribution where it has them."""

    question: Question
    n: int
    headline: Measure | None = None
    bars: tuple[Bar, ...] = ()

    @property
    def kind(self) -> str:
        """The kind in words."""
        return KINDS[self.question.kind].label


class Results(NamedTuple):
    """The questions of a survey in the order asked, and the trend of the one that speaks for it."""

    questions: Sequence[Result]
    headline: Result | None
    trend: Sequence[Point]
    is_cut: bool


def survey_results(scope: Scope, definition: Definition) -> Results:
    """Return the answers to every question of a published survey, in three queries whatever there is.

    Its first NPS question speaks for it, or else the first one of CSAT, CES, a rating.
    """
    answers = read_answers(scope, MEASURED, by="month")
    picks = _picks(scope, [each.key for each in definition if each.choices])
    by_key = answers.by("question_key")
    nothing = Answers([], {})
    results = [_result(scope, each, by_key.get(each.key, nothing), picks) for each in definition]
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


def _picks(scope: Scope, keys: Sequence[str]) -> Picks:
    """Return the picks among choices; of a confidential survey by whole months, or none."""
    if not confidential_surveys(scope):
        return read_picks(scope, keys)
    picks = read_picks(whole_months(scope), keys)
    is_open = not scope.is_narrowed and picks.responses >= LEAST_SHOWN
    return picks if is_open else Picks(0, {}, {})


def _result(scope: Scope, question: Question, answers: Answers, picks: Picks) -> Result:
    kind = KINDS[question.kind]
    if isinstance(kind, Scale) and kind.name in MEASURED:
        histogram = merged(counts for _, counts in answers.histograms())
        headline = measure_of(scope, answers, kind.name)
        return Result(question, headline.n, headline, _points(question, kind, histogram))
    n = picks.answered.get(question.key, 0)
    return Result(question, n, bars=_choices(question, picks.picked, n) if question.choices else ())


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


def _choices(question: Question, picked: Mapping[tuple[str, str], int], n: int) -> tuple[Bar, ...]:
    """Return a bar for each choice as offered, then one for each key that earlier versions offered."""
    labels = {"other" if each.is_other else each.key: str(each.text) for each in question.choices}
    earlier = sorted(pick for key, pick in picked if key == question.key and pick not in labels)
    labels |= {pick: f"{pick} (no longer offered)" for pick in earlier}
    counts = {pick: picked.get((question.key, pick), 0) for pick in labels}
    return tuple(Bar(label, counts[pick], _percent(counts[pick], n)) for pick, label in labels.items())


def _percent(part: int, whole: int) -> float:
    """Return the length of a bar; one of nothing has none."""
    return 100 * part / whole if whole else 0.0
