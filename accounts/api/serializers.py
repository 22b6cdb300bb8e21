from collections.abc import Callable, Mapping
from copy import deepcopy
from operator import attrgetter
from typing import Any, ClassVar, cast

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.api.filters import MAX_ID
from accounts.interchange.cells import NOT_IN_A_LINE
from accounts.models import ApiKey
from accounts.models.people import OfAccount


class LineField(serializers.CharField):
    """One line of text; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text, or raise ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        if NOT_IN_A_LINE.search(data):
            raise ValidationError("Line breaks and unprintable characters have no place here.")
        return super().to_internal_value(data)


class WordsField(serializers.CharField):
    """Text of any number of lines; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        """Return the text, or raise ValidationError."""
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class WholeField(serializers.IntegerField):
    """A whole number; neither a text nor a truth stands for one."""

    def to_internal_value(self, data: Any) -> int:
        """Return the number, or raise ValidationError."""
        if type(data) is not int:
            self.fail("invalid")
        return super().to_internal_value(data)


class TruthField(serializers.BooleanField):
    """true or false; no text and no number stands for either."""

    def to_internal_value(self, data: Any) -> bool:
        """Return the truth, or raise ValidationError."""
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class InstantField(serializers.DateTimeField):
    """An instant, shown on the clock of the reporting zone; the thread's own zone is asked by nobody here."""

    timezone = settings.REPORTING_ZONE

    def to_internal_value(self, value: Any) -> Any:
        """Return the instant, or raise ValidationError, also for a day: it does not say when on it."""
        if isinstance(value, str) and len(value) <= len("2026-06-15"):
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        return super().to_internal_value(value)


class RowField(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    """Another row by its id, if the key may see it; one that is hidden is as good as missing."""

    def get_queryset(self) -> Any:
        """Return the rows that the key may refer to."""
        rows: Any = super().get_queryset()
        return rows.visible_to(self.context["request"].auth) if isinstance(rows, OfAccount) else rows

    def to_internal_value(self, data: Any) -> Any:
        """Return the row, or raise ValidationError; ids that PostgreSQL cannot hold do not reach it."""
        if type(data) is not int:
            self.fail("incorrect_type", data_type=type(data).__name__)
        if not 0 < data <= MAX_ID:
            self.fail("does_not_exist", pk_value=data)
        try:
            return self.get_queryset().get(pk=data)
        except ObjectDoesNotExist:
            self.fail("does_not_exist", pk_value=data)


class KnownNames(serializers.Serializer[Any]):
    """Refuses names that cannot be written, instead of ignoring them."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the validated values, or raise ValidationError, also for names that cannot be written."""
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - self._writable_names)):
            raise ValidationError({name[:60]: ["No such field can be written."] for name in unknown[:20]})
        return super().to_internal_value(data)

    @cached_property
    def _writable_names(self) -> set[str]:
        return {name for name, field in self.fields.items() if not field.read_only}


# What the serializers of models found in these, by class.
_DECLARED: dict[type, dict[str, serializers.Field[Any, Any, Any, Any]]] = {}


