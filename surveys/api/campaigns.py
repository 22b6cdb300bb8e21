"""Campaigns: when and in which words programs let an audience be asked."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.filters import ExactFilters
from accounts.api.problems import Conflict
from accounts.api.serializers import StrictSerializer, WholeField
from accounts.api.views import CrudView
from surveys.actions.campaigns import (
    CampaignNotReady,
    approve_campaign,
    misfits,
    pause_campaign,
    resume_campaign,
    stop_campaign,
    withdraw_approval,
)
from surveys.api.audiences import AudienceField, AudienceViewSet, OfWholeCompany
from surveys.api.references import SurveyFilters
from surveys.api.serializers import SurveyField
from surveys.api.views import SurveyViewSet
from surveys.models import Audience, Campaign, Message, Survey

MOST_MESSAGES = 200
MOST_REMINDERS = 10
CLOCK = "^([01][0-9]|2[0-3]):[0-5][0-9]$"


@extend_schema_field({"type": "string", "pattern": CLOCK, "examples": ["09:00"]})
class ClockField(serializers.TimeField):
    """Hours and minutes on a clock."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **options)

    def to_internal_value(self, value: Any) -> Any:
        """Return the time, or raise ValidationError."""
        if not isinstance(value, str) or not re.fullmatch(CLOCK, value):
            raise ValidationError("Hours and minutes, such as 09:00.")
        return super().to_internal_value(value)


class MessageSerializer(StrictSerializer):
    """The words of a mail in one language; number 0 invites, the others remind."""

    class Meta:
        model = Message
        fields = ("number", "language", "subject", "subject_b", "body")


class CampaignSerializer(StrictSerializer):
    """A planned sending of a survey to an audience, with its reminders and its words."""

    survey = SurveyField(queryset=Survey.objects.all())
    audience = AudienceField(queryset=Audience.objects.all())
    messages = MessageSerializer(many=True, max_length=MOST_MESSAGES)  # type: ignore[call-arg]
    opens = ClockField(required=False, help_text="On the clock of each contact.")
    closes = ClockField(required=False, help_text="00:00 is the end of the day.")
    weekdays = serializers.ListField(
        child=WholeField(min_value=0, max_value=6),
        min_length=1,
        max_length=7,
        required=False,
        help_text="From 0 for Monday on.",
    )
    reminder_days = serializers.ListField(
        child=WholeField(min_value=1, max_value=365),
        max_length=MOST_REMINDERS,
        required=False,
        help_text="Days after the invitation.",
    )
    per_hour = WholeField(
        min_value=1, max_value=2**31 - 1, allow_null=True, required=False, help_text="Mails at most."
    )
    status = serializers.SerializerMethodField()

    class Meta:
        model = Campaign
        fields = (
            *("id", "name", "survey", "audience", "status", "trigger", "days", "event", "starts_on"),
            *("ends_on", "opens", "closes", "weekdays", "sample_percent", "per_hour", "reminder_days"),
            *("expires_after_days", "sender", "reply_to", "messages", "created_at", "approved_at"),
            *("paused_at", "stopped_at"),
        )
        read_only_fields = ("created_at", "approved_at", "paused_at", "stopped_at")

    @extend_schema_field(serializers.ChoiceField(choices=Campaign.Status.choices))
    def get_status(self, campaign: Campaign) -> str:
        """Return where the campaign stands at this moment."""
        return campaign.status(timezone.now()).value

    def validate_messages(self, messages: Sequence[Mapping[str, Any]]) -> Any:
        """Return the messages, or raise ValidationError where two are the same mail in one language."""
        places = [(message.get("number", 0), message["language"]) for message in messages]
        if len(places) != len(set(places)):
            raise ValidationError("There are two messages of one number in one language.")
        return messages

    def validate(self, attrs: Any) -> Any:
        """Return the values, or raise ValidationError where they do not go together."""
        whole = {}
        for field in Campaign._meta.concrete_fields:
            kept = getattr(self.instance, field.name) if self.partial else field.get_default()
            whole[field.name] = attrs.get(field.name, kept)
        if faults := dict(misfits(whole)):
            raise ValidationError({name: [fault] for name, fault in faults.items()})
        return attrs

    def create(self, validated_data: Any) -> Campaign:
        """Store a campaign, which waits for approval."""
        messages, audience = validated_data.pop("messages"), validated_data["audience"]
        if isinstance(audience, list):
            validated_data["audience"] = _new_audience(validated_data["name"], audience)
        campaign: Campaign = super().create(validated_data)
        _write(campaign, messages)
        return campaign

    def update(self, instance: Campaign, validated_data: Any) -> Campaign:
        """Store the change, with which the campaign waits for approval again."""
        messages, audience = validated_data.pop("messages", None), validated_data.get("audience")
        if isinstance(audience, list):
            is_same = audience == instance.audience.conditions
            name = validated_data.get("name", instance.name)
            validated_data["audience"] = instance.audience if is_same else _new_audience(name, audience)
        super().update(instance, validated_data)
        if messages is not None:
            instance.messages.all().delete()
            _write(instance, messages)
        withdraw_approval(instance)
        return instance


