"""Exact matches and ranges of days by an allow-list: any other lookup would let someone guess at values.

SECURITY T19. What a filter names must be in sight of the key that asks: a hidden id is as good as none.
"""

from functools import partial
from typing import Any, ClassVar, cast

from django.db import models
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.models import ApiKey
from accounts.models.people import OfAccount

MAX_ID = 2**63 - 1
ISO_DAY = {"input_formats": ["%Y-%m-%d"]}


def rows_in_sight(model: type[models.Model], request: Request | None) -> QuerySet[Any]:
    """Return the rows of the model that the asking key sees; those that hang on no account are for all."""
    rows: QuerySet[Any] = model._default_manager.all()
    if isinstance(rows, OfAccount) and request is not None:
        return rows.visible_to(cast(ApiKey, request.auth))
    return rows


class ExactFilters(filters.FilterSet):
    """Filters by the value of a field, such as `segment=Enterprise` or `account=17`."""

    class Meta:
        filter_overrides: ClassVar[Any] = {
            models.ForeignKey: {
                "filter_class": filters.ModelChoiceFilter,
                "extra": lambda field: {"queryset": partial(rows_in_sight, field.related_model)},
            },
            models.DateField: {"filter_class": filters.DateFilter, "extra": lambda field: ISO_DAY},
        }


class KnownFilters(filters.DjangoFilterBackend):
    """Narrows lists, and refuses a filter without a value instead of ignoring it."""

    filterset_base = ExactFilters

    @classmethod
    def names(cls, view: Any) -> frozenset[str]:
        """Return the filters that a view takes."""
        chosen = cls().get_filterset_class(view, view.queryset)
        return frozenset(chosen.base_filters if chosen else ())

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: Any) -> QuerySet[Any]:
        """Return the rows that the query keeps, or raise ValidationError."""
        if view.action != "list":
            return queryset
        for name in self.names(view):
            if request.query_params.get(name, "-").strip() == "":
                raise ValidationError({name: ["Name a value, or leave the filter out."]})
        narrowed: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return narrowed
