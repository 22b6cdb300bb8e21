from collections.abc import Mapping
from typing import Any, ClassVar

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.api.bulk import BulkView
from accounts.api.filters import ISO_DAY, ExactFilters
from accounts.api.people import OwnerField, TeamField
from accounts.api.serializers import StrictSerializer
from accounts.interchange.objects import attributes_fault
from accounts.interchange.specs import ACCOUNTS, CONTACTS, SERVICES, SIGNALS, SUBSCRIPTIONS
from accounts.models import Account, Contact, ServicesMonth, Signal, Subscription, Team, User


@extend_schema_field(
    {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}
)
class AttributesField(serializers.JSONField):
    """One flat object of texts, numbers and flags."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the object, or raise ValidationError."""
        if fault := attributes_fault(data):
            raise ValidationError(f"This {fault}.")
        return super().to_internal_value(data)


class AccountSerializer(StrictSerializer):
    """A customer company."""

    owner = OwnerField(queryset=User.objects.none(), allow_null=True, required=False)
    team = TeamField(queryset=Team.objects.none(), allow_null=True, required=False)
    attributes = AttributesField(required=False)
    # An import keeps columns that it does not know as attributes: what was paid may be among them.
    scoped_fields: Mapping[str, tuple[str, ...]] = {"revenue": ("attributes",)}
    veiled_fields = ("owner", "parent")

    class Meta:
        model = Account
        fields = (
            *("id", "external_id", "name", "domain", "segment", "industry", "country", "region", "tier"),
            *("owner", "team", "parent", "currency", "attributes", "created_on", "churned_on"),
        )

    def validate(self, attrs: Any) -> Any:
        """Return the values; what a limited key writes is its team's, and cannot be given away."""
        key = self.context["request"].auth
        if key.team_id and not self.partial:
            attrs.setdefault("team", key.team)
        if key.team_id and attrs.get("team", key.team) is None:
            raise ValidationError({"team": ["This key is limited to its team's accounts."]})
        return attrs


class AccountViewSet(BulkView):
    """Customer companies."""

    resource = "accounts"
    spec = ACCOUNTS
    queryset = Account.objects.select_related("owner", "team")
    serializer_class = AccountSerializer
    orderings = ("name", "created_on", "churned_on")
    filterset_fields = (
        "external_id",
        "name",
        "domain",
        "segment",
        "industry",
        "country",
        "region",
        "tier",
        "parent",
    )


AccountViewSet.expansions = {"parent": AccountViewSet}


class ContactSerializer(StrictSerializer):
    """A person at an account."""

    scoped_fields: Mapping[str, tuple[str, ...]] = {"personal": ("name", "email", "title")}

    class Meta:
        model = Contact
        fields = (
            *("id", "external_id", "account", "name", "email", "title", "role", "language"),
            *("unsubscribed_at", "bounced_at", "erased_at"),
        )
        read_only_fields = ("unsubscribed_at", "bounced_at", "erased_at")


class ContactViewSet(BulkView):
    """People at accounts. Name, e-mail address and title are there with the scope `personal` only."""

    resource = "contacts"
    spec = CONTACTS
    queryset = Contact.objects.all()
    serializer_class = ContactSerializer
    filterset_fields = ("external_id", "account", "role", "language")
    expansions: ClassVar[Any] = {"account": AccountViewSet}


class SubscriptionSerializer(StrictSerializer):
    """What an account pays for; amounts are decimal numbers, given as text."""

    veiled_fields = ("renews",)

    class Meta:
        model = Subscription
        fields = (
            *("id", "external_id", "account", "product", "starts_on", "ends_on", "annual_value", "currency"),
            *("auto_renew", "cancelled_on", "renews"),
        )


class SubscriptionViewSet(BulkView):
    """What accounts pay for, from when to when. Needs the scope `revenue`."""

    resource = "subscriptions"
    spec = SUBSCRIPTIONS
    further_scopes = ("revenue",)
    queryset = Subscription.objects.all()
    serializer_class = SubscriptionSerializer
    orderings = ("starts_on", "ends_on")
    filterset_fields = ("external_id", "account", "product", "currency")
    expansions: ClassVar[Any] = {"account": AccountViewSet}


class ServicesMonthSerializer(StrictSerializer):
    """What services for an account brought in and cost in one month, named by its first day."""

    class Meta:
        model = ServicesMonth
        fields = ("id", "account", "month", "revenue", "cost")


class MonthFilters(ExactFilters):
    """Filters of months, `[from, to)`."""

    month_from = filters.DateFilter("month", "gte", **ISO_DAY)
    month_to = filters.DateFilter("month", "lt", **ISO_DAY)

    class Meta(ExactFilters.Meta):
        model = ServicesMonth
        fields = ("account", "month")


class ServicesViewSet(BulkView):
    """What services brought in and cost, by month. Needs the scope `revenue`."""

    resource = "services"
    spec = SERVICES
    further_scopes = ("revenue",)
    queryset = ServicesMonth.objects.all()
    serializer_class = ServicesMonthSerializer
    orderings = ("month",)
    filterset_class = MonthFilters
    expansions: ClassVar[Any] = {"account": AccountViewSet}


class SignalSerializer(StrictSerializer):
    """One imported measure of an account on one day."""

    class Meta:
        model = Signal
        fields = ("id", "account", "key", "observed_on", "value")


class SignalFilters(ExactFilters):
    """Filters of signals; `[observed_from, observed_to)`."""

    observed_from = filters.DateFilter("observed_on", "gte", **ISO_DAY)
    observed_to = filters.DateFilter("observed_on", "lt", **ISO_DAY)

    class Meta(ExactFilters.Meta):
        model = Signal
        fields = ("account", "key", "observed_on")


class SignalViewSet(BulkView):
    """Imported measures of accounts: usage, support load, payments."""

    resource = "signals"
    spec = SIGNALS
    queryset = Signal.objects.all()
    serializer_class = SignalSerializer
    orderings = ("observed_on",)
    filterset_class = SignalFilters
    expansions: ClassVar[Any] = {"account": AccountViewSet}
