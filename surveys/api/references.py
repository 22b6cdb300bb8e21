from typing import Any, TypeVar

from django.db import models
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from accounts.api.filters import MAX_ID, ExactFilters
from surveys.models import Programme, Survey

M = TypeVar("M", bound=models.Model)
NAMED: dict[str, type[Survey | Programme]] = {"survey": Survey, "programme": Programme}


def find(rows: "models.QuerySet[M]", value: str | int) -> M | None:
    """Return the row with this id, or else with this slug where rows have slugs, or None."""
    text = str(value)
    is_id = text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID
    row = rows.filter(pk=int(text)).first() if is_id else None
    if row is None and isinstance(value, str) and hasattr(rows.model, "slug"):
        row = rows.filter(slug=value).first()
    return row


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
