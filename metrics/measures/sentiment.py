"""What customers say of us in numbers: NPS, CSAT, CES and ratings, as a whole and over time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from metrics.formulas.days import Window, month_of, quarter_of
from metrics.formulas.histograms import answers as total_of
from metrics.formulas.histograms import mean
from metrics.formulas.intervals import Interval, nps_score_interval
from metrics.formulas.means import mean_interval
from metrics.formulas.nps import Split, percent_promoters, split
from metrics.formulas.nps import nps as score_of
from metrics.formulas.satisfaction import (
    CES_1,
    Direction,
    Scale,
    ScalesDiffer,
    percent_good,
    percent_good_interval,
    pooled,
)
from metrics.measures.answers import Answers, Settings, read_answers
from metrics.measures.measure import Measure, Point, Unit
from metrics.measures.scope import Scope
from surveys.kinds import KINDS
from surveys.models import Programme

# The kinds that have a measure, those that say most first.
MEASURED = ("nps", "csat", "ces", "rating")
# A period's figures are final once so many days have passed (METRICS §2.9).
PROVISIONAL_DAYS = 14
PERIODS: dict[str, Callable[[date], Window]] = {"month": month_of, "quarter": quarter_of}


def nps(scope: Scope) -> Measure:
    """Return the Net Promoter Score (-100..100 points) with Tango's interval, None without answers."""
    return measure_of(scope, read_answers(scope, ("nps",)), "nps")


def csat(scope: Scope) -> Measure:
    """Return the satisfied (0..100 percent) with Wilson's interval, None without answers on one scale."""
    return measure_of(scope, read_answers(scope, ("csat",)), "csat")


def ces(scope: Scope) -> Measure:
    """Return those who found it easy (0..100 percent), None without answers on one scale and direction."""
    return measure_of(scope, read_answers(scope, ("ces",)), "ces")


def measure_of(scope: Scope, answers: Answers, kind: str) -> Measure:
    """Return one kind's measure (nps, csat, ces or rating) of answers that were read already.

    It says so while late answers are still awaited. Ratings on different scales raise ScalesDiffer: they are
    asked about one question at a time.
    """
    answers = answers.of(kind)
    if kind == "nps":
        if not (scope.survey or scope.programme):
            answers = answers.in_mode(scope.mode)
        found = _nps(scope, answers)
    else:
        found = _rating(scope, answers) if kind == "rating" else _share_of_good(scope, answers, kind)
    return replace(found, notes=found.notes + _awaited(scope))


def name_of(kind: str) -> str:
    """Return what people call the measure of a kind: its initials, or the kind's own name."""
    return KINDS[kind].label if kind == "rating" else kind.upper()


def by_programme(scope: Scope, answers: Answers, kind: str) -> list[tuple[Programme, Measure]]:
    """Return one kind's measure of each programme that has answers, in the order of their names."""
    parts = answers.of(kind).by("programme")
    return [
        (programme, measure_of(replace(scope, programme=programme), parts[programme.pk], kind))
        for programme in Programme.objects.filter(pk__in=parts)
    ]


def trend(scope: Scope, answers: Answers, kind: str, by: str) -> list[Point]:
    """Return one kind's measure of each month or quarter in the window, oldest first, empty ones included.

    The answers were read by that period. Without a start the trend begins with the first answer.
    """
    by_period = answers.of(kind).by("group")
    start = scope.start or min(by_period, default=None)
    if start is None:
        return []
    nothing = Answers([], {})
    return [
        Point(period, measure_of(scope, by_period.get(period, nothing), kind))
        for period in _periods(start, scope.end, by)
    ]


def _periods(start: date, end: date, by: str) -> Iterator[date]:
    """Yield the first day of every month or quarter that `[start, end)` touches, oldest first."""
    period = PERIODS[by](start)
    while period.start < end:
        yield period.start
        period = PERIODS[by](period.end)


def _awaited(scope: Scope) -> tuple[str, ...]:
    """Return a sentence where the window is over, and not for so long that no more answers come."""
    final_on = scope.end + timedelta(days=PROVISIONAL_DAYS)
    if not scope.end <= scope.today < final_on:
        return ()
    return (f"Provisional until {final_on}: some answers come late.",)


