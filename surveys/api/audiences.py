"""Audiences: whom programs let be asked."""

from typing import Any, cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request

from accounts.api.serializers import RowField, StrictSerializer
from accounts.api.views import ApiView, CrudView
from accounts.models import ApiKey
from surveys.actions.campaigns import withdraw_approval
from surveys.asking.audiences import FIELDS, MOST_CONDITIONS, OPERATORS, AudienceRefused, read_conditions
from surveys.models import Audience

CONDITIONS: dict[str, Any] = {
    "type": "array",
    "maxItems": MOST_CONDITIONS,
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["field", "operator", "value"],
        "properties": {
            "field": {"type": "string"},
            "operator": {"type": "string", "enum": [*OPERATORS]},
            "value": {
                "oneOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "string"},
                    {"type": "number"},
                ]
            },
        },
    },
}


def allowed_conditions(document: Any, key: ApiKey) -> list[Any]:
    """Return the conditions of a document that the key may choose by, or raise ValidationError."""
    try:
        conditions = read_conditions(document)
    except AudienceRefused as refused:
        raise ValidationError(str(refused)) from None
    if not key.sees_revenue and any(condition.field.needs_revenue for condition in conditions):
        raise ValidationError("Choosing by amounts of money takes the scope revenue.")
    return cast(list[Any], document)


@extend_schema_field(CONDITIONS)
class ConditionsField(serializers.JSONField):
    """What an audience is chosen by; all of it holds for who is in it."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the conditions, or raise ValidationError."""
        return allowed_conditions(data, self.context["request"].auth)


@extend_schema_field({"oneOf": [{"type": "integer"}, CONDITIONS]})
class AudienceField(RowField):
    """A saved audience by its id, or the conditions of a new one; shown as its id."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the audience, or its conditions, or raise ValidationError."""
        key = self.context["request"].auth
        if isinstance(data, list):
            return allowed_conditions(data, key)
        audience = super().to_internal_value(data)
        allowed_conditions(audience.conditions, key)
        return audience


class AudienceSerializer(StrictSerializer):
    """A saved filter over contacts and their accounts."""

    conditions = ConditionsField(help_text=f"By {', '.join(FIELDS)} and what metrics know.")

    class Meta:
        model = Audience
        fields = ("id", "name", "conditions", "created_at")
        read_only_fields = ("created_at",)


class OfWholeCompany(ApiView):
    """What reaches contacts of every account: nothing for a key that is limited to a team's."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse a limited key."""
        super().initial(request, *args, **kwargs)
        if not self.key.sees_all_accounts:
            raise PermissionDenied("This key is limited to a team's accounts; this reaches all of them.")


class AudienceViewSet(OfWholeCompany, CrudView):
    """Saved filters over contacts, asked anew each time. By amounts of money: with the scope `revenue`."""

    resource = "campaigns"
    queryset = Audience.objects.all()
    serializer_class = AudienceSerializer
    orderings = ("name", "created_at")
    filterset_fields = ("name",)

    def perform_update(self, serializer: Any) -> None:
        """Store the change; campaigns that ask this audience wait for approval again."""
        super().perform_update(serializer)
        for campaign in serializer.instance.campaigns.all():
            withdraw_approval(campaign)

    @classmethod
    def seen_by(cls, key: ApiKey) -> QuerySet[Any]:
        """Return the audiences; beside whom it asked, a bound would tell what some pay (SECURITY T25)."""
        rows = super().seen_by(key)
        if not key.sees_revenue:
            for field in (each for each in FIELDS.values() if each.needs_revenue):
                rows = rows.exclude(conditions__contains=[{"field": field.name}])
        return rows
