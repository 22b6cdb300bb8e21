"""The page that says what health and NPS were worth: tested against renewals, with a forecast by band."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from metrics.formulas.days import months_later
from metrics.measures.backtest import DEFINITION, LEADS, health_backtest, nps_backtest
from metrics.measures.forecast import renewal_forecast
from metrics.measures.health import standings
from metrics.measures.outcomes import renewal_outcomes
from metrics.measures.renewals import coming_renewals
from metrics.measures.scope import Scope
from metrics.pages.planes import reliability_chart

MONTHS = {"12": 12, "24": 24, "36": 36}
DEFAULT = "24"
COMING_DAYS = 90


def backtest(request: HttpRequest) -> TemplateResponse:
    """Show whether health and NPS foretold the renewals of the accounts that the user sees."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("metrics.view_health"):
        raise PermissionDenied
    today = timezone.localdate()
    months = request.GET.get("months", DEFAULT)
    months = months if months in MONTHS else DEFAULT
    lead = next((each for each in LEADS if request.GET.get("lead") == str(each)), LEADS[0])
    with_replays = request.GET.get("replays") == "1"
    scope = Scope(viewer=viewer, today=today, start=months_later(today, -MONTHS[months]), end=today)
    decided = renewal_outcomes(scope)
    of_health = [health_backtest(scope, each, decided, with_replays=with_replays) for each in LEADS]
    of_nps = [nps_backtest(scope, each, decided) for each in LEADS]
    chosen = of_health[LEADS.index(lead)]
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "What the score is worth",
        "scope": scope,
        "months": months,
        "windows": MONTHS,
        "lead": lead,
        "leads": LEADS,
        "with_replays": with_replays,
        "tests": [("Health", of_health), ("NPS answers", of_nps)],
        "chosen": chosen,
        "definition": DEFINITION,
        "chart": reliability_chart(chosen.reliability),
    }
    if viewer.sees_revenue:
        due = coming_renewals(scope, COMING_DAYS)
        context |= {
            "forecast": renewal_forecast(due, standings(scope), chosen),
            "coming_days": COMING_DAYS,
        }
    return TemplateResponse(request, "metrics/backtest.html", context)
