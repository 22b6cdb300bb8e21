"""The page of goals: what is to be reached by when, who answers for it, and how it stands today."""

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.admin.visibility import user_of
from metrics.formulas.targets import Track
from metrics.measures.targets import goals as goals_of

ORDER = (
    Track.MISSED,
    Track.BEHIND,
    Track.UNSURE,
    Track.UNKNOWN,
    Track.OPEN,
    Track.ON_TRACK,
    Track.REACHED,
)


def goals(request: HttpRequest) -> TemplateResponse:
    """Show the goals that the user may see, those that need somebody first."""
    viewer, today = user_of(request), timezone.localdate()
    found = goals_of(viewer, today)
    context = {
        **admin.site.each_context(request),
        "title": "Goals",
        "today": today,
        "goals": sorted(found, key=lambda goal: ORDER.index(goal.track)),
        "counts": [
            (track, count) for track in ORDER if (count := sum(goal.track is track for goal in found))
        ],
        "may_add": viewer.has_perm("metrics.add_target"),
        "may_change": viewer.has_perm("metrics.change_target"),
    }
    return TemplateResponse(request, "metrics/goals.html", context)
