"""Exact matches by an allow-list: any other lookup would let someone guess at values (SECURITY T19)."""

from typing import Any

from django.core.exceptions import ValidationError as ModelInvalid
from django.db.models import QuerySet
from rest_framework.exceptions import ValidationError

MAX_ID = 2**63 - 1


def narrowed(queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
    """Return the rows whose field has the value as written in a query, or raise ValidationError."""
    field: Any = queryset.model._meta.get_field(name)
    try:
        parsed = (field.target_field if field.is_relation else field).to_python(value)
    except ModelInvalid:
        raise ValidationError({name: ["This is not a value of that field."]}) from None
    if isinstance(parsed, int) and not 0 < parsed <= MAX_ID:
        raise ValidationError({name: ["An id is a whole number above 0."]})
    if field.choices and parsed not in dict(field.flatchoices):
        raise ValidationError({name: [f"One of {', '.join(dict(field.flatchoices))}."]})
    return queryset.filter(**{name: parsed})
