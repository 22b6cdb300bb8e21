from collections.abc import Mapping
from itertools import islice
from urllib.parse import urlencode

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from metrics.api.scopes import DOCUMENTED, scope_of
from metrics.api.shapes import ReceiptSerializer
from metrics.api.views import require_metric, today
from metrics.measures.query import METRICS, NotAsked
from metrics.measures.receipts import receipt

ASKED = tuple(each for each in DOCUMENTED if each.name not in ("by", "compare"))


class ReceiptView(ApiView):
    """The rows behind one metric."""

    resource = "metrics"
    parameters = frozenset(parameter.name for parameter in DOCUMENTED) - {"by", "compare"} | {
        "limit",
        "offset",
    }

    @extend_schema(
        operation_id="read_receipt",
        parameters=[
            *ASKED,
            OpenApiParameter("limit", int, description="At most 100 rows at once."),
            OpenApiParameter("offset", int, description="How many rows to leave out first."),
            OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=[*METRICS]),
        ],
        responses=ReceiptSerializer,
    )
    def get(self, request: Request, metric: str) -> Response:
        """Return the rows that a metric of a scope is made of, as they are now, a hundred at most.

        What surveys promised not to tell is left out. Metrics of revenue need the scope `revenue`.
        """
        require_metric(metric, self.key)
        query = request.query_params.dict()
        limit, offset = _count(query, "limit", 100), _count(query, "offset", 0)
        try:
            found = receipt(metric, scope_of(query, self.key, today()))
        except NotAsked as fault:
            raise ValidationError({"metric": [str(fault)]}) from None
        page = list(islice(found.rows, offset, offset + min(limit, 100) + 1))
        more = len(page) > min(limit, 100)
        rows = [dict(zip(found.columns, row, strict=True)) for row in page[: min(limit, 100)]]
        following = {**query, "limit": limit, "offset": offset + len(rows)}
        next_ = request.build_absolute_uri(f"?{urlencode(following)}") if more else None
        return Response({"what": found.what, "results": rows, "next": next_})


def _count(query: Mapping[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise ValidationError({name: ["A whole number."]})
    return int(text)
