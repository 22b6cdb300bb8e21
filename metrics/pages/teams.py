"""The page of teams: the same figures for each team and each owner, and the praise that they earned."""

from collections import defaultdict
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse

from accounts.admin.visibility import user_of
from accounts.models import User
from metrics.measures.history import COMING_DAYS
from metrics.measures.teams import by_people, praise
from metrics.measures.voices import Voice
from metrics.pages.filters import read_filters

PRAISE = 30


def teams(request: HttpRequest) -> TemplateResponse:
    """Show how the accounts that the user sees are by team and by owner."""
    viewer = user_of(request)
    filters = read_filters(request, "segment", "tier", "region", default="12m", windows=("12m",))
    by_team, by_owner = by_people(filters.scope)
    earned: dict[int, list[Voice]] = defaultdict(list)
    for voice in praise(filters.scope, PRAISE):
        if voice.account and voice.account.owner_id:
            earned[voice.account.owner_id].append(voice)
    people = User.objects.in_bulk(earned)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Teams",
        "filters": filters,
        "groups": [("team", "Teams", by_team), ("owner", "Owners", by_owner)],
        "sees_revenue": viewer.sees_revenue,
        "currency": settings.REPORTING_CURRENCY,
        "coming_days": COMING_DAYS,
        "kudos": [(people[owner], earned[owner]) for owner in earned],
    }
    return TemplateResponse(request, "metrics/teams.html", context)
