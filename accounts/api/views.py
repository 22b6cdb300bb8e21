from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, cast

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from rest_framework import mixins
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api.conditions import etag_of, is_known, refuse_unless_seen
from accounts.api.filters import narrowed
from accounts.api.problems import LengthRequired
from accounts.api.replies import HEADER, reply_once
from accounts.models import ApiKey
from accounts.models.people import OfAccount


class ApiView(APIView):
    """What every view of the API shares: keys, scopes, strict JSON, and no parameter that means nothing."""

    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    # With `read` or `write` a scope; a key needs the further ones besides.
    resource: ClassVar[str]
    further_scopes: ClassVar[tuple[str, ...]] = ()
    # Statuses of refusals beside those that every view of its kind has, for the OpenAPI document.
    refusals: ClassVar[frozenset[int]] = frozenset()
    # Names that the query may hold.
    parameters: ClassVar[frozenset[str]] = frozenset()

    @property
    def key(self) -> ApiKey:
        """The key that asks; behind the permission there always is one."""
        return cast(ApiKey, self.request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what would be read wrongly or not at all, after the key was looked at."""
        super().initial(request, *args, **kwargs)
        if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
            raise LengthRequired
        if unknown := sorted(set(request.query_params) - self.known_parameters()):
            raise ValidationError({unknown[0][:60]: ["There is no such parameter."]})
        if request.method == "POST" and HEADER in request.headers:
            self.post = partial(reply_once, self, getattr(self, "post", self.http_method_not_allowed))

    def known_parameters(self) -> frozenset[str]:
        """Return every name that the query may hold."""
        return self.parameters

    def secrets_of(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of an answer to a POST is made again when it is repeated, and never stored."""
        return {}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Let no cache between us and the client keep what a key may see."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class RowsView(ApiView, GenericViewSet):  # type: ignore[type-arg]
    """Rows that the key sees, found by id."""

    lookup_value_regex = "[0-9]{1,18}"
    orderings: ClassVar[tuple[str, ...]] = ()
    filters: ClassVar[tuple[str, ...]] = ()
    # Of filters whose value is not that of a field of the same name, for the OpenAPI document.
    filter_types: ClassVar[Mapping[str, OpenApiTypes]] = {}

    def known_parameters(self) -> frozenset[str]:
        """Return paging, order, filters and sparse fields, where they mean something."""
        if self.action == "list":
            return frozenset({"limit", "cursor", "ordering", "fields", *self.filters})
        return frozenset({"fields"}) if self.action == "retrieve" else self.parameters

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that the key sees; those that hang on no account are seen by every key."""
        rows = super().get_queryset()
        return rows.visible_to(self.key) if isinstance(rows, OfAccount) else rows

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows that the query's filters keep, or raise ValidationError."""
        for name in self.filters:
            if self.action == "list" and (value := self.request.query_params.get(name)) is not None:
                queryset = self.narrowed(queryset, name, value)
        return queryset

    def narrowed(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        """Return the rows that one filter keeps, or raise ValidationError."""
        return narrowed(queryset, name, value)


class ReadView(mixins.ListModelMixin, RowsView):
    """Lists rows and shows one, with its ETag."""

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one row, or 304 to a reader who has it already."""
        document = self.get_serializer(self.get_object()).data
        if "fields" in request.query_params:
            return Response(document)
        etag = etag_of(document)
        if is_known(request, etag):
            return Response(status=304, headers={"ETag": etag})
        return Response(document, headers={"ETag": etag})


class ChangeView(mixins.UpdateModelMixin, mixins.DestroyModelMixin, ReadView):
    """Reads, updates and deletes rows; writes heed If-Match."""

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows, locked where one is about to change."""
        queryset = super().get_queryset()
        is_change = self.action in ("update", "partial_update", "destroy")
        return queryset.select_for_update(of=("self",)) if is_change else queryset

    @transaction.atomic
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change one row that is still as the writer has seen it."""
        row = self._seen()
        serializer = self.get_serializer(row, data=request.data, partial=kwargs.get("partial", False))
        serializer.is_valid(raise_exception=True)
        self.perform_update(serializer)
        document = serializer.data
        return Response(document, headers={"ETag": etag_of(document)})

    @transaction.atomic
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Delete one row that is still as the writer has seen it, unless history hangs on it."""
        self._seen().delete()
        return Response(status=204)

    def perform_update(self, serializer: Any) -> None:
        """Store the change."""
        save(serializer)

    def _seen(self) -> Any:
        row = self.get_object()
        refuse_unless_seen(self.request, etag_of(self.get_serializer(row).data))
        return row


class CrudView(mixins.CreateModelMixin, ChangeView):
    """Creates rows too."""

    def perform_create(self, serializer: Any) -> None:
        """Store a new row."""
        save(serializer)


def save(serializer: Any) -> None:
    """Store what a serializer holds, and read it back as the database has it."""
    with transaction.atomic():
        serializer.save()
    serializer.instance.refresh_from_db()
