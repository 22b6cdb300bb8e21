"""Form fields for what people type and the database must hold."""

import json
import math
import secrets
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError


class DocumentField(forms.JSONField):
    """A JSON document that PostgreSQL can store: no NUL, no lone surrogate, no NaN, not too deep."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "unstorable": "This holds a character or a number that cannot be stored."
    }

    def to_python(self, value: Any) -> Any:
        """Return the document, or raise ValidationError."""
        try:
            document = super().to_python(value)
            is_storable = _is_storable(document)
        except (RecursionError, ValueError):
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": "This"}
            ) from None
        if not is_storable:
            raise ValidationError(self.error_messages["unstorable"], code="unstorable")
        return document

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return what was typed, to the letter: nothing is lost when it is refused."""
        return data

    def prepare_value(self, value: Any) -> Any:
        """Return the document as people edit it: indented, in its own letters, nothing when it is empty."""
        if isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


class ObjectField(DocumentField):
    """A JSON object; nothing typed is the empty one."""

    default_error_messages: ClassVar[dict[str, Any]] = {"no_object": "This must be an object: {…}."}

    def to_python(self, value: Any) -> Any:
        """Return the object, or raise ValidationError."""
        document = super().to_python(value)
        if document is None:
            return {}
        if not isinstance(document, dict):
            raise ValidationError(self.error_messages["no_object"], code="no_object")
        return document


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_is_storable(key) and _is_storable(item) for key, item in value.items())
    return not isinstance(value, list) or all(_is_storable(item) for item in value)


class ExternalIdForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose external id may be left out: rows made by hand get one of their own."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if field := self.fields.get("external_id"):
            field.required = False
            field.help_text = "The id in the system that this is imported from. Left blank, one is made."

    def clean_external_id(self) -> str:
        """Return the id typed, or a new one."""
        return self.cleaned_data["external_id"] or f"earshot-{secrets.token_hex(6)}"
