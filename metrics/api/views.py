from datetime import date

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from accounts.models import ApiKey
from metrics.api.scopes import DOCUMENTED, scope_of
from metrics.api.shapes import (
    AimSerializer,
    ComparisonSerializer,
    GroupsSerializer,
    MeasureSerializer,
)
from metrics.formulas.days import reporting_day
from metrics.measures.comparisons import compared
from metrics.measures.query import METRICS, NotAsked, ask, ask_by
from metrics.measures.scope import NotClosed
from metrics.measures.targets import aim_of


class MeasureView(ApiView):
    """One metric: its value and everything it stands on."""

    resource = "metrics"
    parameters = frozenset(parameter.name for parameter in DOCUMENTED)

    @extend_schema(
        operation_id="read_metric",
        parameters=[*DOCUMENTED, OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=[*METRICS])],
        responses=PolymorphicProxySerializer("Metric", [MeasureSerializer, GroupsSerializer], None),
    )
    def get(self, request: Request, metric: str) -> Response:
        """Return one metric of one scope; with `by` a list of them, one for each group.

        The scope is everything that the key sees in the last twelve months, unless the query narrows it.
        Metrics of revenue need the scope `revenue`. `compare=former` puts the window before beside it.
        """
        require_metric(metric, self.key)
        query = request.query_params.dict()
        scope = scope_of(query, self.key, today())
        if query.get("compare", "former") != "former":
            raise ValidationError({"compare": ["Only former."]})
        try:
            parts = ask_by(metric, scope, query["by"]) if "by" in query else None
            measure = None if parts is not None else ask(metric, scope)
            former = compared(metric, scope, measure) if measure and "compare" in query else None
        except NotAsked as fault:
            raise ValidationError({"by" if "by" in query else "metric": [str(fault)]}) from None
        except NotClosed as fault:
            raise ValidationError({"as_known_on": [str(fault)]}) from None
        if parts is not None:
            results = [{**MeasureSerializer(each.measure).data, "group": each.group} for each in parts]
            return Response({"results": results})
        assert measure
        shown = dict(MeasureSerializer(measure).data)
        if aim := aim_of(scope, measure):
            shown["target"] = AimSerializer(aim).data
        if former:
            shown["former"] = ComparisonSerializer(former).data
        return Response(shown)


def require_metric(metric: str, key: ApiKey) -> None:
    """Raise unless there is such a metric and the key may see it."""
    if metric not in METRICS:
        raise NotFound
    if METRICS[metric].is_revenue and not key.sees_revenue:
        raise PermissionDenied("This key lacks the scope revenue.")


def today() -> date:
    """Return the local day of the reporting time zone."""
    return reporting_day(timezone.now(), settings.REPORTING_ZONE)
