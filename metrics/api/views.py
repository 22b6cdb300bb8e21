from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from accounts.models import Account, ApiKey
from metrics.api.scopes import DOCUMENTED, scope_of
from metrics.api.shapes import (
    AccountHealthSerializer,
    ComparisonSerializer,
    GroupsSerializer,
    HealthSerializer,
    MeasureSerializer,
)
from metrics.formulas.days import reporting_day
from metrics.measures.comparisons import compared
from metrics.measures.explanation import explained
from metrics.measures.query import METRICS, NotAsked, ask, ask_by
from metrics.measures.scope import NotClosed
from metrics.models import Health

HISTORY = timedelta(days=366)
UNKNOWN: Mapping[str, Any] = {
    **dict.fromkeys(("day", "score", "band", "base")),
    "confidence": 0.0,
    "parts": [],
}


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
        shown = MeasureSerializer(measure).data
        return Response({**shown, "former": ComparisonSerializer(former).data} if former else shown)


class AccountHealthView(ApiView):
    """The health of one account."""

    resource = "metrics"

    @extend_schema(operation_id="read_account_health", responses=AccountHealthSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return an account's newest health, the parts that add up to it, and its history of a year.

        What is not known is null. What parts of revenue stand on is said to keys with the scope `revenue`.
        """
        account = get_object_or_404(Account.objects.visible_to(self.key), pk=pk)
        rows = Health.objects.filter(account=account, day__gt=today() - HISTORY)
        newest = rows.newest_on(today()).first()
        with_revenue = self.key.sees_revenue
        shown = HealthSerializer(explained(newest, with_revenue=with_revenue)).data if newest else UNKNOWN
        history = [
            {"day": day, "score": score / 100, "band": band}
            for day, score, band in reversed(rows.by_day().values_list("day", "score", "band"))
        ]
        return Response({"account": account.pk, **shown, "history": history})


def require_metric(metric: str, key: ApiKey) -> None:
    """Raise unless there is such a metric and the key may see it."""
    if metric not in METRICS:
        raise NotFound
    if METRICS[metric].is_revenue and not key.sees_revenue:
        raise PermissionDenied("This key lacks the scope revenue.")


def today() -> date:
    """Return the local day of the reporting time zone."""
    return reporting_day(timezone.now(), settings.REPORTING_ZONE)
