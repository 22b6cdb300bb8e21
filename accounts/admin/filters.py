"""Filters beside the admin's lists that name nothing out of the user's sight (SECURITY T17)."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import RelatedOnlyFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import (
    AllValuesCheckboxFilter,
    AutocompleteSelectFilter,
    RadioFilter,
    RangeDateFilter,
    RelatedDropdownFilter,
)
from unfold.utils import parse_date_str

from accounts.admin.visibility import user_of, visible


class OfferedFilter(RelatedDropdownFilter, RelatedOnlyFieldListFilter):
    """Offers the related rows that occur in the list the user sees."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        """Return them, each looked for by an index: of a million rows every one was read for three names."""
        listed = model_admin.get_queryset(request).order_by().filter(**{self.field_path: OuterRef("pk")})
        ordering = self.field_admin_ordering(field, request, model_admin)
        return field.get_choices(include_blank=False, limit_choices_to=Q(Exists(listed)), ordering=ordering)


class SearchedFilter(AutocompleteSelectFilter):
    """Searches the related rows that the user sees; for relations with too many rows to offer."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Yield the search field; a foreign id in the address does not make it show a foreign name."""
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.queryset = visible(field.queryset.all(), user_of(self.request))
            yield choice


class ValuesFilter(AllValuesCheckboxFilter):
    """Offers the values that occur in the list the user sees."""

    def choices(self, changelist: ChangeList) -> Iterator[dict[str, Any]]:
        """Yield the values, the blank one with a name."""
        for choice in super().choices(changelist):
            field = choice["form"].fields[self.lookup_kwarg]
            field.choices = [(value, label or "(none)") for value, label in field.choices]
            yield choice


class DaysFilter(RangeDateFilter):
    """Finds instants by the first and the last of their local days."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows of these days, all where a day is none."""
        for end, lookup in (("from", "date__gte"), ("to", "date__lte")):
            day = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}") or "")
            if day:
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": day})
        return queryset


class StateFilter(RadioFilter):
    """Tells customers from those who left."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the two states."""
        return [("customer", "Customer"), ("churned", "Churned")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the accounts in the chosen state."""
        if self.value() == "customer":
            return queryset.filter(churned_on=None)
        return queryset.exclude(churned_on=None) if self.value() == "churned" else queryset
