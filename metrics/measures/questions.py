"""Every question of a survey with its answers, each kind as it deserves."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from metrics.formulas.disclosure import LEAST_SHOWN
from metrics.formulas.histograms import Histogram, merged
from metrics.formulas.histograms import answers as total_of
from metrics.formulas.intervals import Interval, wilson
from metrics.formulas.response_rates import completion_rate as completed_of
from metrics.formulas.spreads import day_spread, spread
from metrics.measures.answers import Answers, Settings, question_settings, read_each
from metrics.measures.cells import Cell
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.measure import Measure, Point, Unit
from metrics.measures.outreach import COMPLETION_RATE
from metrics.measures.picks import knows_picks, read_picks
from metrics.measures.promises import kept_promise
from metrics.measures.results import Bar, Result, Results, Row, Text
from metrics.measures.samples import NOTHING, Counts, Sample, read_counts, with_words
from metrics.measures.scope import Scope
from metrics.measures.sentiment import MEASURED, in_percent, measure_of, trend
from metrics.measures.voices import mood_of
from surveys.definition import Definition, Question
from surveys.kinds import KINDS, Scale

# Of short texts, and of words of one's own beside choices, the ones given most often.
MOST_TEXTS, MOST_OTHERS = 8, 12
_Parsed = TypeVar("_Parsed")


def survey_results(
    scope: Scope,
    definition: Definition,
    *,
    former: Sequence[Question] = (),
    sample: Sample | None = None,
    only: str | None = None,
) -> Results:
    """Return the answers to every question of a published survey, or to one, in seven queries at most.

    Its first NPS question speaks for it, or else the first one of CSAT, CES, a rating. A sample that asks for
    what no tally knows counts everything from the answers themselves.
    """
    sample = sample or Sample(scope=scope)
    questions = [each for each in (*definition, *former) if only in (None, each.key)]
    promised = confidential_surveys(scope)
    is_promised, is_hidden = bool(promised), False
    if is_promised:
        shown = None if sample.is_raw else kept_promise(scope)
        is_hidden, scope = shown is None, shown or scope
        counts = NOTHING if is_hidden else _promised_counts(scope, questions)
    else:
        counts = _counts(sample, questions)
    if is_hidden:
        answers = Answers([], {})
    elif sample.is_raw:
        answers = _answers(scope, questions, counts)
    else:
        answers = read_each([(scope, ("month",))], MEASURED, promised, settings_of(scope, questions))[0]
    by_key = answers.by("question_key")
    nothing = Answers([], {})
    gone = {question.key for question in former}
    results = [
        _result(scope, each, by_key.get(each.key, nothing), counts, is_former=each.key in gone)
        for each in questions
    ]
    if is_promised:
        results = [each if each.n >= LEAST_SHOWN else Result(each.question, 0) for each in results]
    headline = min(
        (each for each in results if each.question.kind in MEASURED and not each.is_former),
        key=lambda each: MEASURED.index(each.question.kind),
        default=None,
    )
    points: Sequence[Point] = ()
    if headline and not sample.is_raw:
        spoken = by_key.get(headline.question.key, nothing)
        points = trend(scope, spoken, headline.question.kind, "month")
    return Results(results, headline, points, counts, scope, promised, is_hidden=is_hidden)


def completion(results: Results) -> Measure:
    """Return the visits among those counted that came to the end (0..100 percent), None without visits."""
    counts = results.counts
    return results.scope.measure(
        "completion_rate",
        Unit.PERCENT,
        completed_of(counts.complete, counts.responses),
        n=counts.responses,
        counted="visits",
        interval=in_percent(wilson(counts.complete, counts.responses)),
        definition=COMPLETION_RATE,
        beside={"completed": counts.complete},
    )


def former_questions(definitions: Iterable[Definition]) -> list[Question]:
    """Return the questions that only earlier versions asked, given the definitions, the newest first."""
    newest, *earlier = definitions
    found: dict[str, Question] = {}
    for definition in earlier:
        for question in definition:
            if question.key not in newest.question_by_key and KINDS[question.kind].asks:
                found.setdefault(question.key, question)
    return list(found.values())


def _counts(sample: Sample, questions: Sequence[Question]) -> Counts:
    """Return what was given to the questions without scores; to all of them where the sample is raw."""
    values = [each.key for each in questions if each.kind in ("number", "date", "short_text")]
    if not sample.is_raw and knows_picks(sample.scope):
        picks = read_picks(sample.scope)
        open_ = [each.key for each in questions if picks.picked.get((each.key, "other"))]
        return with_words(picks, sample, [key for key in values if picks.answered.get(key)], open_)
    scales = [each.key for each in questions if each.kind in MEASURED] if sample.is_raw else []
    matrices = [each.key for each in questions if each.rows]
    others = [each.key for each in questions if each.kind in ("long_text", "email")]
    return read_counts(sample, [*_choices(questions), *scales], matrices, values, others)


def _promised_counts(scope: Scope, questions: Sequence[Question]) -> Counts:
    """Return the picks of a confidential survey, without what could be somebody's own, words or days."""
    if knows_picks(scope):
        counts = read_picks(scope)
    else:
        matrices = [each.key for each in questions if each.rows]
        counts = read_counts(Sample(scope=scope, is_promised=True), _choices(questions), matrices)
    return replace(counts, flagged=0, values={}, others={})


def _choices(questions: Sequence[Question]) -> list[str]:
    rows = [f"{each.key}.{row.key}" for each in questions for row in each.rows]
    return [*rows, *(each.key for each in questions if not each.rows and KINDS[each.kind].pickable(each, ""))]


