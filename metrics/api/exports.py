"""Data out for programs: streamed while they wait, or written in the background and fetched later."""

import logging
from typing import Any, ClassVar, cast

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.actions.exports import (
    ExportOutOfReach,
    TooManyExports,
    discard_exports,
    request_export,
)
from accounts.api.negotiation import AnyMediaType
from accounts.api.problems import Conflict
from accounts.api.serializers import InstantField, KnownNames, LineField, StrictSerializer
from accounts.api.views import ApiView, ReadView
from accounts.interchange.writers import FORMATS
from accounts.models import ApiKey, Export
from accounts.rights import may_read
from metrics.downloads import ExportGone, download, file_name
from metrics.exports import DATASETS, Order, OrderRefused, checked, dataset_of
from metrics.formulas.days import reporting_day

logger = logging.getLogger(__name__)
FILE = {(format_.media_type.partition(";")[0]): OpenApiTypes.BINARY for format_ in FORMATS.values()}


class OrderSerializer(KnownNames):
    """Which rows, and in which format."""

    dataset = serializers.ChoiceField(choices=[(name, label) for name, (label, _) in DATASETS.items()])
    format = serializers.ChoiceField(choices=[(name, format_.label) for name, format_ in FORMATS.items()])
    survey = LineField(max_length=80, required=False, help_text="Its slug; responses need one.")
    changed_after = InstantField(
        required=False, help_text="Only what changed later: the newest `changed_at` that you have."
    )
    values = serializers.ChoiceField(
        choices=("keys", "labels"), default="keys", help_text="Choices by their key or by their text."
    )

    def order(self) -> Order:
        """Return the order, or raise ValidationError for what does not go together."""
        said: dict[str, Any] = dict(self.validated_data)
        said["labels"] = said.pop("values") == "labels"
        try:
            return checked(Order(**said))
        except OrderRefused as refused:
            raise ValidationError({refused.field: [str(refused)]}) from None


def refuse_unless_readable(key: ApiKey, dataset: str) -> None:
    """Raise PermissionDenied, naming the scope, where the key may not read what the dataset holds."""
    for resource in DATASETS[dataset][1]:
        if not may_read(key, resource):
            raise PermissionDenied(f"This key lacks the scope {resource}:read.")


class StreamView(ApiView):
    """One dataset, streamed as it is read."""

    dataset: ClassVar[str]
    content_negotiation_class = AnyMediaType

    def get(self, request: Request) -> Any:
        """Return the rows as a file; what is long is better written in the background (`POST /exports`)."""
        query = {"format": "csv", **request.query_params.dict(), "dataset": self.dataset}
        serializer = OrderSerializer(data=query)
        serializer.is_valid(raise_exception=True)
        refuse_unless_readable(self.key, self.dataset)
        order = serializer.order()
        today = reporting_day(timezone.now(), settings.REPORTING_ZONE)
        dataset = dataset_of(order, self.key, today=today)
        format_ = FORMATS[order.format]
        logger.info("export", extra={"dataset": self.dataset, "key": self.key.prefix})
        response = StreamingHttpResponse(format_.write(dataset), content_type=format_.media_type)
        response["Content-Disposition"] = f'attachment; filename="{file_name(order)}"'
        return response


def _parameters(*names: str) -> list[OpenApiParameter]:
    known = {
        "format": OpenApiParameter("format", str, enum=[*FORMATS], default="csv"),
        "survey": OpenApiParameter("survey", str, description="Its slug."),
        "changed_after": OpenApiParameter(
            "changed_after", OpenApiTypes.DATETIME, description="Only later ones."
        ),
        "values": OpenApiParameter(
            "values", str, enum=["keys", "labels"], default="keys", description="Choices by key or by text."
        ),
    }
    return [known[name] for name in ("format", *names)]


class ResponsesStream(StreamView):
    """Responses to one survey."""

    resource = "responses"
    dataset = "responses"
    parameters = frozenset({"format", "survey", "changed_after", "values"})

    @extend_schema(
        operation_id="stream_responses",
        parameters=_parameters("survey", "changed_after", "values"),
        responses={(200, media_type): kind for media_type, kind in FILE.items()},
    )
    def get(self, request: Request) -> Any:
        """Return the responses to a survey as a file, oldest change first; tests are not among them.

        A question is a column, one with several picks a column for each choice.
        """
        return super().get(request)


