"""What was picked and how often, worked out once more from the raw answers in Python."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Any

from metrics.models import Pick, PickTally
from metrics.models.picks import CAME, COMPLETE, FLAGGED
from surveys.definition import Question
from surveys.kinds import KINDS
from surveys.versions import published_definition

# A pick by what it is called: survey, question or row of one, key, place.
Named = tuple[int, str, str, int]
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def pick_numbers() -> dict[Named, int]:
    """Return the number of each pick by what it is called."""
    fields = ("survey", "question_key", "key", "place", "pk")
    return {
        (survey, question, key, place): number
        for survey, question, key, place, number in Pick.objects.values_list(*fields).iterator()
    }


def picks_of(response: Any, numbers: Mapping[Named, int]) -> tuple[Any, ...]:
    """Return the numbers of what a response that counts picked, sorted; a pick without a number by name."""
    found: list[Any] = [CAME]
    if response.is_complete:
        found += [COMPLETE, *([FLAGGED] if response.flags else [])]
    for question in published_definition(response.version_id):
        given = response.answers.get(question.key)
        if given is not None and KINDS[question.kind].asks and not KINDS[question.kind].is_scored:
            for named in _named(question, given):
                whole = (response.survey_id, *named)
                found.append(numbers.get(whole, whole))
    return tuple(sorted(found, key=str))


def _named(question: Question, given: Any) -> Iterator[tuple[str, str, int]]:
    yield question.key, "", 0
    parts = {question.key: given}
    if question.rows:
        rows = given if isinstance(given, dict) else {}
        parts = {f"{question.key}.{row.key}": rows[row.key] for row in question.rows if rows.get(row.key)}
        yield from ((key, "", 0) for key in parts)
    offered = KINDS[question.kind].pickable(question, "")
    for key, answer in parts.items():
        for place, pick in enumerate(answer if isinstance(answer, list) else [answer], start=1):
            called = "other" if isinstance(pick, dict) else "yes" if pick is True else pick
            if isinstance(called, str) and called in offered:
                yield key, called, place if question.kind == "ranking" else 0


def tallied(rows: Rows) -> Counter[tuple[Any, ...]]:
    """Return how often each pick of responses, named ("picks", response), was given in its cell."""
    counts: Counter[tuple[Any, ...]] = Counter()
    for name, (survey, slice_, day, picks) in rows.items():
        if name[0] == "picks":
            counts.update(("pick tally", survey, day, slice_, pick) for pick in picks)
    return counts


def stored_days(days: Collection[date] | None) -> Rows:
    """Return what the tallies of (some) days hold."""
    rows = PickTally.objects.filter(is_month=False)
    return _held("pick tally", rows if days is None else rows.filter(begins__in=days))


def months(of_days: Rows) -> tuple[Rows, Rows]:
    """Return what the tallies of months should hold, the sums of their days, and what they do hold."""
    sums: Counter[tuple[Any, ...]] = Counter()
    for (_, survey, day, slice_, pick), (count,) in of_days.items():
        sums["pick tally of a month", survey, day.replace(day=1), slice_, pick] += count
    held = _held("pick tally of a month", PickTally.objects.filter(is_month=True))
    return {cell: (count,) for cell, count in sums.items()}, held


def _held(name: str, rows: Any) -> Rows:
    fields = ("survey", "begins", "slice", "picks", "counts")
    return {
        (name, survey, begins, slice_, pick): (count,)
        for survey, begins, slice_, picks, counts in rows.values_list(*fields).iterator()
        for pick, count in zip(picks, counts, strict=True)
    }
