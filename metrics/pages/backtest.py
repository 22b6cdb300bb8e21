"""The page that says what health and NPS were worth: tested against renewals, with a forecast by band."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from metrics.measures.backtest import DEFINITION, LEADS
from metrics.measures.forecast import renewal_forecast
from metrics.measures.foretold import MONTHS, foretold, window_scope
from metrics.measures.health import bands
from metrics.measures.renewals import coming_renewals
from metrics.pages.planes import reliability_chart

WINDOWS = {str(months): months for months in MONTHS}
DEFAULT = "24"
COMING_DAYS = 90


def backtest(request: HttpRequest) -> TemplateResponse:
    """Show whether health and NPS foretold the renewals of the accounts that the user sees."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("metrics.view_health"):
        raise PermissionDenied
    today = timezone.localdate()
    months = request.GET.get("months", DEFAULT)
    months = months if months in WINDOWS else DEFAULT
    lead = next((each for each in LEADS if request.GET.get("lead") == str(each)), LEADS[0])
    with_replays = request.GET.get("replays") == "1"
    scope = window_scope(viewer, today, WINDOWS[months])
    found = foretold(scope, WINDOWS[months], with_replays=with_replays)
    chosen = found.health[LEADS.index(lead)]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "What the score is worth",
        "scope": scope,
        "months": months,
        "windows": WINDOWS,
        "lead": lead,
        "leads": LEADS,
        "with_replays": with_replays,
        "tests": [("Health", found.health), ("NPS answers", found.nps)],
        "found_at": found.found_at,
        "chosen": chosen,
        "definition": DEFINITION,
        "chart": reliability_chart(chosen.reliability),
    }
    if viewer.sees_revenue:
        due = coming_renewals(scope, COMING_DAYS)
        context |= {
            "forecast": renewal_forecast(due, bands(scope), chosen),
            "coming_days": COMING_DAYS,
        }
    return TemplateResponse(request, "metrics/backtest.html", context)