class ScoresStream(StreamView):
    """Scores of answers."""

    resource = "metrics"
    dataset = "scores"
    parameters = frozenset({"format", "survey", "changed_after"})

    @extend_schema(
        operation_id="stream_scores",
        parameters=_parameters("survey", "changed_after"),
        responses={(200, media_type): kind for media_type, kind in FILE.items()},
    )
    def get(self, request: Request) -> Any:
        """Return one row for each scored answer as a file, oldest change first."""
        return super().get(request)


class AccountsStream(StreamView):
    """Accounts with their health and revenue."""

    resource = "accounts"
    dataset = "accounts"
    parameters = frozenset({"format", "changed_after"})

    @extend_schema(
        operation_id="stream_accounts",
        parameters=_parameters("changed_after"),
        responses={(200, media_type): kind for media_type, kind in FILE.items()},
    )
    def get(self, request: Request) -> Any:
        """Return the accounts with their newest health as a file; with the scope `revenue`, what they pay.

        An account counts as changed when it was scored last, which every account is once a day.
        """
        return super().get(request)


class ExportSerializer(StrictSerializer):
    """One export, and how far it is."""

    id = serializers.CharField(source="token", read_only=True)
    dataset = serializers.CharField(source="order.dataset", read_only=True)
    format = serializers.CharField(source="order.format", read_only=True)
    status = serializers.ChoiceField(choices=("waiting", "running", "done", "failed"), read_only=True)
    percent = serializers.IntegerField(read_only=True, allow_null=True, help_text="0 to 100.")
    file = serializers.SerializerMethodField(help_text="Where to fetch it once it is done, else null.")

    class Meta:
        model = Export
        fields = (
            *("id", "dataset", "format", "status", "percent", "rows_done", "rows_total", "left_out"),
            *("fault", "created_at", "finished_at", "expires_at", "size", "file"),
        )
        read_only_fields = fields

    def get_file(self, export: Export) -> str | None:
        """Return the absolute address of the file, None while there is none."""
        if not export.file:
            return None
        return f"{settings.PUBLIC_BASE_URL}{reverse('api-export-file', args=[export.token])}"


class ExportViewSet(ReadView):
    """Exports that this key has asked for: written in the background, kept for three days."""

    resource = "exports"
    queryset = Export.objects.all()
    serializer_class = ExportSerializer
    lookup_field = "token"
    lookup_value_regex = "[A-Za-z0-9_-]{32}"
    orderings = ("created_at",)

    def get_queryset(self) -> QuerySet[Any]:
        """Return the key's own exports."""
        return Export.objects.of(self.key)

    @extend_schema(request=OrderSerializer, responses={202: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Order an export; ask for it again until its status is done, then fetch its file."""
        serializer = OrderSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        refuse_unless_readable(self.key, serializer.validated_data["dataset"])
        try:
            export = request_export(self.key, serializer.order().document(), now=timezone.now())
        except TooManyExports:
            raise Conflict("Too many exports of this key are waiting already.") from None
        return Response(self.get_serializer(export).data, status=202)

    @extend_schema(
        operation_id="fetch_export_file", responses={(200, name): kind for name, kind in FILE.items()}
    )
    @action(detail=True, methods=["get"], content_negotiation_class=AnyMediaType)
    def file(self, request: Request, token: str) -> Any:
        """Return the file of an export that is done; only to a key that may still see all that is in it."""
        export = cast(Export, self.get_object())
        return file_of(export)

    def destroy(self, request: Request, token: str) -> Response:
        """Throw an export and its file away."""
        discard_exports([self.get_object()])
        return Response(status=204)


def file_of(export: Export) -> FileResponse:
    """Return the file of an export to its maker, or raise NotFound or PermissionDenied."""
    try:
        return download(export, now=timezone.now())
    except ExportGone:
        raise NotFound("This export has no file, or no longer.") from None
    except ExportOutOfReach:
        raise PermissionDenied("What may be seen has changed since: export it again.") from None
