"""What was said in confidence and waits: answers not revealed yet, and deleted ones that still count."""

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q

from metrics.models import Absorbed, Score
from surveys.models import Response, Version
from surveys.privacy import LEAST_TOGETHER


def waiting() -> Q:
    """Return the condition that a response counts as it did when it was counted last, or not at all."""
    return Q(survey__in=_promising(), revealed_at=None, is_test=False)


def held_of_the_gone(days: Collection[date] | None) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """Return scores and picks (of some days) of deleted responses that go once there are five of them."""
    orphans = Absorbed.objects.filter(survey__in=_promising()).filter(
        ~Exists(Response.objects.filter(pk=OuterRef("response")))
    )
    gone = Counter(orphans.values_list("survey", flat=True))
    few = [survey for survey, count in gone.items() if count < LEAST_TOGETHER]
    on_days = Q() if days is None else Q(day__in=days)
    held: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for known in orphans.filter(on_days, survey__in=few):
        picks = tuple(sorted(known.picks, key=str))
        held["picks", -known.pk] = (known.survey_id, known.slice_id, known.day, picks)
    scores = Score.objects.filter(on_days, survey__in=few)
    for score in scores.exclude(Exists(Response.objects.filter(pk=OuterRef("response")))):
        held["score", score.response_id, score.question_key] = (
            *(score.survey_id, score.kind, score.slice_id, score.day, score.value),
            *(score.account_id, score.contact_id, score.contact_role),
        )
    return held


def _promising() -> Any:
    return Version.objects.promising().values("survey")
