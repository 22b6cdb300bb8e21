"""Health over the API: of an account, what weighs it, what it was worth; drivers and what is unusual."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from accounts.models import Account
from metrics.api.health_shapes import (
    AccountHealthSerializer,
    AnomaliesSerializer,
    BacktestSerializer,
    HealthSerializer,
    KeyDriversSerializer,
    MovedSerializer,
    OverrideSerializer,
    ScorecardsSerializer,
)
from metrics.api.scopes import DOCUMENTED, day_of, scope_of
from metrics.api.views import today
from metrics.measures import anomalies, backtest, drivers
from metrics.measures.explanation import explained
from metrics.measures.moves import moved_since, trend_of
from metrics.models import Health, HealthOverride, Scorecard

HISTORY = timedelta(days=366)
UNKNOWN: Mapping[str, Any] = {
    **dict.fromkeys(("day", "score", "band", "base", "scorecard")),
    "confidence": 0.0,
    "parts": [],
}
# What a metric is narrowed by; these are not split.
NARROWED = tuple(each for each in DOCUMENTED if each.name not in ("by", "compare", "as_known_on", "level"))
SINCE = OpenApiParameter("since", OpenApiTypes.DATE, description="Say also what moved since this day.")
SCORE = OpenApiParameter("score", str, enum=["health", "nps"])
LEAD = OpenApiParameter("lead", int, enum=[*backtest.LEADS], description="Days before the renewal.")
REPLAYS = OpenApiParameter(
    "replays", bool, description="Whether scores that were only computed later count as well."
)
OUTCOME = OpenApiParameter("outcome", str, description="The key of the rating to explain; NPS without it.")


class AccountHealthView(ApiView):
    """The health of one account."""

    resource = "metrics"
    parameters = frozenset({SINCE.name})

    @extend_schema(operation_id="read_account_health", parameters=[SINCE], responses=AccountHealthSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Return an account's newest health, the parts that add up to it, and its history of a year.

        What is not known is null. Keys without the scope `revenue` get its parts as one, `contracts`.
        """
        account = get_object_or_404(Account.objects.visible_to(self.key), pk=pk)
        since = day_of(request.query_params.dict(), "since")
        rows = Health.objects.filter(account=account, day__gt=today() - HISTORY)
        newest = rows.select_related("scorecard").newest_on(today()).first()
        shown, with_revenue = UNKNOWN, self.key.sees_revenue
        if newest:
            explanation = explained(newest, with_revenue=with_revenue)
            shown = {**HealthSerializer(explanation).data, "scorecard": newest.scorecard.number}
        override = HealthOverride.objects.acting_on(today()).filter(account=account).last()
        moved = moved_since(account, since, today(), with_revenue=with_revenue) if since else None
        history = [
            {"day": day, "score": score / 100, "band": band}
            for day, score, band in reversed(rows.by_day().values_list("day", "score", "band"))
        ]
        return Response(
            {
                "account": account.pk,
                **shown,
                "trend": trend_of(account, today()),
                "override": OverrideSerializer(override).data if override else None,
                "moved": MovedSerializer(moved).data if moved else None,
                "history": history,
            }
        )


class ScorecardsView(ApiView):
    """What decides a health."""

    resource = "metrics"

    @extend_schema(operation_id="list_scorecards", responses=ScorecardsSerializer)
    def get(self, request: Request) -> Response:
        """Return every version of the scorecard, the newest first; the first is in force."""
        rows = Scorecard.objects.select_related("author")
        return Response(ScorecardsSerializer({"results": rows}).data)


class NarrowedView(ApiView):
    """Something that is asked of a scope."""

    resource = "metrics"
    parameters = frozenset(each.name for each in NARROWED)


class BacktestView(NarrowedView):
    """Whether a score foretold renewals."""

    parameters = frozenset(each.name for each in (*NARROWED, SCORE, LEAD, REPLAYS))
    tests: ClassVar[frozenset[str]] = frozenset({"health", "nps"})

    @extend_schema(
        operation_id="read_backtest",
        parameters=[*NARROWED, SCORE, LEAD, REPLAYS],
        responses=BacktestSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return how well health, or what people answered, foretold the renewals due in the window."""
        query = request.query_params.dict()
        score, lead = query.get("score", "health"), query.get("lead", str(backtest.LEADS[0]))
        if score not in self.tests:
            raise ValidationError({"score": ["One of health, nps."]})
        if lead not in map(str, backtest.LEADS):
            raise ValidationError({"lead": [f"One of {', '.join(map(str, backtest.LEADS))}."]})
        if query.get("replays", "false") not in ("true", "false"):
            raise ValidationError({"replays": ["One of true, false."]})
        scope = scope_of(query, self.key, today())
        tested = (
            backtest.nps_backtest(scope, int(lead))
            if score == "nps"
            else backtest.health_backtest(scope, int(lead), with_replays=query.get("replays") == "true")
        )
        told = {name: getattr(tested, name) for name in (*tested.__slots__, "words", "verdict")}
        segments = [{"segment": segment, "test": test} for segment, test in tested.segments]
        about = {"segments": segments, "definition": backtest.DEFINITION, "window": scope.window}
        return Response(BacktestSerializer(told | about).data)


class DriversView(NarrowedView):
    """What goes along with a rating."""

    parameters = frozenset(each.name for each in (*NARROWED, OUTCOME))

    @extend_schema(
        operation_id="read_drivers", parameters=[*NARROWED, OUTCOME], responses=KeyDriversSerializer
    )
    def get(self, request: Request) -> Response:
        """Return the key drivers of a rating of one survey or programme among its other ratings."""
        query = request.query_params.dict()
        scope = scope_of(query, self.key, today())
        if not (scope.survey or scope.programme):
            raise ValidationError({"survey": ["Name a survey or a programme."]})
        found = drivers.key_drivers(scope, query.get("outcome", ""))
        if found is None:
            raise NotFound("Nothing like it was rated in these days.")
        told = {name: getattr(found, name) for name in found.__slots__}
        shown = {**told, "definition": drivers.DEFINITION, "window": scope.window}
        return Response(KeyDriversSerializer(shown).data)


class AnomaliesView(NarrowedView):
    """What is unusual lately."""

    @extend_schema(operation_id="list_anomalies", parameters=[*NARROWED], responses=AnomaliesSerializer)
    def get(self, request: Request) -> Response:
        """Return scores that drifted, and answers or invitations that stayed away, up to yesterday."""
        scope = scope_of(request.query_params.dict(), self.key, today())
        watch = anomalies.unusual_lately(scope)
        shown = {"results": watch.alarms, "tested": watch.tested}
        return Response(
            AnomaliesSerializer({**shown, "definition": anomalies.DEFINITION, "as_of": scope.today}).data
        )
