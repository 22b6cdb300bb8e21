"""The parts of what was said, each against all others: which differ, and how many were looked at."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from metrics.formulas.comparisons import discoveries
from metrics.formulas.disclosure import LEAST_SHOWN
from metrics.formulas.intervals import Interval, critical_value, mover, two_sided_p
from metrics.measures.answers import Answers, question_settings, read_each
from metrics.measures.confidentiality import HIDDEN, confidential_surveys, disclosed
from metrics.measures.measure import Measure
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of

# By what the slices of tallies are kept.
SPLIT_BY = ("segment", "tier", "region", "language", "channel")
RATE = 0.10
# Which answers are compared with which, whatever the parts are called: how often each was given.
Compared = frozenset[frozenset[tuple[tuple[int, str, int], int]]]


@dataclass(frozen=True, slots=True)
class Part:
    """One part against all others of its dimension: the difference, and whether it stands.

    `is_different` is None where either has fewer than five answers, and no test was made. Of two parts each
    is `compared` with the other, and who says nothing of one dimension hardly says more of the next.
    """

    dimension: str
    name: str
    measure: Measure
    difference: float | None
    interval: Interval | None
    is_different: bool | None
    compared: Compared = frozenset()


class Segments(NamedTuple):
    """The parts of each dimension, the lowest first, and how many tests found how many differences.

    The same answers compared with the same others are tested once, however often they stand there.
    """

    dimensions: Sequence[tuple[str, Sequence[Part]]]
    tested: int
    different: int
    notes: tuple[str, ...]


def split_by(scope: Scope) -> tuple[str, ...]:
    """Return by what the answers in question are split into segments."""
    return tuple(name for name in SPLIT_BY if name not in scope.narrowings)


def segments(
    scope: Scope, kind: str, split: Answers | None = None, promised: frozenset[int] | None = None
) -> Segments:
    """Return each part of every dimension against the others, in four queries less what is given.

    Given may be the answers in question, `split_by` all dimensions at once, and the surveys among them that
    promised confidentiality.

    Over all tests together at most one in ten of the differences found is false (Benjamini–Hochberg; METRICS
    §2.2). Parts of confidential surveys show what may be shown, with a query more a dimension.
    """
    promised = confidential_surveys(scope) if promised is None else promised
    names = split_by(scope)
    split = split or read_each([(scope, names)], (kind,), promised)[0]
    by_dimension = {
        name: [replace(cell, groups=(cell.groups[place],)) for cell in split.cells]
        for place, name in enumerate(names)
    }
    notes: tuple[str, ...] = ()
    for name in names if promised else ():
        shown, hidden = disclosed(scope, (kind,), name, promised)
        by_dimension[name] += shown
        notes = (HIDDEN,) if hidden else notes
    asked = {(cell.survey, cell.question_key): kind for own in by_dimension.values() for cell in own}
    settings = question_settings(asked, split.settings)
    parts = [
        part
        for name, own in by_dimension.items()
        for part in _parts(scope, kind, name, Answers(own, settings))
    ]
    return _judged(parts, names, notes)


def _parts(scope: Scope, kind: str, dimension: str, answers: Answers) -> Iterator[Part]:
    groups = answers.by("group")
    if len(groups) < 2:
        return
    for name, own in groups.items():
        others = Answers([cell for cell in answers.cells if cell.group != name], answers.settings)
        measure, rest = measure_of(scope, own, kind), measure_of(scope, others, kind)
        difference, interval = None, None
        if measure.value is not None and rest.value is not None:
            difference = float(measure.value) - float(rest.value)
            if measure.interval and rest.interval and min(measure.n, rest.n) >= LEAST_SHOWN:
                interval = mover(float(measure.value), measure.interval, float(rest.value), rest.interval)
        compared = frozenset({_given(own), _given(others)})
        yield Part(dimension, str(name), measure, difference, interval, None, compared)


def _given(answers: Answers) -> frozenset[tuple[tuple[int, str, int], int]]:
    counts: Counter[tuple[int, str, int]] = Counter()
    for cell in answers.cells:
        counts[cell.survey, cell.question_key, cell.value] += cell.total
    return frozenset(counts.items())


def _judged(parts: Sequence[Part], names: Sequence[str], notes: tuple[str, ...]) -> Segments:
    tested = {part.compared: part for part in parts if part.interval}
    stands = discoveries([_p(part) for part in tested.values()], RATE)
    verdicts = dict(zip(tested, stands, strict=True))
    judged = [
        replace(part, is_different=verdicts[part.compared] if part.interval else None) for part in parts
    ]
    by_dimension = [
        (name, sorted((each for each in judged if each.dimension == name), key=_low_first)) for name in names
    ]
    return Segments([(name, own) for name, own in by_dimension if own], len(tested), sum(stands), notes)


def _low_first(part: Part) -> tuple[bool, float, str]:
    value = part.measure.value
    return value is None, float(value or 0), part.name


def _p(part: Part) -> float:
    """Return the p (0..1) that belongs to the interval: below 0.05 exactly where it leaves zero out."""
    difference, interval = part.difference, part.interval
    if not difference or interval is None:
        return 1.0
    reach = difference - interval.low if difference > 0 else interval.high - difference
    return two_sided_p(critical_value() * abs(difference) / reach) if reach else 0.0
