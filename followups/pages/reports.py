"""The reports as pages: what goes out by mail is read here first, exactly as its reader would get it."""

from datetime import date
from typing import Any

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.admin.visibility import user_of
from accounts.models import Account, Subscription, User
from accounts.posted import posted_from
from followups.models import Alert, Delivery, Mailing
from followups.reports.digest import weekly_digest
from followups.reports.monthly import monthly_report
from followups.reports.posting import Issue, NothingToTell, digest_issue, monthly_issue, post_now
from followups.reports.printing import can_print, pdf_of
from followups.reports.telling import moved_words
from metrics.formulas.days import months_later
from metrics.models import Score, Total
from metrics.pages.registry import Page

MONTHS = 12
ALERTS_A_PAGE = 25
READ = ("metrics.view_health",)


@require_safe
def reports(request: HttpRequest) -> TemplateResponse:
    """List the reports, when each goes out and to whom, and what the user was sent."""
    user, today = user_of(request), timezone.localdate()
    mailings = {mailing.kind: mailing for mailing in Mailing.objects.prefetch_related("roles")}
    is_mine = {kind: mailing.recipients().filter(pk=user.pk).exists() for kind, mailing in mailings.items()}
    context = {
        **admin.site.each_context(request),
        "title": "Reports",
        "months": _months(user, today),
        "mailings": mailings,
        "is_mine": is_mine,
        "may_change": user.has_perm("followups.change_mailing"),
        "told": [(alert, "") for alert in Alert.objects.of(user)[:5]],
        "deliveries": Delivery.objects.filter(user=user)[:10],
        "can_print": can_print(),
    }
    return TemplateResponse(request, "followups/reports/index.html", context)


@require_safe
@never_cache
def monthly(request: HttpRequest, month: str) -> HttpResponseBase:
    """Show the report of a month as its reader would get it, or give it as a PDF."""
    user, today = user_of(request), timezone.localdate()
    first = _first_of(month, today)
    report = monthly_report(user, first, with_all_rows=request.GET.get("rows") == "all")
    if request.GET.get("as") == "pdf":
        if not can_print():
            raise Http404("The extra “reports” that writes PDF is not installed.")
        headers = {"Content-Disposition": f'attachment; filename="customers-{month}.pdf"'}
        return HttpResponse(pdf_of(report), content_type="application/pdf", headers=headers)
    context = {
        **admin.site.each_context(request),
        "title": report.title,
        "report": report,
        "can_print": can_print(),
        "earlier": months_later(first, -1),
        "later": months_later(first, 1) if months_later(first, 2) <= today else None,
        "send_to": "" if report.is_quiet else reverse("send_monthly", args=[month]),
        "nothing": "There is nothing to tell of this month.",
    }
    return TemplateResponse(request, "followups/reports/report.html", context)


@require_safe
@never_cache
def digest(request: HttpRequest) -> TemplateResponse:
    """Show the digest of the last seven days: the user's own, or somebody's whose accounts the user sees."""
    user, today = user_of(request), timezone.localdate()
    reader = _reader(user, request.GET.get("of", ""))
    report = weekly_digest(reader, today)
    readers = _readers(user)
    context = {
        **admin.site.each_context(request),
        "title": report.title,
        "report": report,
        "reader": reader,
        "readers": readers,
        "send_to": reverse("send_digest") if reader == user and not report.is_quiet else "",
        "nothing": _quiet(reader, of_self=reader == user, has_choice=bool(readers)),
    }
    return TemplateResponse(request, "followups/reports/report.html", context)


def _quiet(reader: User, *, of_self: bool, has_choice: bool) -> str:
    """Return why the digest is empty: who has no accounts is not told that they had a quiet week."""
    if Account.objects.filter(reader.accounts_filter("")).exists():
        return "A quiet week: nothing moved and nobody waits. No mail goes out then."
    if of_self:
        choice = " Choose above whose digest to see." if has_choice else ""
        return f"You have no accounts of your own, so there is no digest for you.{choice}"
    return f"{reader} has no accounts, so there is no digest."


@require_safe
def alerts(request: HttpRequest) -> TemplateResponse:
    """Show what really moved, the newest first."""
    user = user_of(request)
    page = Paginator(Alert.objects.of(user), ALERTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        **admin.site.each_context(request),
        "title": "Alerts",
        "page": page,
        "told": [(alert, moved_words(alert) if alert.survey else "") for alert in page.object_list],
    }
    return TemplateResponse(request, "followups/reports/alerts.html", context)


@posted_from("monthly_report", "month")
def send_monthly(request: HttpRequest, month: str) -> HttpResponseRedirect:
    """Send the report of a month to the user, now."""
    return _sent(request, monthly_issue(_first_of(month, timezone.localdate())))


@posted_from("digest")
def send_digest(request: HttpRequest) -> HttpResponseRedirect:
    """Send the user their digest, now."""
    return _sent(request, digest_issue(timezone.localdate()))


def _sent(request: HttpRequest, issue: Issue) -> HttpResponseRedirect:
    user = user_of(request)
    try:
        fault = post_now(issue, user)
    except NothingToTell:
        messages.info(request, "There is nothing to tell, so nothing was sent.")
        return HttpResponseRedirect(issue.path)
    if fault:
        messages.error(request, f"The mail server did not take it: {fault}")
    else:
        messages.success(request, f"Sent to {user.email}.")
    return HttpResponseRedirect(issue.path)


def _months(user: User, today: date) -> list[date]:
    """Return the first days of the months to read about, the newest first: none before the first data."""
    paid = Subscription.objects.visible_to(user).aggregate(first=Min("starts_on"))["first"]
    known = min(filter(None, (_first_answered(user), paid)), default=today)
    months = [months_later(today.replace(day=1), -back) for back in range(1, MONTHS + 1)]
    return [month for month in months if months_later(month, 1) > known]


def _first_answered(user: User) -> date | None:
    """Return the day of the first answer that the user may know of, of all accounts to the month."""
    if user.sees_all_accounts:
        found = Total.objects.aggregate(first=Min("begins"))
    else:
        found = Score.objects.visible_to(user).aggregate(first=Min("day"))
    first: date | None = found["first"]
    return first


def _first_of(month: str, today: date) -> date:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise Http404 from None
    if first >= today.replace(day=1) or first < months_later(today, -120):
        raise Http404
    return first


def _readers(user: User) -> Any:
    """Return whose digest the user may look at: everybody's, for who sees all that could be in it."""
    if not (user.sees_all_accounts and user.sees_revenue and user.sees_people):
        return User.objects.none()
    owners = User.objects.filter(is_active=True, pk__in=Mailing.digest_readers())
    return owners.exclude(pk=user.pk).order_by("first_name", "email")


def _reader(user: User, asked: str) -> User:
    if not asked:
        return user
    if not asked.isdecimal():
        raise Http404
    reader: User = get_object_or_404(_readers(user), pk=int(asked[:9]))
    return reader


PAGES = (
    Page("reports", "reports/", reports, READ, "Reports", "summarize"),
    Page("monthly_report", "reports/monthly/<str:month>/", monthly, READ),
    Page("digest", "reports/digest/", digest, READ),
    Page("alerts", "reports/alerts/", alerts, READ),
    Page("send_monthly", "reports/monthly/<str:month>/send/", send_monthly, READ),
    Page("send_digest", "reports/digest/send/", send_digest, READ),
)
