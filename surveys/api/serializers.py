from collections.abc import Mapping
from typing import Any, cast

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from accounts.api.filters import MAX_ID
from accounts.api.serializers import KnownNames, LineField, RowField, StrictSerializer, WholeField
from surveys.api.references import find
from surveys.definition import LAYOUTS, PRIVACY
from surveys.interchange.native import MAX_QUESTIONS
from surveys.models import Collector, Invitation, Programme, Response, Survey

ID_OR_SLUG: dict[str, Any] = {"type": ["integer", "string"], "description": "Its id or slug."}


@extend_schema_field(ID_OR_SLUG)
class IdOrSlugField(serializers.Field[Any, Any, Any, Any]):
    """What names a survey, not looked up yet."""

    def to_internal_value(self, data: Any) -> int | str:
        """Return the id or the slug, or raise ValidationError."""
        if type(data) not in (int, str):
            raise ValidationError("An id or a slug.")
        return cast(int | str, data)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class AnswersField(serializers.Field[Any, Any, Any, Any]):
    """Answers by question key; what each may be is known to the survey's version alone."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Return the answers, or raise ValidationError."""
        if not isinstance(data, dict):
            raise ValidationError("An object of answers by question key.")
        return data


class SurveyField(RowField):
    """A survey by its id or its slug; shown as its id."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the survey, or raise ValidationError."""
        if type(data) not in (int, str):
            raise ValidationError("An id or a slug.")
        survey = find(self.get_queryset(), data)
        if survey is None:
            raise ValidationError("There is none of this id or slug.")
        return survey


class ProgrammeSerializer(StrictSerializer):
    """A listening programme."""

    class Meta:
        model = Programme
        fields = ("id", "slug", "name", "mode", "description")


class SurveySerializer(StrictSerializer):
    """The frame of a survey; what it asks is its definition."""

    programme: Any = serializers.SlugRelatedField("slug", queryset=Programme.objects.all())
    status = serializers.SerializerMethodField()
    version = serializers.IntegerField(
        source="version_number",
        allow_null=True,
        read_only=True,
        help_text="Null before the first publication.",
    )
    link = serializers.SerializerMethodField(
        help_text="The open link; it answers from the first publication on."
    )

    class Meta:
        model = Survey
        fields = (
            *("id", "slug", "title", "programme", "status", "version", "link", "language", "languages"),
            *("opens_at", "closes_at", "created_at"),
        )
        read_only_fields = ("slug", "title", "language", "languages", "created_at")

    def get_link(self, survey: Survey) -> str:
        """Return the absolute open link."""
        return f"{settings.PUBLIC_BASE_URL}/s/{survey.slug}/"

    @extend_schema_field(serializers.ChoiceField(choices=Survey.Status.choices))
    def get_status(self, survey: Survey) -> str:
        """Return what the survey is at this moment."""
        return survey.status(timezone.now()).value


class DefinitionSerializer(serializers.Serializer[Any]):
    """The native JSON of a survey; texts are strings, or objects of texts by language."""

    title = serializers.JSONField()
    intro = serializers.JSONField(required=False)
    thank_you = serializers.JSONField(required=False)
    closed = serializers.JSONField(required=False)
    language = serializers.CharField(required=False, help_text="Such as en or pt-BR.")
    languages = serializers.ListField(child=serializers.CharField(), required=False)
    questions = serializers.ListField(child=serializers.DictField(), min_length=1, max_length=MAX_QUESTIONS)
    pages = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="Titles and conditions by page number."
    )
    endings = serializers.ListField(
        child=serializers.DictField(), required=False, help_text="The first whose condition holds is shown."
    )
    layout = serializers.ChoiceField(LAYOUTS, required=False)
    theme = serializers.DictField(required=False)
    hidden = serializers.ListField(
        child=serializers.CharField(), required=False, help_text="Names of the fields that a link may carry."
    )
    privacy = serializers.ChoiceField(PRIVACY, required=False)


class NewSurveySerializer(DefinitionSerializer):
    """A new survey: its definition, and its programme."""

    programme = serializers.CharField(required=False, help_text="Its slug.")


class CollectorSerializer(StrictSerializer):
    """One open channel of a survey."""

    survey = SurveyField(queryset=Survey.objects.all())
    link = serializers.CharField(read_only=True)
    fixed_fields = ("survey", "slug")

    class Meta:
        model = Collector
        fields = (
            *("id", "survey", "name", "channel", "slug", "link", "closed_at", "response_limit"),
            "allowed_origins",
        )


class InvitationSerializer(StrictSerializer):
    """One ask to one contact."""

    survey = SurveyField(queryset=Survey.objects.all())
    answered_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Invitation
        fields: tuple[str, ...] = (
            *("id", "survey", "contact", "created_at", "sent_at", "answered_at", "bounced_at"),
            *("expires_at", "revoked_at"),
        )
        read_only_fields = ("created_at", "sent_at", "bounced_at", "revoked_at")


class NewInvitationSerializer(InvitationSerializer):
    """A new invitation, with the personal link that is shown this once."""

    link = serializers.CharField(read_only=True)

    class Meta(InvitationSerializer.Meta):
        fields = (*InvitationSerializer.Meta.fields, "link")


# Generated clients have a class Response of their own.
# By these someone who answered in confidence could be told apart, and what is shown instead (SECURITY T22).
TELLING: Mapping[str, str | None] = {
    **dict.fromkeys(("account", "contact", "invitation")),
    **dict.fromkeys(("language", "channel"), ""),
}


@extend_schema_serializer(component_name="SurveyResponse")
class ResponseSerializer(StrictSerializer):
    """One visit's answers, by question key; of a survey that promised confidentiality nothing else of it."""

    version = serializers.IntegerField(
        source="version_number",
        read_only=True,
        allow_null=True,
        help_text="Null for the test of a draft.",
    )
    scoped_fields: Mapping[str, tuple[str, ...]] = {"personal": ("contact", "invitation")}
    veiled_fields = ("contact", "invitation")

    class Meta:
        model = Response
        fields = (
            *("public_id", "survey", "version", "account", "contact", "invitation", "started_at"),
            *("submitted_at", "changed_at", "language", "channel", "answers", "is_test"),
        )
        read_only_fields = fields

    def to_representation(self, instance: Any) -> Any:
        """Return the row as the key may see it, without what the survey promised not to tell."""
        document = super().to_representation(instance)
        if getattr(instance, "is_promised", False):
            document |= {name: nothing for name, nothing in TELLING.items() if name in document}
        return document


class NewResponseSerializer(KnownNames, serializers.Serializer[Any]):
    """What someone answered elsewhere, handed in by a program."""

    # Whether there is such a survey or contact is asked by what stores the answers.
    survey = IdOrSlugField()
    submission_key = LineField(
        max_length=200,
        help_text="Of your making, one a response: sending it again is safe.",
    )
    answers = AnswersField(help_text="Answers by question key.")
    contact = WholeField(min_value=1, max_value=MAX_ID, required=False)
    language = LineField(max_length=16, required=False)
