from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from accounts.models import Account
from metrics.api.scopes import DOCUMENTED, groups, period_of, periods, scope_of
from metrics.api.shapes import AccountHealthSerializer, GroupsSerializer, HealthSerializer, MeasureSerializer
from metrics.formulas.days import reporting_day
from metrics.measures import lifetime, outreach, renewals, retention, sentiment, services
from metrics.measures.answers import By, read_answers
from metrics.measures.explanation import explained
from metrics.measures.health import healthy_accounts
from metrics.measures.measure import Days, Measure
from metrics.measures.scope import Scope
from metrics.models import Health

HISTORY = timedelta(days=366)
UNKNOWN: Mapping[str, Any] = {
    **dict.fromkeys(("day", "score", "band", "base")),
    "confidence": 0.0,
    "parts": [],
}


def health_at_end(scope: Scope) -> Measure:
    """Return the accounts in green on the last day of the window."""
    return healthy_accounts(replace(scope, today=min(scope.today, scope.end - timedelta(days=1))))


OF_ANSWERS = ("nps", "csat", "ces")
OF_REVENUE: Mapping[str, Callable[[Scope], Measure]] = {
    "grr": retention.grr,
    "nrr": retention.nrr,
    "logo_churn": retention.logo_churn,
    "renewal_rate": renewals.renewal_rate,
    "clv": lifetime.clv,
    "services_margin": services.services_margin,
}
MEASURES: Mapping[str, Callable[[Scope], Measure]] = {
    "nps": sentiment.nps,
    "csat": sentiment.csat,
    "ces": sentiment.ces,
    **OF_REVENUE,
    "health": health_at_end,
    "response_rate": outreach.response_rate,
}


class MeasureView(ApiView):
    """One metric: its value and everything it stands on."""

    resource = "metrics"
    parameters = frozenset(parameter.name for parameter in DOCUMENTED)

    @extend_schema(
        operation_id="read_metric",
        parameters=[*DOCUMENTED, OpenApiParameter("metric", str, OpenApiParameter.PATH, enum=[*MEASURES])],
        responses=PolymorphicProxySerializer("Metric", [MeasureSerializer, GroupsSerializer], None),
    )
    def get(self, request: Request, metric: str) -> Response:
        """Return one metric of one scope; with `by` a list of them, one for each group.

        The scope is everything that the key sees in the last twelve months, unless the query narrows it.
        Metrics of revenue need the scope `revenue`.
        """
        if metric not in MEASURES:
            raise NotFound
        if metric in OF_REVENUE and not self.key.sees_revenue:
            raise PermissionDenied("This key lacks the scope revenue.")
        query = request.query_params.dict()
        scope = scope_of(query, self.key, _today())
        period = period_of(query)
        if "by" not in query:
            return Response(MeasureSerializer(MEASURES[metric](scope)).data)
        if period and metric in OF_ANSWERS:
            measured = _trend(scope, metric, period)
        else:
            parts = periods(scope, period) if period else groups(scope, query["by"])
            measured = [(part.group, MEASURES[metric](part.scope)) for part in parts]
        results = [{**MeasureSerializer(measure).data, "group": str(group)} for group, measure in measured]
        return Response({"results": results})


class AccountHealthView(ApiView):
    """The health of one account."""

    resource = "metrics"

    @extend_schema(operation_id="read_account_health", responses=AccountHealthSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return an account's newest health, the parts that add up to it, and its history of a year.

        What is not known is null. What parts of revenue stand on is said to keys with the scope `revenue`.
        """
        account = get_object_or_404(Account.objects.visible_to(self.key), pk=pk)
        rows = Health.objects.filter(account=account, day__gt=_today() - HISTORY)
        newest = rows.newest_on(_today()).first()
        with_revenue = self.key.sees_revenue
        shown = HealthSerializer(explained(newest, with_revenue=with_revenue)).data if newest else UNKNOWN
        history = [
            {"day": day, "score": score / 100, "band": band}
            for day, score, band in reversed(rows.by_day().values_list("day", "score", "band"))
        ]
        return Response({"account": account.pk, **shown, "history": history})


def _today() -> Any:
    return reporting_day(timezone.now(), settings.REPORTING_ZONE)


def _trend(scope: Scope, metric: str, by: By) -> list[tuple[Any, Measure]]:
    """Return the metric of each period, from one read of all answers."""
    points = sentiment.trend(scope, read_answers(scope, (metric,), by), metric, by)
    windows = [part.scope.window for part in periods(scope, by)]
    return [
        (point.period, replace(point.measure, window=Days(*window)))
        for point, window in zip(points, windows, strict=True)
    ]
