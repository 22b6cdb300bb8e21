from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.events import EventDiffers, EventInFuture, Happening, record_event
from accounts.api.filters import MAX_ID, ExactFilters
from accounts.api.problems import Conflict
from accounts.api.resources import AccountViewSet, AttributesField, ContactViewSet
from accounts.api.serializers import InstantField, KnownNames, LineField, StrictSerializer
from accounts.api.views import ReadView
from accounts.models import Account, Contact, Event
from accounts.models.events import validate_event_name


@extend_schema_field({"type": ["integer", "string"], "description": "Its id, or as a text its external id."})
class EitherIdField(serializers.Field[Any, Any, Any, Any]):
    """A row by its id or its external id, if the key may see it; one that is hidden is as good as missing."""

    def __init__(self, *, queryset: QuerySet[Any], **options: Any) -> None:
        super().__init__(**options)
        self.queryset = queryset

    def to_internal_value(self, data: Any) -> Any:
        """Return the row, or raise ValidationError."""
        rows: Any = self.queryset.all()
        rows = rows.visible_to(self.context["request"].auth)
        if type(data) is int and 0 < data <= MAX_ID:
            row = rows.filter(pk=data).first()
        elif isinstance(data, str):
            row = rows.filter(external_id=data).first()
        else:
            row = None
        if row is None:
            raise ValidationError("There is none of this id or external id.")
        return row


class EventSerializer(StrictSerializer):
    """What happened to an account elsewhere."""

    # What was paid or is owed may be among them.
    scoped_fields: Mapping[str, tuple[str, ...]] = {"revenue": ("attributes",)}
    veiled_fields = ("contact",)

    class Meta:
        model = Event
        fields = (
            *("id", "event_id", "name", "account", "contact", "occurred_at", "received_at", "attributes"),
        )
        read_only_fields = fields


class NewEventSerializer(KnownNames):
    """What happened to an account, or to one of its contacts, elsewhere."""

    event_id = LineField(max_length=200, help_text="Of your making, one an event: sending it again is safe.")
    name = LineField(
        max_length=100, validators=[validate_event_name], help_text="Such as ticket.closed, invoice.overdue."
    )
    account = EitherIdField(
        queryset=Account.objects.all(), required=False, help_text="May be left out with a contact."
    )
    contact = EitherIdField(queryset=Contact.objects.select_related("account"), required=False)
    occurred_at = InstantField(required=False, help_text="Without it this moment.")
    attributes = AttributesField(required=False)

    def validate(self, attrs: Any) -> Any:
        """Return the values with an account, or raise ValidationError."""
        contact = attrs.get("contact")
        if contact is None and "account" not in attrs:
            raise ValidationError({"account": ["Say whose event it is: an account, a contact, or both."]})
        if contact is not None and attrs.setdefault("account", contact.account) != contact.account:
            raise ValidationError({"contact": ["This contact belongs to another account."]})
        return attrs


class EventFilters(ExactFilters):
    """Filters of events; `[occurred_from, occurred_to)`."""

    occurred_from = filters.IsoDateTimeFilter("occurred_at", "gte")
    occurred_to = filters.IsoDateTimeFilter("occurred_at", "lt")

    class Meta(ExactFilters.Meta):
        model = Event
        fields = ("account", "name", "event_id")


class EventViewSet(ReadView):
    """What happened to accounts elsewhere: tickets, onboardings, invoices. Rules make signals of them."""

    resource = "events"
    queryset = Event.objects.all()
    serializer_class = EventSerializer
    orderings = ("occurred_at", "received_at")
    filterset_class = EventFilters
    expansions: ClassVar[Any] = {"account": AccountViewSet, "contact": ContactViewSet}

    @extend_schema(request=NewEventSerializer, responses=dict.fromkeys((200, 201), EventSerializer))
    def create(self, request: Request) -> Response:
        """Take an event: 201, or 200 when the same was taken before.

        The same event id with another content is a conflict, and what came first stays.
        """
        serializer = NewEventSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        said, now = serializer.validated_data, timezone.now()
        happening = Happening(
            event_id=said["event_id"],
            name=said["name"],
            account=said["account"],
            contact=said.get("contact"),
            occurred_at=said.get("occurred_at"),
            attributes=said.get("attributes", {}),
        )
        try:
            event, is_new = record_event(happening, now=now)
        except EventInFuture:
            raise ValidationError({"occurred_at": ["This lies in the future."]}) from None
        except EventDiffers:
            raise Conflict("This event id was used for another event.") from None
        shown = self.get_queryset().get(pk=event.pk)
        return Response(self.get_serializer(shown).data, status=201 if is_new else 200)