class StrictSerializer(KnownNames, serializers.ModelSerializer):  # type: ignore[type-arg]
    """Shows the `fields` asked for, and hides what the key may not see."""

    serializer_related_field = RowField
    serializer_field_mapping: ClassVar[Any] = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.CharField: LineField,
        models.TextField: WordsField,
        models.PositiveSmallIntegerField: WholeField,
        models.PositiveIntegerField: WholeField,
        models.BooleanField: TruthField,
        models.DateTimeField: InstantField,
    }
    # Fields that are there only with the scope.
    scoped_fields: Mapping[str, tuple[str, ...]] = {}
    # Fields that are written once, when the row is made.
    fixed_fields: tuple[str, ...] = ()
    # References to rows that a key which sees this row need not see: they are shown as null and left alone.
    veiled_fields: tuple[str, ...] = ()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return the fields that this key sees and this request asks for."""
        fields = self._declared()
        request = self.context.get("request")
        if request is None or request.auth is None:
            return fields
        hidden = self._hidden_from(cast(ApiKey, request.auth))
        fields = {name: field for name, field in fields.items() if name not in hidden}
        is_of_list = self.parent is self.root and isinstance(self.root, serializers.ListSerializer)
        if self.root is not self and not is_of_list:
            return fields  # of a row in the place of an id, which the query's `fields` does not mean
        if self.instance is not None:
            for name in self.fixed_fields:
                fields[name].read_only = True
        view = self.context["view"]
        for name in view.expanded if request.method in ("GET", "HEAD") else ():
            if name not in fields:
                raise ValidationError({"expand": [f"There is no field {name!r}."]})
            fields[name] = view.expansions[name].serializer_class(read_only=True, allow_null=True)
        wanted = request.query_params.get("fields")
        if wanted is None:
            return fields
        names = wanted.split(",")
        if unknown := sorted(set(names) - set(fields)):
            raise ValidationError({"fields": [f"There is no field {unknown[0][:60]!r}."]})
        return {name: field for name, field in fields.items() if name in names}

    def _declared(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Return fields of its own; looking the model through again takes far longer than copying."""
        if type(self) not in _DECLARED:
            _DECLARED[type(self)] = super().get_fields()
        return deepcopy(_DECLARED[type(self)])

    def to_representation(self, instance: Any) -> Any:
        """Return the row as the key may see it."""
        document = {name: show(instance) for name, show in self._shown}
        for name in self.veiled_fields:
            if name in document and _is_veiled(instance, name):
                document[name] = None
        return document

    @cached_property
    def _shown(self) -> list[tuple[str, Callable[[Any], Any]]]:
        """What shows each field of a row, found out once for all rows."""
        model: Any = self.Meta.model
        columns = {column.name: column for column in model._meta.concrete_fields}
        return [
            (name, _reader(field, columns)) for name, field in self.fields.items() if not field.write_only
        ]

    def shown_to(self, key: ApiKey, instance: Any) -> dict[str, Any]:
        """Return a row in the key's sight as it may see it, of a reader that was made for no request."""
        hidden = self._hidden_from(key)
        document = self.to_representation(instance)
        return {name: value for name, value in document.items() if name not in hidden}

    def _hidden_from(self, key: ApiKey) -> set[str]:
        scoped = self.scoped_fields.items()
        return {name for scope, names in scoped if scope not in key.scopes for name in names}

    def update(self, instance: Any, validated_data: Any) -> Any:
        """Store the change; a PUT replaces, so what it leaves out goes back to what a new row has.

        What refers to a row out of the key's sight stays: who sees null cannot mean to clear it.
        """
        veiled = [name for name in self.veiled_fields if _is_veiled(instance, name)]
        for name in veiled:
            if validated_data.pop(name, None) is not None:
                raise ValidationError({name: ["This refers to a row out of this key's sight, and stays."]})
        if not self.partial:
            columns = type(instance)._meta
            for field in self._writable_fields:
                is_of_other_rows = isinstance(field, serializers.BaseSerializer)
                if field.source not in veiled and not is_of_other_rows:
                    validated_data.setdefault(field.source, columns.get_field(field.source).get_default())
        return super().update(instance, validated_data)


def _reader(field: serializers.Field[Any, Any, Any, Any], columns: Mapping[str, Any]) -> Callable[[Any], Any]:
    """Return what shows this field of a row: the id where it is another row's, without reading that row."""
    column, show = columns.get(field.source or ""), field.to_representation
    if column is not None and isinstance(field, RowField):
        return attrgetter(column.attname)
    is_plain = column is not None and not column.is_relation
    value_of = attrgetter(field.source or "") if is_plain else field.get_attribute

    def read(row: Any) -> Any:
        value = value_of(row)
        return None if value is None else show(value)

    return read


def _is_veiled(row: Any, name: str) -> bool:
    """Whether the row refers there to a row that the key, for which it was read, does not see."""
    return getattr(row, f"{name}_id") is not None and not getattr(row, f"sees_{name}", True)
