from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.views import ApiView
from metrics.api.scopes import DOCUMENTED, scope_of
from metrics.api.views import today
from metrics.measures.themes import themes

ASKED = tuple(each for each in DOCUMENTED if each.name not in ("by", "compare", "as_known_on"))


class ThemeSerializer(serializers.Serializer[Any]):
    """One theme of comments."""

    name = serializers.CharField()
    comments = serializers.IntegerField()
    negative = serializers.IntegerField()
    neutral = serializers.IntegerField()
    positive = serializers.IntegerField()
    accounts = serializers.IntegerField()
    arr = serializers.FloatField(
        allow_null=True, help_text="Of the accounts that say it; null without the scope."
    )


class ThemesSerializer(serializers.Serializer[Any]):
    """What comments are about, and how many of them say nothing that is known."""

    themes = ThemeSerializer(many=True)
    comments = serializers.IntegerField()
    without_theme = serializers.IntegerField()
    without_mood = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())


class ThemesView(ApiView):
    """What comments are about."""

    resource = "metrics"
    parameters = frozenset(each.name for each in ASKED)

    @extend_schema(operation_id="read_themes", parameters=[*ASKED], responses=ThemesSerializer)
    def get(self, request: Request) -> Response:
        """Return the themes of the comments of a scope, those named most first.

        Comments of confidential surveys are left out; the ARR that a theme touches needs the scope `revenue`.
        """
        scope = scope_of(request.query_params.dict(), self.key, today())
        return Response(ThemesSerializer(themes(scope)).data)
