from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from rest_framework import mixins
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from accounts.api.conditions import etag_of, is_known, refuse_unless_seen
from accounts.api.filters import KnownFilters
from accounts.api.problems import LengthRequired
from accounts.api.replies import reply_once
from accounts.api.throttling import Allowance
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
    # What is left of the key's calls in this minute, once they were counted.
    allowance: Allowance | None = None

    @property
    def key(self) -> ApiKey:
        """The key that asks; behind the permission there always is one."""
        return cast(ApiKey, self.request.auth)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what would be read wrongly or not at all, after the key was looked at."""
        super().initial(request, *args, **kwargs)
        # `request.headers` would take apart every header of every call.
        sent = request.META
        if sent.get("HTTP_TRANSFER_ENCODING") and not sent.get("CONTENT_LENGTH"):
            raise LengthRequired
        if sent.get("QUERY_STRING"):
            self._refuse_unknown_parameters(request)
        if request.method == "POST" and "HTTP_IDEMPOTENCY_KEY" in sent:
            self.post = partial(reply_once, self, getattr(self, "post", self.http_method_not_allowed))

    def _refuse_unknown_parameters(self, request: Request) -> None:
        if unknown := sorted(set(request.query_params) - self.known_parameters()):
            raise ValidationError({unknown[0][:60]: ["There is no such parameter."]})
        if repeated := [name for name, values in request.query_params.lists() if len(values) > 1]:
            raise ValidationError({repeated[0]: ["Name it once."]})

    def known_parameters(self) -> frozenset[str]:
        """Return every name that the query may hold."""
        return self.parameters

    def secrets_of(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        """Return what of an answer to a POST is made again when it is repeated, and never stored."""
        return {}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say how many calls are left, and let no cache between us and the client keep the answer."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in self.allowance.headers().items() if self.allowance else ():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


class RowsView(ApiView, GenericViewSet):  # type: ignore[type-arg]
    """Rows that the key sees, found by id."""

    lookup_value_regex = "[0-9]{1,18}"
    orderings: ClassVar[tuple[str, ...]] = ()
    filter_backends = (KnownFilters,)
    # What a list may be filtered by: exact values of fields, or a set of filters of its own.
    filterset_fields: ClassVar[tuple[str, ...]] = ()
    filterset_class: ClassVar[type[Any] | None] = None
    # What `expand` may show in the place of an id, by field, and the view that shows such rows.
    expansions: ClassVar[Mapping[str, "type[RowsView]"]] = {}

    def known_parameters(self) -> frozenset[str]:
        """Return paging, order, filters, sparse fields and expansion, where they mean something."""
        shaping = {"fields", "expand"} if self.expansions else {"fields"}
        if self.action == "list":
            return frozenset({"limit", "cursor", "ordering", *shaping, *KnownFilters.names(self)})
        return frozenset(shaping) if self.action == "retrieve" else self.parameters

    @classmethod
    def seen_by(cls, key: ApiKey) -> QuerySet[Any]:
        """Return the rows that the key sees, each knowing which of its veiled references the key sees too."""
        rows: Any = cls.queryset
        rows = rows.all()
        if not isinstance(rows, OfAccount) or key.sees_all_accounts:
            return cast(QuerySet[Any], rows)
        serializer: Any = cls.serializer_class
        veils = {
            f"sees_{name}": Exists(_visible_targets(rows, name, key)) for name in serializer.veiled_fields
        }
        return cast(QuerySet[Any], rows.visible_to(key).annotate(**veils))

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows that the key sees, with those that `expand` asks for: one query for each."""
        rows = self.seen_by(self.key)
        for name in self.expanded:
            rows = rows.prefetch_related(Prefetch(name, queryset=self.expansions[name].seen_by(self.key)))
        return rows

    @property
    def expanded(self) -> Sequence[str]:
        """The fields that the query wants to see as rows and not as ids, or raise for others."""
        names = self.request.query_params.get("expand", "").split(",") if self.expansions else [""]
        if names == [""]:
            if "expand" in self.request.query_params:
                raise ValidationError({"expand": [f"Some of {', '.join(self.expansions)}."]})
            return ()
        if len(names) != len(set(names)):
            raise ValidationError({"expand": ["Name each field once."]})
        for name in names:
            if name not in self.expansions:
                raise ValidationError({"expand": [f"Some of {', '.join(self.expansions)}."]})
            shown = self.expansions[name]
            for scope in (f"{shown.resource}:read", *shown.further_scopes):
                if scope not in self.key.scopes:
                    raise PermissionDenied(f"This key lacks the scope {scope}.")
        return names


def _visible_targets(rows: QuerySet[Any], name: str, key: ApiKey) -> QuerySet[Any]:
    target: Any = rows.model._meta.get_field(name).related_model
    return cast(QuerySet[Any], target._default_manager.visible_to(key).filter(pk=OuterRef(f"{name}_id")))


class ReadView(mixins.ListModelMixin, RowsView):
    """Lists rows and shows one, with its ETag."""

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return a page of rows."""
        shown: Any = self.get_serializer()
        shown.fields  # noqa: B018 -- refuses wrong names where there is no row to show, too
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Return one row, or 304 to a reader who has it already."""
        document = self.get_serializer(self.get_object()).data
        if {"fields", "expand"} & set(request.query_params):
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
        self.store(serializer)

    @transaction.atomic
    def store(self, serializer: Any) -> None:
        """Store what a serializer holds, and read it back as the key sees it."""
        stored = serializer.save()
        serializer.instance = self.get_queryset().get(pk=stored.pk)

    def _seen(self) -> Any:
        row = self.get_object()
        refuse_unless_seen(self.request, etag_of(self.get_serializer(row).data))
        return row


class CrudView(mixins.CreateModelMixin, ChangeView):
    """Creates rows too."""

    def get_success_headers(self, data: Any) -> dict[str, str]:
        """Return the new row's ETag, with which it can be changed without reading it again."""
        return {"ETag": etag_of(data)}

    def perform_create(self, serializer: Any) -> None:
        """Store a new row."""
        self.store(serializer)
