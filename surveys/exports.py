"""The responses to a survey as a table that goes out, read through a cursor of the server's."""

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import Case, F, Func, TextField, When
from django.db.models.functions import Cast

from accounts.interchange.datasets import Column, Dataset, Type, Value
from accounts.models import Viewer
from surveys.interchange.columns import UNREADABLE, AnswerColumn, answer_columns
from surveys.models import Response, Survey
from surveys.models.responses import IS_DATED
from surveys.privacy import IDENTIFIED, is_masked
from surveys.versions import published_definition

CHUNK = 2000
# So many rows are decoded at once: what comes of them stays in the processor's cache until it is written.
DECODED = 500
OWN = (
    (Column("public_id", label="Response"), "public_id"),
    (Column("version", Type.INTEGER, "Version of the survey"), "version__number"),
    (Column("submitted_at", Type.INSTANT, "Submitted"), "submitted_at"),
    (Column("started_at", Type.INSTANT, "Started"), "started_at"),
    (Column("changed_at", Type.INSTANT, "Changed"), "changed_at"),
    (Column("language", label="Language"), "language"),
    (Column("channel", label="Channel"), "channel"),
    (Column("account", label="Account (external id)"), "account__external_id"),
    (Column("account_name", label="Account"), "account__name"),
)
# By these someone who answered in confidence could be told apart from the rest (SECURITY T22).
TELLING = frozenset({"language", "channel", "account", "account_name"})
# Who somebody is; an answer may be one too.
OF_PEOPLE = (
    (Column("contact", label="Contact (external id)"), "contact__external_id"),
    (Column("contact_name", label="Contact"), "contact__name"),
    (Column("contact_email", label="E-mail address"), "contact__email"),
    (Column("contact_role", label="Role"), "contact__role"),
)


def responses_dataset(
    survey: Survey, viewer: Viewer, *, changed_after: datetime | None = None, with_partial: bool = False
) -> Dataset:
    """Return the responses that the viewer may see, oldest change first; tests are never among them.

    A response whose answers no version can read is left out and named in `faults`. A survey that promised
    confidentiality gives nothing by which somebody could be told apart, and no rows that were not revealed.
    """
    numbers = survey.versions.order_by("-number").values_list("pk", flat=True)
    definitions = [published_definition(pk) for pk in numbers]
    has_promised = any(definition.privacy != IDENTIFIED for definition in definitions)
    brought = () if has_promised else (name for definition in definitions for name in definition.hidden)
    hidden = list(dict.fromkeys(brought))
    private = {
        question.key
        for definition in definitions
        for question in definition
        if is_masked(question, sees_people=viewer.sees_people)
    }
    answers = [column for column in answer_columns(definitions) if column.key not in private]
    own = [*OWN, *OF_PEOPLE] if viewer.sees_people else [*OWN]
    if has_promised:
        own = [(column, path) for column, path in OWN if column.name not in TELLING]
    rows: Any = Response.objects.visible_to(viewer).counted().filter(survey=survey)
    if not with_partial:
        rows = rows.completed()
    if has_promised:
        rows = rows.exclude(revealed_at=None)
    if changed_after:
        rows = rows.filter(changed_at__gt=changed_after)
    # The newest change comes last, so that a reader who was interrupted goes on from the last row it has.
    # PostgreSQL writes each row as one text and a chunk is decoded at once: thrice the speed of columns. As
    # `json` it is written straight away; Django's JSONArray makes a `jsonb` first, which takes twice as long.
    parts = (*(_as_seen(path, viewer) for _, path in own), "hidden", "answers", IS_DATED)
    row = Cast(Func(*parts, function="JSON_BUILD_ARRAY"), TextField())
    rows = rows.order_by("changed_at", "pk").values_list(row, flat=True)
    faults: list[str] = []
    return Dataset(
        name=survey.title,
        columns=[
            *(column for column, _ in own),
            *(Column(f"hidden.{name}", label=f"Came with: {name}") for name in hidden),
            *(answer.column for answer in answers),
        ],
        rows=_rows(rows, hidden, answers, faults),
        faults=faults,
        count=rows.count,
    )


def _as_seen(path: str, viewer: Viewer) -> Any:
    """Return what is read at a path: of a contact nothing once they went to an account out of sight."""
    if viewer.sees_all_accounts or not path.startswith("contact__"):
        return path
    return Case(When(contact__account=F("account"), then=F(path)))


def _rows(
    queryset: Any, hidden: list[str], answers: list[AnswerColumn], faults: list[str]
) -> Iterator[list[Value]]:
    reads = [(answer.key, answer.read) for answer in answers]
    for *row, came_with, said, is_dated in _decoded(queryset.iterator(chunk_size=CHUNK)):
        if not is_dated:
            faults.append(f"response {row[0]}: its time is outside the calendar")
            continue
        try:
            answered = [None if (given := said.get(key)) is None else read(given) for key, read in reads]
            brought = [None if (value := came_with.get(name)) is None else str(value) for name in hidden]
        except UNREADABLE:
            faults.append(f"response {row[0]}: its answers cannot be read")
            continue
        yield [*row, *brought, *answered]


def _decoded(texts: Iterator[str]) -> Iterator[list[Any]]:
    while chunk := ",".join(islice(texts, DECODED)):
        yield from json.loads(f"[{chunk}]")
