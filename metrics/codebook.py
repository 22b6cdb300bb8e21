"""What metrics read in a version: which of its questions count, and what each possible answer counts."""

import json
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from django.db.models import QuerySet

from surveys.definition import Definition
from surveys.interchange.native import DefinitionRefused, from_json
from surveys.kinds import KINDS
from surveys.models import Version


class Entry(NamedTuple):
    """One question that metrics read: the score of each answer, as JSON text, or None for a comment."""

    version_id: int
    key: str
    kind: str
    scores: Mapping[str, int] | None


class Codebook(NamedTuple):
    """The entries of some versions, and the versions whose definition cannot be read."""

    entries: list[Entry]
    unreadable: list[int]


def codebook(versions: QuerySet[Version]) -> Codebook:
    """Return what counts in these versions, in one query."""
    book = Codebook([], [])
    for version_id, document in versions.order_by("pk").values_list("pk", "definition"):
        try:
            definition = from_json(document)
        except DefinitionRefused:
            book.unreadable.append(version_id)
        else:
            book.entries.extend(_entries(version_id, definition))
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