def _answers(scope: Scope, questions: Sequence[Question], counts: Counts) -> Answers:
    """Return the scored answers among those counted one by one."""
    survey = scope.survey
    if survey is None:
        raise ValueError("questions are those of one survey")
    kinds = {(survey.pk, each.key): each.kind for each in questions if each.kind in MEASURED}
    cells = [
        Cell(kinds[survey.pk, key], survey.programme_id, scope.mode, survey.pk, key, int(pick), count)
        for (key, pick), count in counts.picked.items()
        if (survey.pk, key) in kinds and pick.isdecimal()
    ]
    return Answers(cells, question_settings(kinds, settings_of(scope, questions)))


def settings_of(scope: Scope, questions: Sequence[Question]) -> dict[tuple[int, str], Settings]:
    """Return the settings of the scored questions of a survey, by survey and key."""
    survey = scope.survey.pk if scope.survey else 0
    return {
        (survey, each.key): KINDS[each.kind].complete_settings(each.settings)
        for each in questions
        if each.kind in MEASURED
    }


def _result(scope: Scope, question: Question, answers: Answers, counts: Counts, *, is_former: bool) -> Result:
    kind = KINDS[question.kind]
    if isinstance(kind, Scale) and kind.name in MEASURED:
        histogram = merged(given for _, given in answers.histograms())
        headline = measure_of(scope, answers, kind.name)
        return Result(question, headline.n, headline, _points(question, kind, histogram), is_former=is_former)
    n = counts.answered.get(question.key, 0)
    if question.rows:
        rows = tuple(_row(question, row.key, counts) for row in question.rows)
        return Result(question, n, rows=rows, is_former=is_former)
    values = counts.values.get(question.key, {})
    texts = _texts(values) if question.kind == "short_text" else []
    return Result(
        question,
        n,
        bars=_ranked(question, counts)
        if question.kind == "ranking"
        else _picked(question, question.key, counts),
        numbers=spread(_parsed(values, float)) if question.kind == "number" else None,
        days=day_spread(_parsed(values, date.fromisoformat)) if question.kind == "date" else None,
        texts=tuple(each for each in texts if each.count > 1)[:MOST_TEXTS],
        distinct=len(texts),
        others=tuple(_texts(counts.others.get(question.key, {})))[:MOST_OTHERS],
        share=_share(question, counts),
        is_former=is_former,
    )


def _share(question: Question, counts: Counts) -> tuple[float, Interval] | None:
    """Return how many say yes of those who answered, or consent of all who were there."""
    whole = {"yes_no": counts.answered.get(question.key, 0), "consent": counts.responses}
    n = whole.get(question.kind, 0)
    said = counts.picked.get((question.key, "yes"), 0)
    interval = in_percent(wilson(said, n)) if said <= n else None
    return (100 * said / n, interval) if n and interval else None


def _row(question: Question, row: str, counts: Counts) -> Row:
    key = f"{question.key}.{row}"
    label = str(question.row_by_key[row].text)
    return Row(key, label, counts.answered.get(key, 0), _picked(question, key, counts))


def _points(question: Question, kind: Scale, histogram: Histogram) -> tuple[Bar, ...]:
    n = total_of(histogram)
    return tuple(
        Bar(
            str(point),
            histogram.get(point, 0),
            _percent(histogram.get(point, 0), n),
            mood_of(kind.name, point, question.settings),
            pick=str(point),
        )
        for point in reversed(kind.points(question.settings))
    )


def _picked(question: Question, key: str, counts: Counts) -> tuple[Bar, ...]:
    """Return a bar for each pick on offer, then one for each key that earlier versions offered."""
    labels = KINDS[question.kind].pickable(question, question.text.language)
    earlier = sorted(pick for of, pick in counts.picked if of == key and pick not in labels)
    labels |= {pick: f"{pick} (no longer offered)" for pick in earlier}
    n = counts.answered.get(key, 0)
    given = {pick: counts.picked.get((key, pick), 0) for pick in labels}
    return tuple(
        Bar(label, given[pick], _percent(given[pick], n), pick=pick) for pick, label in labels.items()
    )


def _ranked(question: Question, counts: Counts) -> tuple[Bar, ...]:
    """Return a bar for each item that was ranked, the one with the best mean rank first."""
    labels = KINDS[question.kind].pickable(question, question.text.language)
    means = {pick: mean for pick in labels if (mean := counts.place(question.key, pick)) is not None}
    items = len(labels)
    return tuple(
        Bar(
            labels[pick],
            counts.picked[question.key, pick],
            _percent(1 + items - mean, items),
            rank=mean,
            places=tuple(counts.places[question.key, pick].get(place, 0) for place in range(1, items + 1)),
            pick=pick,
        )
        for pick, mean in sorted(means.items(), key=lambda pair: pair[1])
    )


def _texts(counts: Mapping[str, int]) -> list[Text]:
    """Return words given most often first, those that differ in letter case only taken together."""
    folded: dict[str, Text] = {}
    for words, count in counts.items():
        key = same_words(words)
        known = folded.get(key)
        folded[key] = Text(known.words, known.count + count) if known else Text(words.strip(), count)
    return sorted(folded.values(), key=lambda each: (-each.count, each.words.casefold()))


def same_words(text: str) -> str:
    """Return what words have in common that differ in letter case and the space around them only."""
    return text.strip().casefold()


def _parsed(values: Mapping[str, int], read: Callable[[str], _Parsed]) -> dict[_Parsed, int]:
    """Return values as numbers or days; what is none, such as an answer from before a change, is left out."""
    parsed: dict[Any, int] = {}
    for value, count in values.items():
        try:
            number = read(value)
        except ValueError:
            continue
        parsed[number] = parsed.get(number, 0) + count
    return parsed


def _percent(part: float, whole: int) -> float:
    """Return the length of a bar; one of nothing has none."""
    return 100 * part / whole if whole else 0.0
