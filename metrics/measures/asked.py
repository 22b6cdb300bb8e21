"""What one account was asked: scales of its questions and promises of its surveys, read once for a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import Case, Count, F, JSONField, Q, Value, When
from django.db.models.fields.json import KT
from django.db.models.functions import TruncQuarter

from accounts.models import Account
from metrics.measures.answers import Answers, ScoredQuestions, Settings
from metrics.measures.cells import PROGRAMME, Cell
from metrics.measures.confidentiality import HIDDEN
from metrics.measures.measure import Measure
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of
from metrics.models import Score
from surveys.kinds import KINDS
from surveys.models import Programme, Response, Version
from surveys.privacy import ANONYMOUS, CONFIDENTIAL


@dataclass(frozen=True, slots=True)
class Asked:
    """The surveys that promised confidentiality, the settings of every scored question, the programmes."""

    confidential: frozenset[int]
    settings: Mapping[tuple[int, str], Settings]
    programmes: Mapping[int, Programme]

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence where answers are hidden."""
        return (HIDDEN,) if self.confidential else ()


def asked_of(account: Account) -> Asked:
    """Return what the surveys asked and promised that anybody of the account answered, in one query."""
    answered = Response.objects.filter(account=account).order_by().values("survey")
    rows = (
        Version.objects.filter(survey__in=answered)
        .order_by("survey", "number")
        .values_list(
            "survey",
            KT("definition__privacy"),
            ScoredQuestions(F("definition"), output_field=JSONField()),
            *(f"survey__programme__{name}" for name in ("pk", "slug", "name", "mode")),
        )
    )
    programmes = {}
    confidential: set[int] = set()
    settings: dict[tuple[int, str], Settings] = {}
    for survey, privacy, questions, *programme in rows:
        programmes[programme[0]] = Programme(
            **dict(zip(("pk", "slug", "name", "mode"), programme, strict=True))
        )
        if privacy in (CONFIDENTIAL, ANONYMOUS):
            confidential.add(survey)
        for each in questions:
            complete = KINDS[each["kind"]].complete_settings(each.get("settings") or {})
            settings[survey, each["key"]] = complete
    return Asked(frozenset(confidential), settings, programmes)


def nps_by_programme(scope: Scope, answers: Answers, asked: Asked) -> list[tuple[Programme, Measure]]:
    """Return the NPS of each programme that has answers, in the order of their names."""
    parts = answers.of("nps").by("programme")
    programmes = sorted((asked.programmes[key] for key in parts), key=lambda each: each.name)
    return [(each, measure_of(replace(scope, programme=each), parts[each.pk], "nps")) for each in programmes]


def answers_of(scope: Scope, kinds: Iterable[str], asked: Asked, since: date) -> tuple[Answers, Answers]:
    """Return an account's scored answers since a day, and those of the whole window by quarter, in one query.

    Those of surveys that promised confidentiality are left out (SECURITY T22).
    """
    groups: dict[str, Any] = {
        "quarter": TruncQuarter("day"),
        "is_recent": Case(When(day__gte=since, then=Value(True)), default=Value(False)),
    }
    rows = (
        Score.objects.filter(scope.days(), ~Q(survey__in=asked.confidential), account=scope.account)
        .filter(kind__in=tuple(kinds))
        .order_by()
        .values(
            "kind", "survey", "question_key", "value", programme=F(PROGRAMME), mode=F(f"{PROGRAMME}__mode")
        )
        .annotate(**groups, total=Count("pk"))
        .values_list("kind", "programme", "mode", "survey", "question_key", "value", "total", *groups)
    )
    cells = [
        (Cell(kind, programme, mode, survey, key, value, count, (quarter,)), is_recent)
        for kind, programme, mode, survey, key, value, count, quarter, is_recent in rows
    ]
    return (
        Answers([cell for cell, is_recent in cells if is_recent], asked.settings),
        Answers([cell for cell, _ in cells], asked.settings),
    )
