from collections.abc import Mapping
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
from metrics.measures.receipts import Key, receipt
from metrics.measures.receipts.rows import cursor_of, key_of

ASKED = tuple(each for each in DOCUMENTED if each.name not in ("by", "compare"))
MOST = 100
FOREIGN = "Only what `next` says."


class ReceiptView(ApiView):
    """The rows behind one metric."""

    resource = "metrics"
    parameters = frozenset(parameter.name for parameter in ASKED) | {"limit", "cursor"}

    @extend_schema(
        operation_id="read_receipt",
        parameters=[
            *ASKED,
            OpenApiParameter("limit", int, description="At most 100 rows at once."),
            OpenApiParameter("cursor", str, description="Where the page begins; from `next`."),
            OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=[*METRICS]),
        ],
        responses=ReceiptSerializer,
    )
    def get(self, request: Request, metric: str) -> Response:
        """Return the rows that a metric of a scope is made of, as they are now, a hundred at most.

        The value can be worked out from them again; of answers it is 100 × Σ weight × counts / Σ weight. What
        surveys promised not to tell is left out. Metrics of revenue need the scope `revenue`.
        """
        require_metric(metric, self.key)
        query = request.query_params.dict()
        limit, after = _limit(query), _key(query.pop("cursor", ""))
        try:
            found = receipt(metric, scope_of(query, self.key, today()))
        except NotAsked as fault:
            raise ValidationError({"metric": [str(fault)]}) from None
        try:
            rows, following = found.page(after, limit)
        except (TypeError, ValueError, IndexError):
            # The key of another receipt.
            if after is None:
                raise
            raise ValidationError({"cursor": [FOREIGN]}) from None
        next_ = following and request.build_absolute_uri(
            f"?{urlencode({**query, 'cursor': cursor_of(following)})}"
        )
        results = [dict(zip(found.columns, row, strict=True)) for row in rows]
        return Response({"what": found.what, "results": results, "next": next_, "notes": found.notes})


def _limit(query: Mapping[str, str]) -> int:
    text = query.get("limit", str(MOST))
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0):
        raise ValidationError({"limit": ["A whole number from 1."]})
    return min(int(text[:9]), MOST)


def _key(text: str) -> Key | None:
    """Return the key that a cursor names, None without one, or raise."""
    try:
        return key_of(text)
    except ValueError:
        raise ValidationError({"cursor": [FOREIGN]}) from None
