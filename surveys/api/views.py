from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.conditions import etag_of, refuse_unless_seen
from accounts.api.filters import ExactFilters
from accounts.api.problems import Conflict
from accounts.api.resources import ContactViewSet
from accounts.api.views import ChangeView, CrudView, ReadView
from surveys.actions.authoring import (
    SurveyNotReady,
    close_survey,
    publish_survey,
    replace_draft,
)
from surveys.actions.drafts import draft_json
from surveys.actions.importing_surveys import GENERAL, ProgrammeUnknown, import_survey
from surveys.actions.outreach import ContactNotAskable, SurveyNotLive, create_invitation
from surveys.api.references import NamedFilter, SurveyFilters
from surveys.api.serializers import (
    CollectorSerializer,
    DefinitionSerializer,
    InvitationSerializer,
    NewInvitationSerializer,
    NewSurveySerializer,
    ProgrammeSerializer,
    SurveySerializer,
)
from surveys.definition import Definition
from surveys.interchange.native import DefinitionRefused, from_json
from surveys.links import personal_link
from surveys.models import Collector, Invitation, Programme, Survey

MAX_FAULTS = 100


class ProgrammeViewSet(CrudView):
    """Listening programmes: the frames in which metrics are defined."""

    resource = "surveys"
    queryset = Programme.objects.all()
    serializer_class = ProgrammeSerializer
    filterset_fields = ("slug", "mode")


class OfProgrammes(ExactFilters):
    """Filters of surveys."""

    programme = NamedFilter()

    class Meta(ExactFilters.Meta):
        model = Survey
        fields = ("slug",)


class SurveyViewSet(ChangeView):
    """Surveys: frame, definition, publication."""

    resource = "surveys"
    queryset = Survey.objects.select_related("programme").annotate(version_number=F("live_version__number"))
    serializer_class = SurveySerializer
    orderings = ("title", "created_at")
    filterset_class = OfProgrammes
    expansions: ClassVar[Any] = {"programme": ProgrammeViewSet}

    @extend_schema(request=NewSurveySerializer, responses={201: SurveySerializer})
    def create(self, request: Request) -> Response:
        """Make a draft from its definition, with the slug of its programme beside it; general without one."""
        document = dict(request.data) if isinstance(request.data, dict) else {}
        programme = document.pop("programme", GENERAL)
        try:
            survey = import_survey(
                definition_of(document), programme=str(programme), is_published=False, now=timezone.now()
            )
        except ProgrammeUnknown as unknown:
            raise ValidationError({"programme": [str(unknown)]}) from None
        return Response(self._shown(survey), status=201)

    @extend_schema(operation_id="read_survey_definition", responses=DefinitionSerializer)
    @action(detail=True, methods=["get"])
    def definition(self, request: Request, pk: str) -> Response:
        """Return the working copy as the native JSON of a survey, faults and all."""
        document = draft_json(self.get_object())
        return Response(document, headers={"ETag": etag_of(document)})

    @extend_schema(
        operation_id="replace_survey_definition", request=DefinitionSerializer, responses=DefinitionSerializer
    )
    @definition.mapping.put
    @transaction.atomic
    def replace_definition(self, request: Request, pk: str) -> Response:
        """Make the native JSON the working copy; what is published stays as it is.

        A question keeps its key, or its trend ends. Publishing makes it live.
        """
        survey = Survey.objects.select_for_update().get(pk=self.get_object().pk)
        refuse_unless_seen(request, etag_of(draft_json(survey)))
        replace_draft(survey, definition_of(request.data))
        survey.refresh_from_db()
        document = draft_json(survey)
        return Response(document, headers={"ETag": etag_of(document)})

    @extend_schema(operation_id="publish_survey", request=None)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, pk: str) -> Response:
        """Make the working copy the live version; one that is live already stays."""
        survey = self.get_object()
        try:
            publish_survey(survey, by=None, now=timezone.now())
        except SurveyNotReady as not_ready:
            raise ValidationError(by_place(not_ready.faults)) from None
        return Response(self._shown(survey))

    @extend_schema(operation_id="close_survey", request=None)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, pk: str) -> Response:
        """Take no answers from now on. Changing `closes_at` opens it again."""
        survey = self.get_object()
        if survey.live_version_id is None:
            raise Conflict("A draft takes no answers anyway.")
        close_survey(survey, now=timezone.now())
        return Response(self._shown(survey))

    def _shown(self, survey: Survey) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=survey.pk)).data


class CollectorFilters(SurveyFilters):
    """Filters of collectors."""

    class Meta(ExactFilters.Meta):
        model = Collector
        fields = ("channel", "slug")


class CollectorViewSet(CrudView):
    """Open channels of surveys: links, embeds, QR codes, kiosks."""

    resource = "surveys"
    queryset = Collector.objects.all()
    serializer_class = CollectorSerializer
    filterset_class = CollectorFilters
    expansions: ClassVar[Any] = {"survey": SurveyViewSet}


class InvitationFilters(SurveyFilters):
    """Filters of invitations."""

    class Meta(ExactFilters.Meta):
        model = Invitation
        fields = ("contact",)


class InvitationViewSet(ReadView):
    """Asks to contacts, by links that are personal."""

    resource = "invitations"
    queryset = Invitation.objects.annotate(answered_at=F("response__submitted_at"))
    serializer_class = InvitationSerializer
    orderings = ("created_at",)
    filterset_class = InvitationFilters
    expansions: ClassVar[Any] = {"survey": SurveyViewSet, "contact": ContactViewSet}

    @extend_schema(responses={201: NewInvitationSerializer})
    def create(self, request: Request) -> Response:
        """Make an invitation and return its personal link, which is not shown again.

        Handing the link over is up to the caller; nothing is sent.
        """
        serializer = NewInvitationSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        wanted, now = serializer.validated_data, timezone.now()
        survey, contact = wanted["survey"], wanted["contact"]
        try:
            invitation, link = create_invitation(
                survey, contact, expires_at=wanted.get("expires_at"), now=now, sent_at=now
            )
        except (SurveyNotLive, ContactNotAskable) as refused:
            raise Conflict(str(refused)) from None
        shown = self.get_serializer(self.get_queryset().get(pk=invitation.pk)).data
        return Response({**shown, "link": link}, status=201)

    def secrets_of(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return the link again: a stolen database must not hold it."""
        return {"link": personal_link(bytes(Invitation.objects.get(pk=answer["id"]).nonce))}


def definition_of(document: Any) -> Definition:
    """Return the definition that a body holds, or raise ValidationError naming every fault."""
    try:
        return from_json(document)
    except DefinitionRefused as refused:
        raise ValidationError(by_place(refused.faults)) from None


def by_place(faults: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the first hundred faults by where they are."""
    places: dict[str, list[str]] = {}
    for place, fault in faults[:MAX_FAULTS]:
        places.setdefault(place, []).append(fault)
    return places
