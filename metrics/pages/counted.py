"""One count on the pages of a survey, as an address names it: of what it is, and of how many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain, product
from typing import NamedTuple

from metrics.formulas.spreads import holds, label_of
from metrics.measures.crosstabs import CrossTab
from metrics.measures.measure import Measure
from metrics.measures.pairs import Gave, Matches
from metrics.measures.questions import same_words
from metrics.measures.results import Bar, Result, Results
from metrics.measures.samples import Counts, Sample
from metrics.measures.sentiment import MEASURED
from metrics.measures.sides import Side
from metrics.pages.filters import UNSAID
from metrics.pages.survey_results import picks_of
from surveys.kinds import KINDS, Scale

READ: Mapping[str, Callable[[str], float | date]] = {"number": float, "date": date.fromisoformat}


class Counted(NamedTuple):
    """One count: its name, how many there are, and which answers the responses behind it gave.

    `kind` is that of the first answer. `measure` is that of all answers to a question on a scale. Where it
    `is_tallied` every response of the days was counted; `matches` are the responses where they are known from
    counting. One response may hold several that `are_answers`.
    """

    name: str
    n: int
    kind: str
    gave: tuple[Gave, ...]
    is_tallied: bool
    measure: Measure | None = None
    are_answers: bool = False
    matches: Matches | None = None


class _Narrowed(NamedTuple):
    """One answer to a question: in words, how often it was given, and as what."""

    label: str
    n: int
    gave: Gave


def counted_in_results(query: Mapping[str, str], results: Results, sample: Sample) -> Counted | None:
    """Return the count of the results that the address names, None where there is none of that name."""
    found = next((part for part in _parts(results) if part[1] == query.get("question")), None)
    if found is None:
        return None
    result, key, name, n, bars = found
    kind = result.question.kind
    is_tallied = not sample.is_raw and (kind in MEASURED or results.counts.is_tallied)
    if not query.keys() & {"pick", "words"}:
        return Counted(name, n, kind, (Gave(key),), is_tallied, result.headline)
    if query.get("words") or kind in READ:
        one, is_tallied = _told_one_by_one(query, result, key, results.counts), False
    else:
        one = _picked(query, result, key, bars)
    return Counted(f"{name} – {one.label}", one.n, kind, (one.gave,), is_tallied) if one else None


def counted_in_table(query: Mapping[str, str], table: CrossTab, rows: Side, columns: Side) -> Counted | None:
    """Return the count of a cross-tab that the address names: a cell, a row, a column, or all of it."""
    row, said = query.get("row", ""), query.get("column", "")
    column = "" if said == UNSAID else said or None
    lines, labels = (
        {line.key: line for line in table.lines},
        dict(zip(table.keys, table.columns, strict=True)),
    )
    if (row and row not in lines) or (column is not None and column not in labels):
        return None
    of_rows, of_columns = table.picks
    if row and column is not None:
        n = next(cell.count for cell in lines[row].cells if cell.column == column)
    elif row:
        n = lines[row].n
    else:
        n = table.responses if column is None else dict(table.bottom)[column]
    is_all = not row and column is None
    one, two = ((), ()) if is_all else (_either(of_rows, row), _either(of_columns, column))
    return Counted(
        " · ".join(
            (
                f"{rows.text} – {lines[row].label}" if row else rows.text,
                columns.text if column is None else f"{columns.text} – {labels[column]}",
            )
        ),
        n,
        rows.question.kind if rows.question else "",
        (Gave(rows.key, one), Gave(columns.key, two)),
        table.is_tallied,
        matches=table.pairs.matches([None] if is_all else product(one, two)) if table.pairs else None,
        are_answers=not is_all and (columns.is_many if column is None else rows.is_many and not row),
    )


def _either(picks: Mapping[str, tuple[str, ...]], one: str | None) -> tuple[str, ...]:
    """Return the picks of one row or column, or of all that are shown."""
    return picks[one] if one is not None and one in picks else tuple(chain.from_iterable(picks.values()))


def _parts(results: Results) -> Iterator[tuple[Result, str, str, int, Sequence[Bar]]]:
    """Yield each question and row of one: its key, its name, the number of its answers and its bars."""
    for result in results.questions:
        if result.asks:
            text = str(result.question.text)
            yield result, result.question.key, text, result.n, result.bars
            for row in result.rows:
                yield result, row.key, f"{text} – {row.label}", row.n, row.bars


def _picked(query: Mapping[str, str], result: Result, key: str, bars: Sequence[Bar]) -> _Narrowed | None:
    """Return the choice, the point or group of a scale, or the place of a choice that the address names."""
    pick, place = query.get("pick", ""), query.get("place", "")
    for own, label, picks in _answers(result, bars):
        if own != pick:
            continue
        given = [bar for bar in bars if bar.pick in picks]
        if not place:
            return _Narrowed(label, sum(bar.count for bar in given), Gave(key, picks))
        places = given[0].places if given else ()
        if place in map(str, range(1, len(places) + 1)):
            stood = int(place)
            return _Narrowed(f"{label}, place {stood}", places[stood - 1], Gave(key, picks, stood))
    return None


def _told_one_by_one(query: Mapping[str, str], result: Result, key: str, counts: Counts) -> _Narrowed | None:
    """Return the bin of numbers or days, or the words, that the address names."""
    kind, words = result.question.kind, query.get("words", "")
    if words:
        is_beside = kind != "short_text"
        values = (counts.others if is_beside else counts.values).get(key, {})
        given = {each: n for each, n in values.items() if same_words(each) == same_words(words)}
        return _Narrowed(f"“{words[:60]}”", sum(given.values()), Gave(key, tuple(given), are_words=is_beside))
    pick, values = query.get("pick", ""), counts.values.get(key, {})
    try:
        given = {each: n for each, n in values.items() if _is_in(kind, each, pick)}
        bins = (*(result.numbers.bins if result.numbers else ()), *(result.days.bins if result.days else ()))
        label = next((each.label for each in bins if each.pick == pick), "") or label_of(pick)
    except (OverflowError, ValueError):
        return None
    return _Narrowed(label, sum(given.values()), Gave(key, tuple(given)))


def _is_in(kind: str, value: str, pick: str) -> bool:
    """Whether a value lies in a bin; one from before a change, that is no number or day, lies in none."""
    try:
        read = READ[kind](value)
    except ValueError:
        return False
    return holds(pick, read)


def _answers(result: Result, bars: Sequence[Bar]) -> Sequence[tuple[str, str, tuple[str, ...]]]:
    """Return the name, the label and the picks of each answer that is counted, groups of a scale too."""
    kind = KINDS[result.question.kind]
    if isinstance(kind, Scale):
        return picks_of(result.question, kind)
    return [(bar.pick, bar.label, (bar.pick,)) for bar in bars]
