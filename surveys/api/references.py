from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from django.db import models
from drf_spectacular.types import OpenApiTypes
from rest_framework.exceptions import ValidationError

from accounts.api.filters import MAX_ID
from accounts.api.views import RowsView
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


class OfSurveys(RowsView):
    """Rows that a filter narrows to one survey or programme, named by id or slug."""

    filter_types: ClassVar[Mapping[str, OpenApiTypes]] = dict.fromkeys(NAMED, OpenApiTypes.STR)

    def narrowed(self, queryset: "models.QuerySet[Any]", name: str, value: str) -> "models.QuerySet[Any]":
        """Return the rows that one filter keeps, or raise ValidationError."""
        if name not in NAMED:
            return super().narrowed(queryset, name, value)
        row = find(NAMED[name]._default_manager.all(), value)
        if row is None:
            raise ValidationError({name: ["There is none of this id or slug."]})
        return queryset.filter(**{name: row})
