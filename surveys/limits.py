"""How many may answer, and whether they have: read beside the survey, in the same statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.postgres.aggregates import JSONBAgg
from django.db.models import (
    Case,
    Count,
    Expression,
    F,
    IntegerField,
    JSONField,
    OuterRef,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce, JSONObject

from surveys.kinds import Answer
from surveys.models import Quota, Response

NOTHING = Value(None, IntegerField())


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a survey as one link meets them: whether there are any, and whether one is reached."""

    is_limited: bool = False
    is_full: bool = False
    quotas: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, read: Mapping[str, Any]) -> Self:
        """Return the limits that `limits_of` read."""
        caps = [(read["limit"], read["taken"]), (read["link_limit"], read["link_taken"])]
        set_caps = [(limit, taken) for limit, taken in caps if limit is not None]
        quotas = tuple(read["quotas"] or ())
        return cls(bool(set_caps or quotas), any(taken >= limit for limit, taken in set_caps), quotas)

    def ending(self, answers: Mapping[str, Answer], survey_id: int) -> str:
        """Return the key of the ending of the first full quota that these answers fall under, '' without."""
        for quota in self.quotas:
            answer = answers.get(quota["key"])
            if quota["value"] in (answer if isinstance(answer, list) else [answer]):
                rows = Response.objects.completed().counted().filter(survey=survey_id)
                same = rows.alias(given=KeyTransform(quota["key"], "answers"))
                if same.filter(given__contains=quota["value"])[: quota["limit"]].count() >= quota["limit"]:
                    return str(quota["ending"])
        return ""


def limits_of(survey: str, link: str = "") -> Expression:
    """Return what `Limits.of` takes; `survey` and `link` are the paths from the row to those."""
    own = f"{survey}__" if survey != "pk" else ""
    quota = JSONObject(key="question_key", value="value", limit="limit", ending="ending")
    quotas = (
        Quota.objects.filter(survey=OuterRef(survey))
        .order_by()
        .values("survey")
        .annotate(all=JSONBAgg(quota, order_by="pk"))
    )
    return JSONObject(
        limit=F(f"{own}response_limit"),
        taken=_taken(f"{own}response_limit", survey=OuterRef(survey)),
        link_limit=F("response_limit") if link else NOTHING,
        link_taken=_taken("response_limit", collector=OuterRef(link)) if link else NOTHING,
        quotas=Subquery(quotas.values("all"), output_field=JSONField()),
    )


def _taken(limit: str, **whose: OuterRef) -> Expression:
    """Return how many responses count towards a limit; nothing is counted where none is set."""
    rows = Response.objects.completed().counted().filter(**whose).order_by()
    (by,) = whose
    count = rows.values(by).annotate(number=Count("pk")).values("number")
    return Case(When(**{f"{limit}__isnull": False}, then=Coalesce(Subquery(count), 0)), default=None)
