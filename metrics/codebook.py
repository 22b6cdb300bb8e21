"""What metrics read in a version: which of its questions count, and what each possible answer counts."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db.models import QuerySet

from surveys.definition import Definition
from surveys.interchange.native import DefinitionRefused, from_json
from surveys.kinds import KINDS, Scale
from surveys.models import Version


class Entry(NamedTuple):
    """One question that metrics read: the score of each answer, as JSON text, or None for a comment."""

    version_id: int
    key: str
    kind: str
    scores: Mapping[str, int] | None


class Offer(NamedTuple):
    """One question that answers are counted of without scores, or one row of it: where its answer stands.

    `picks` says as which key and place (0 where order says nothing) each element of an answer counts, written
    as "place:element" where it does; the element "" is that there is an answer.
    """

    version_id: int
    survey_id: int
    key: str
    path: tuple[str, ...]
    is_ranked: bool
    picks: Mapping[str, tuple[str, int]]


class Codebook(NamedTuple):
    """The entries and offers of some versions, and the versions whose definition cannot be read."""

    entries: list[Entry]
    offers: list[Offer]
    unreadable: list[int]


def codebook(versions: QuerySet[Version]) -> Codebook:
    """Return what counts in these versions, in one query."""
    book = Codebook([], [], [])
    for version_id, survey_id, document in versions.order_by("pk").values_list("pk", "survey", "definition"):
        definition = _readable(document)
        if definition is None:
            book.unreadable.append(version_id)
        else:
            book.entries.extend(_entries(version_id, definition))
            book.offers.extend(_offers(version_id, survey_id, definition))
    return book


def _entries(version_id: int, definition: Definition) -> Iterable[Entry]:
    for question in definition:
        kind = KINDS[question.kind]
        if kind.is_scored:
            scores = {
                json.dumps(answer): score
                for answer in kind.scorable(question)
                if (score := kind.score(answer)) is not None
            }
            yield Entry(version_id, question.key, question.kind, scores)
        elif kind.is_comment:
            yield Entry(version_id, question.key, question.kind, None)


def _offers(version_id: int, survey_id: int, definition: Definition) -> Iterable[Offer]:
    for question in definition:
        kind, key = KINDS[question.kind], question.key
        if kind.is_scored or not kind.asks:
            continue
        offered, is_ranked = (
            tuple(kind.pickable(question, question.text.language)),
            question.kind == "ranking",
        )
        picks: dict[str, tuple[str, int]] = {"": ("", 0)}
        if is_ranked:
            places = range(1, len(offered) + 1)
            picks |= {f"{place}:{pick}": (pick, place) for place in places for pick in offered}
        else:
            # A consent is stored as true, whatever it is called.
            picks |= {"true" if question.kind == "consent" else pick: (pick, 0) for pick in offered}
        for row in question.rows:
            yield Offer(version_id, survey_id, f"{key}.{row.key}", (key, row.key), is_ranked, picks)
        if question.rows:
            picks = {"": ("", 0)}
        yield Offer(version_id, survey_id, key, (key,), is_ranked, picks)


class Ends(NamedTuple):
    """The ends of a scale, and whether its low end is the good one."""

    low: int
    high: int
    is_reversed: bool

    def index_of(self, value: int) -> float:
        """Return where a value stands between the bad and the good end (0..100)."""
        index = 100 * (value - self.low) / (self.high - self.low)
        return 100 - index if self.is_reversed else index


def satisfaction_scales(surveys: Collection[int]) -> dict[tuple[int, str], Ends]:
    """Return the scale of each satisfaction and effort question, by survey and question key, in one query.

    A key keeps its scale over the versions: publishing sees to that.
    """
    scales = {}
    versions = Version.objects.filter(survey__in=surveys).order_by("pk")
    for survey, document in versions.values_list("survey_id", "definition"):
        for question in _readable(document) or ():
            kind = KINDS[question.kind]
            if question.kind in ("csat", "ces") and isinstance(kind, Scale):
                is_reversed = question.settings.get("direction") == "lower_is_better"
                ends = Ends(kind.low(question.settings), kind.high(question.settings), is_reversed)
                scales[survey, question.key] = ends
    return scales


def _readable(document: object) -> Definition | None:
    try:
        return from_json(document)
    except DefinitionRefused:
        return None
