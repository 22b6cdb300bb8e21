from typing import TypeVar

from django.db import models
from rest_framework.exceptions import ValidationError

from accounts.api.filters import MAX_ID

M = TypeVar("M", bound=models.Model)


def find(rows: "models.QuerySet[M]", value: str | int, name: str) -> M:
    """Return the row with this id or slug, or raise ValidationError about the field or parameter."""
    text = str(value)
    is_id = text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_ID
    row: M | None = rows.filter(pk=int(text)).first() if is_id else None
    if row is None and isinstance(value, str):
        row = rows.filter(slug=value).first()
    if row is None:
        raise ValidationError({name: ["There is none of this id or slug."]})
    return row
