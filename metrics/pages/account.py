"""The page of one account: who they are, how they are, what they say and who keeps silent."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Account, User
from metrics.formulas.days import trailing
from metrics.measures.answers import read_answers
from metrics.measures.confidentiality import confidential_surveys
from metrics.measures.coverage import by_role, contacts_heard
from metrics.measures.exchange import rates_on
from metrics.measures.renewals import coming_renewals
from metrics.measures.revenue import arr_on
from metrics.measures.scope import Scope
from metrics.measures.sentiment import by_programme, measure_of, trend
from metrics.measures.voices import voices
from metrics.pages.account_health import health_of
from metrics.pages.charts import trend_chart
from metrics.pages.panels import account_panels
from surveys.models import Response

KINDS = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}
TREND_MONTHS = 24
# Far enough to find the next renewal of a contract of several years.
RENEWAL_DAYS = 5 * 365
RESPONSES_A_PAGE = 20


def account(request: HttpRequest, pk: int) -> TemplateResponse:
    """Show the account; whoever may not see it learns nothing, not even that it exists."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("accounts.view_account"):
        raise PermissionDenied
    rows = Account.objects.visible_to(viewer).select_related("owner", "team")
    shown = get_object_or_404(rows, pk=pk)
    today = timezone.localdate()
    scope = Scope.of_answers(viewer, today, account=shown)
    context = {
        **admin.site.each_context(request),
        "title": shown.name,
        "account": shown,
        "parent": Account.objects.visible_to(viewer).filter(pk=shown.parent_id).first(),
        "today": today,
        **health_of(request, scope),
        **_sentiment(scope),
        **_coverage(scope),
        **_timeline(request, scope),
        "panels": account_panels(request, shown),
    }
    if viewer.sees_revenue:
        context |= _revenue(scope)
    return TemplateResponse(request, "metrics/account.html", context)


def _sentiment(scope: Scope) -> dict[str, Any]:
    """Return each measure of the last twelve months with its trend by quarter over two years."""
    year = read_answers(scope, KINDS)
    long = scope.between(trailing(scope.end, TREND_MONTHS).start, scope.end)
    quarters = read_answers(long, KINDS, by="quarter")
    rows = []
    for kind, name in KINDS.items():
        points = trend(long, quarters, kind, "quarter")
        rows.append((name, measure_of(scope, year, kind), points, trend_chart(points, name, "quarter")))
    return {"sentiment": rows, "programmes": by_programme(scope, year, "nps")}


def _coverage(scope: Scope) -> dict[str, Any]:
    heard = contacts_heard(scope)
    return {"contacts": heard, "coverage": by_role(heard)}


def _timeline(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    rows = (
        Response.objects.visible_to(scope.viewer)
        .filter(account=scope.account)
        .exclude(survey__in=confidential_surveys(scope))
        .select_related("survey", "contact", "account")
        .order_by("-started_at", "-pk")
    )
    page = Paginator(rows, RESPONSES_A_PAGE).get_page(request.GET.get("page"))
    return {"page": page, "voices": voices(page.object_list)}


def _revenue(scope: Scope) -> dict[str, Any]:
    arr = arr_on(scope.today, scope.accounts, rates_on(scope.today))
    due = coming_renewals(scope, RENEWAL_DAYS)
    return {"arr": arr, "arr_amount": arr.total, "renewal": due[0] if due else None}
