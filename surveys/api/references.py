from typing import Any, NamedTuple, TypeVar

from django.db import models
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from accounts.api.filters import MAX_ID, ExactFilters
from accounts.prepared import prepared_row
from surveys.models import Programme, Survey

M = TypeVar("M", bound=models.Model)
# A text of digits is an id before it is a slug.
TO_ANSWER = """
SELECT id, coalesce(live_version_id, 0) FROM surveys_survey
WHERE id = %s OR slug = %s ORDER BY id = %s DESC LIMIT 1
"""
NAMED: dict[str, type[Survey | Programme]] = {"survey": Survey, "programme": Programme}


def find(rows: "models.QuerySet[M]", value: str | int) -> M | None:
    """Return the row with this id, or else with this slug where rows have slugs, or None."""
    pk = _id_in(value)
    row = None if pk is None else rows.filter(pk=pk).first()
    if row is None and isinstance(value, str) and hasattr(rows.model, "slug"):
        row = rows.filter(slug=value).first()
    return row


class ToAnswer(NamedTuple):
    """A survey that answers are handed in to, and its live version, 0 for a draft."""

    pk: int
    live_version_id: int


# What live surveys were when they were asked for last: a guess, which the writing statement checks.
_KNOWN: dict[str | int, ToAnswer] = {}
MOST_KNOWN = 1000


def last_known(value: str | int) -> ToAnswer | None:
    """Return what the live survey of this id or slug was when this process asked for it last, or None."""
    return _KNOWN.get(value)


def survey_to_answer(value: str | int) -> ToAnswer | None:
    """Return the survey with this id, or else with this slug, or None."""
    pk = _id_in(value)
    row = prepared_row(TO_ANSWER, [pk, value if isinstance(value, str) else None, pk])
    _KNOWN.pop(value, None)
    if row is None:
        return None
    survey = ToAnswer(*row)
    if survey.live_version_id:
        if len(_KNOWN) >= MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[value] = survey
    return survey


def _id_in(value: str | int) -> int | None:
    text = str(value)
    is_id = text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID
    return int(text) if is_id else None


@extend_schema_field({"type": "string", "description": "Its id or slug."})
class NamedFilter(filters.CharFilter):
    """Keeps the rows of one survey or programme, named by id or slug."""

    def filter(self, qs: Any, value: str) -> Any:
        """Return the rows that it keeps, or raise ValidationError where there is no such thing."""
        if not value:
            return qs
        row = find(NAMED[self.field_name]._default_manager.all(), value)
        if row is None:
            raise ValidationError({self.field_name: ["There is none of this id or slug."]})
        return super().filter(qs, row)


class SurveyFilters(ExactFilters):
    """Filters of rows that belong to a survey."""

    survey = NamedFilter()