def _nps(scope: Scope, answers: Answers) -> Measure:
    rules = {cut_offs(settings) for settings, _ in answers.histograms()}
    groups = _groups(answers)
    if len(rules) > 1:
        wording = "Promoters less detractors, by the cut-offs of each question"
    else:
        low, detractor_max, passive_max, high = next(iter(rules), (0, 6, 8, 10))
        wording = (
            f"Promoters ({passive_max + 1}–{high}) less detractors ({low}–{detractor_max})"
            " in percent of all answers"
        )
    return scope.measure(
        "nps",
        Unit.POINTS,
        score_of(groups),
        n=groups.n,
        counted="answers",
        interval=nps_score_interval(*groups),
        definition=f"{wording}: points from −100 to +100.",
        notes=answers.notes,
        beside={**groups._asdict(), "percent_promoters": percent_promoters(groups)},
    )


def _groups(answers: Answers) -> Split:
    parts = []
    for settings, histogram in answers.histograms():
        low, detractor_max, passive_max, high = cut_offs(settings)
        parts.append(split(histogram, detractor_max, passive_max, scale_min=low, scale_max=high))
    return Split(*map(sum, zip(*parts, strict=True))) if parts else Split(0, 0, 0)


def cut_offs(settings: Settings) -> tuple[int, int, int, int]:
    """Return lowest point, last of the detractors, last of the passives and highest point of a question."""
    return settings["low"], settings["detractor_max"], settings["passive_max"], settings["high"]


def _share_of_good(scope: Scope, answers: Answers, kind: str) -> Measure:
    """Return the measure of CSAT or CES: the share of good answers, and the mean beside it."""
    parts = [(scale_of(kind, settings), histogram) for settings, histogram in answers.histograms()]
    notes = answers.notes
    value, interval, centre, n = None, None, None, sum(total_of(histogram) for _, histogram in parts)
    try:
        scale, histogram = pooled(parts) if parts else (None, {})
    except ScalesDiffer:
        scale, histogram = None, {}
        notes += (f"Asked on different scales ({_listed(parts)}), which are never pooled: pick one survey.",)
    if scale:
        value, centre = percent_good(histogram, scale), mean(histogram)
        interval = in_percent(percent_good_interval(histogram, scale))
    return scope.measure(
        kind,
        Unit.PERCENT,
        value,
        n=n,
        counted="answers",
        interval=interval,
        definition=_wording(kind, scale),
        notes=notes,
        beside={"mean": centre},
    )


def _rating(scope: Scope, answers: Answers) -> Measure:
    """Return the mean of ratings on one scale with Student's interval, None without answers."""
    parts = [(scale_of("rating", settings), histogram) for settings, histogram in answers.histograms()]
    scale, histogram = pooled(parts) if parts else (None, {})
    ends = f", from {scale.low} to {scale.high}" if scale else ""
    return scope.measure(
        "rating",
        Unit.SCALE,
        mean(histogram),
        n=total_of(histogram),
        counted="answers",
        interval=mean_interval(histogram),
        definition=f"The mean of all answers{ends}.",
        notes=answers.notes,
    )


def scale_of(kind: str, settings: Settings) -> Scale:
    """Return the scale of a CSAT, CES or rating question, with the point from which an answer is good."""
    points = settings["points"]
    if kind == "csat":
        return Scale(1, points, settings["satisfied_min"])
    if kind == "ces":
        direction = Direction(settings["direction"])
        return Scale(1, points, settings["easy_min"] or CES_1.good_from, direction)
    return Scale(1, points, points)


def in_percent(interval: Interval | None) -> Interval | None:
    """Return an interval of a share (0..1) in percent."""
    return interval and Interval(100 * interval.low, 100 * interval.high)


def _wording(kind: str, scale: Scale | None) -> str:
    verb = "are satisfied" if kind == "csat" else "found it easy"
    if scale is None:
        return f"Answers that say they {verb}, in percent of all answers."
    if scale.direction is Direction.LOWER_IS_BETTER:
        return (
            f"Answers of {scale.good_from} or less on an effort scale of {scale.low} to {scale.high},"
            " where less is better, in percent of all answers."
        )
    return f"Answers of {scale.good_from} or more of {scale.high}, in percent of all answers."


def _listed(parts: Iterable[tuple[Scale, object]]) -> str:
    scales = sorted({scale for scale, _ in parts})
    return ", ".join(
        f"{scale.low}–{scale.high}, {scale.direction.value.replace('_', ' ')}" for scale in scales
    )
