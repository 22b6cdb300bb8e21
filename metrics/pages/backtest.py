"""The page that says what health and NPS were worth: tested against renewals, with a forecast by band."""

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import User
from metrics.formulas.backtest import LEAST_LOSSES
from metrics.measures.backtest import DEFINITION, LEADS
from metrics.measures.forecast import renewal_forecast
from metrics.measures.foretold import Foretold, foretold, window_scope
from metrics.measures.health import bands
from metrics.measures.memory import remembered
from metrics.measures.renewals import BOOKS, coming_renewals
from metrics.measures.scope import Scope
from metrics.pages.basis import WINDOWS, Basis, read_basis
from metrics.pages.planes import reliability_chart

COMING_DAYS = 90


def backtest(request: HttpRequest) -> TemplateResponse:
    """Show whether health and NPS foretold the renewals of the accounts that the user sees."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("metrics.view_health"):
        raise PermissionDenied
    today = timezone.localdate()
    basis, faults = read_basis(request.GET)
    scope = window_scope(viewer, today, basis.months)
    found = foretold(scope, basis.months, with_replays=basis.with_replays)
    as_of = (found and found.as_of) or today
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Back-test",
        "viewer": viewer,
        "learnt_from": basis,
        "faults": faults,
        "window": window_scope(viewer, as_of, basis.months).window,
        "months": str(basis.months),
        "windows": WINDOWS,
        "lead": basis.lead,
        "leads": LEADS,
        "with_replays": basis.with_replays,
        "tested_of": behind_tests(viewer, as_of, basis.months, with_replays=basis.with_replays),
    }
    if found:
        context |= _told(scope, found, basis)
    return TemplateResponse(request, "metrics/backtest.html", context)


def behind_tests(
    viewer: User, as_of: date, months: int, *, with_replays: bool = False
) -> dict[str, object] | None:
    """Return what the renewals behind a back-test are asked by, None for whoever may not see them.

    When contracts end, and what is renewed of them, is revenue.
    """
    if not (viewer.sees_revenue and viewer.has_perms(("accounts.view_account", "metrics.view_health"))):
        return None
    return {"as_of": as_of, "months": months, "replays": int(with_replays)}


def _told(scope: Scope, found: Foretold, basis: Basis) -> dict[str, Any]:
    """Return what the page says of back-tests, and of coming renewals to who may see revenue."""
    chosen = found.health[basis.place]
    told: dict[str, Any] = {
        "found": found,
        "tests": [("Health", found.health), ("NPS answers", found.nps)],
        "chosen": chosen,
        "definition": DEFINITION,
        "least_losses": LEAST_LOSSES,
        "chart": reliability_chart(chosen.reliability),
    }
    if scope.viewer.sees_revenue:
        due = remembered(coming_renewals, scope, BOOKS, COMING_DAYS)
        told |= {
            "forecast": renewal_forecast(due, bands(scope), chosen),
            "coming_days": COMING_DAYS,
            "currency": settings.REPORTING_CURRENCY,
        }
    return told
