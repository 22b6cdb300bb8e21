"""Pages by position: the next one begins after the last row seen, however many rows came or went."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError as ModelInvalid
from django.db.models import F, Field, Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

DEFAULT_LIMIT, MAX_LIMIT, MAX_CURSOR = 50, 100, 1000


class Order(NamedTuple):
    """By which field rows are ordered; the primary key decides between equals, nulls come last."""

    field: "Field[Any, Any]"
    is_descending: bool

    def sort(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return the rows in this order."""
        if self.is_descending:
            return queryset.order_by(F(self.field.name).desc(nulls_last=True), "-pk")
        return queryset.order_by(F(self.field.name).asc(nulls_last=True), "pk")

    def after(self, value: Any, pk: int) -> Q:
        """Return the condition that a row comes after the one with this value and primary key."""
        name, beyond = self.field.name, "lt" if self.is_descending else "gt"
        is_later = Q(**{f"pk__{beyond}": pk})
        if value is None:
            return Q(**{f"{name}__isnull": True}) & is_later
        # The first condition is the one that an index answers.
        later = Q(**{f"{name}__{beyond}e": value}) & (Q(**{f"{name}__{beyond}": value}) | is_later)
        return later | Q(**{f"{name}__isnull": True}) if self.field.null else later


class Cursor(BasePagination):
    """`{"results": […], "next": url or null}`, at most 100 a page."""

    next_link: str | None = None

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Return the rows of the page that the query asks for, or raise ValidationError."""
        limit, (name, order) = _limit(request), _order(request, queryset, view.orderings)
        if (token := request.query_params.get("cursor")) is not None:
            queryset = queryset.filter(order.after(*_position(token, name, order)))
        rows = list(order.sort(queryset)[: limit + 1])
        if len(rows) > limit:
            last = rows[limit - 1]
            value = None if order.field.value_from_object(last) is None else order.field.value_to_string(last)
            token = urlsafe_b64encode(json.dumps([name, value, last.pk]).encode()).decode().rstrip("=")
            self.next_link = replace_query_param(request.build_absolute_uri(), "cursor", token)
        return rows[:limit]

    def get_paginated_response(self, data: Any) -> Response:
        """Return the page."""
        return Response({"results": data, "next": self.next_link})

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """Return the page's shape for the OpenAPI document."""
        link = {
            "type": ["string", "null"],
            "format": "uri",
            "description": "Null on the last page.",
        }
        return {
            "type": "object",
            "required": ["results", "next"],
            "properties": {"results": schema, "next": link},
        }


def _limit(request: Request) -> int:
    wanted = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 3 and 1 <= int(wanted) <= MAX_LIMIT):
        raise ValidationError({"limit": [f"A whole number from 1 to {MAX_LIMIT}."]})
    return int(wanted)


def _order(request: Request, queryset: QuerySet[Any], allowed: tuple[str, ...]) -> tuple[str, Order]:
    wanted = request.query_params.get("ordering", "id")
    name = wanted.removeprefix("-")
    if name not in ("id", *allowed):
        raise ValidationError(
            {"ordering": [f"One of {', '.join(('id', *allowed))}, or one with a - before."]}
        )
    field: Any = queryset.model._meta.get_field(name)
    return wanted, Order(field, wanted != name)


def _position(token: str, name: str, order: Order) -> tuple[Any, int]:
    """Return the value and the primary key in a cursor of this order, or raise ValidationError."""
    try:
        if len(token) > MAX_CURSOR:
            raise ValueError
        ordering, value, pk = json.loads(urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        if ordering != name or type(pk) is not int or not 0 < pk < 2**63:
            raise ValueError
        if value is None and order.field.null:
            return None, pk
        if not isinstance(value, str) or "\x00" in value:
            raise ValueError
        value.encode()
        return order.field.to_python(value), pk
    except (ValueError, TypeError, RecursionError, ModelInvalid):
        raise ValidationError({"cursor": ["Take it as it is from `next`."]}) from None