class CampaignFilters(SurveyFilters):
    """Filters of campaigns."""

    class Meta(ExactFilters.Meta):
        model = Campaign
        fields = ("name", "audience", "trigger")


class CampaignViewSet(OfWholeCompany, CrudView):
    """Campaigns. Nothing is sent before one is approved, and a change takes the approval back."""

    resource = "campaigns"
    queryset = Campaign.objects.select_related("survey").prefetch_related("messages")
    serializer_class = CampaignSerializer
    orderings = ("name", "starts_on", "created_at")
    filterset_class = CampaignFilters
    expansions: ClassVar[Any] = {"survey": SurveyViewSet, "audience": AudienceViewSet}

    @extend_schema(operation_id="approve_campaign", request=None)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, pk: str) -> Response:
        """Let the campaign out, or say all that is in its way."""
        now = timezone.now()
        return self._changed(lambda campaign: approve_campaign(campaign, by=self.key.created_by, now=now))

    @extend_schema(operation_id="pause_campaign", request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Hold back every mail that the mail server has not got yet."""
        return self._changed(lambda campaign: pause_campaign(campaign, now=timezone.now()))

    @extend_schema(operation_id="resume_campaign", request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on after a pause."""
        return self._changed(resume_campaign)

    @extend_schema(operation_id="stop_campaign", request=None)
    @action(detail=True, methods=["post"])
    def stop(self, request: Request, pk: str) -> Response:
        """End the campaign for good: nobody is asked any more."""
        return self._changed(lambda campaign: stop_campaign(campaign, now=timezone.now()))

    @transaction.atomic
    def _changed(self, change: Callable[[Campaign], None]) -> Response:
        campaign = Campaign.objects.select_for_update().get(pk=self.get_object().pk)
        if campaign.stopped_at:
            raise Conflict("The campaign was stopped, for good.")
        try:
            change(campaign)
        except CampaignNotReady as not_ready:
            raise ValidationError({"campaign": not_ready.faults}) from None
        return Response(self.get_serializer(self.get_queryset().get(pk=campaign.pk)).data)


def _new_audience(name: str, conditions: list[Any]) -> Audience:
    """Return a new audience of these conditions, named after its campaign as far as names are free."""
    name = name[:100]
    taken = set(Audience.objects.filter(name__startswith=name).values_list("name", flat=True))
    free = next(
        one for one in (name, *(f"{name} ({n})" for n in range(2, len(taken) + 3))) if one not in taken
    )
    return Audience.objects.create(name=free, conditions=conditions)


def _write(campaign: Campaign, messages: Sequence[Mapping[str, Any]]) -> None:
    Message.objects.bulk_create(Message(campaign=campaign, **message) for message in messages)
