"""The page of one account: who they are, how they are, what they say and who keeps silent."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Subquery
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Account, Contact, User
from metrics.formulas.days import trailing
from metrics.measures.asked import Asked, answers_of, asked_of, nps_by_programme
from metrics.measures.coverage import Hearing, by_role, contacts_heard
from metrics.measures.ledger import Ledger
from metrics.measures.levels import arr_levels
from metrics.measures.renewals import coming_renewals
from metrics.measures.scope import Scope
from metrics.measures.sentiment import measure_of, trend
from metrics.measures.signals import newest_signals
from metrics.measures.voices import voices
from metrics.models import HealthOverride
from metrics.pages.account_health import health_of
from metrics.pages.account_notes import RefusedNote, notes_of
from metrics.pages.charts import levels_chart, trend_chart
from metrics.pages.forms import OverrideForm
from metrics.pages.panels import account_panels
from surveys.models import Invitation, Response

KINDS = {"nps": "NPS", "csat": "CSAT", "ces": "CES"}
# What a cell of the coverage counts.
VOICES: Mapping[str, Sequence[Hearing]] = {
    "asked": (Hearing.ANSWERED, Hearing.SILENT),
    **{each.value: (each,) for each in Hearing},
}
TREND_MONTHS = 24
# Far enough to find the next renewal of a contract of several years.
RENEWAL_DAYS = 5 * 365
RESPONSES_A_PAGE = 20
# Without answers, words and looks, which are long documents.
OF_RESPONSES = (
    *("account", "public_id", "started_at", "submitted_at", "is_test", "survey__slug", "survey__title"),
    *("contact__account", "contact__name", "contact__email", "contact__external_id"),
)
# Who turns more pages than that searches instead; skipping rows is not free.
MOST_PAGES = 500
INVITATIONS = 15
OF_INVITATIONS = (
    *("sent_at", "planned_for", "revoked_at", "bounced_at", "answered_on", "campaign__name"),
    *("survey__title", "contact__name", "contact__email", "contact__external_id"),
)


def account(
    request: HttpRequest,
    pk: int,
    *,
    override_form: OverrideForm | None = None,
    refused_note: RefusedNote | None = None,
) -> TemplateResponse:
    """Show the account; whoever may not see it learns nothing, not even that it exists.

    A form of the page that was refused is shown as it was filled in, with what is wrong.
    """
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("accounts.view_account"):
        raise PermissionDenied
    rows = Account.objects.visible_to(viewer).select_related("owner", "team", "parent")
    overrides = HealthOverride.objects.filter(account=OuterRef("pk"))
    shown = get_object_or_404(rows.annotate(has_overrides=Exists(overrides)), pk=pk)
    today = timezone.localdate()
    scope = Scope.of_answers(viewer, today, account=shown)
    asked = asked_of(shown)
    context = {
        **admin.site.each_context(request),
        "currency": settings.REPORTING_CURRENCY,
        "title": shown.name,
        "account": shown,
        "parent": _parent(shown, viewer),
        "today": today,
        **health_of(request, scope, has_overrides=shown.has_overrides, form=override_form),
        **_sentiment(scope, asked),
        **_coverage(request, scope),
        **_timeline(request, scope, asked),
        **notes_of(request, shown, refused_note),
        "signals": newest_signals(scope) if viewer.has_perm("accounts.view_signal") else [],
        "panels": account_panels(request, shown),
    }
    if viewer.has_perm("surveys.view_invitation"):
        context["invitations"] = _invitations(scope)
    if viewer.sees_revenue:
        context |= _revenue(scope)
    return TemplateResponse(request, "metrics/account.html", context)


def _parent(shown: Account, viewer: User) -> Account | None:
    """Return the company above, None where the viewer does not see it."""
    if shown.parent is None or viewer.sees_all_accounts:
        return shown.parent
    return Account.objects.visible_to(viewer).filter(pk=shown.parent.pk).first()


def _sentiment(scope: Scope, asked: Asked) -> dict[str, Any]:
    """Return each measure of the last twelve months with its trend by quarter over two years."""
    long = scope.between(trailing(scope.end, TREND_MONTHS).start, scope.end)
    assert scope.start
    year, quarters = answers_of(long, KINDS, asked, scope.start)
    rows = []
    for kind, name in KINDS.items():
        points = trend(long, quarters, kind, "quarter")
        rows.append((name, measure_of(scope, year, kind), points, trend_chart(points, name, "quarter")))
    return {
        "sentiment": rows,
        "sentiment_notes": asked.notes,
        "programmes": nps_by_programme(scope, year, asked),
    }


def _coverage(request: HttpRequest, scope: Scope) -> dict[str, Any]:
    """Return the contacts, how many of each role are heard, and those that the address asks for."""
    heard = contacts_heard(scope)
    role, voice = request.GET.get("role", ""), request.GET.get("voice", "")
    faults = []
    if role and role not in Contact.Role.values:
        faults.append(f"There is no role “{role[:60]}”: left out.")
        role = ""
    if voice and voice not in VOICES:
        faults.append(f"There is no voice “{voice[:60]}”: left out.")
        voice = ""
    listed = [
        each
        for each in heard
        if role in ("", each.contact.role) and each.hearing in VOICES.get(voice, [*Hearing])
    ]
    return {
        "contacts": heard,
        "coverage": by_role(heard),
        "listed": listed,
        "listed_of": " ".join(filter(None, (voice, role and f"{Contact.Role(role).label}s"))),
        "contact_faults": faults,
    }


def _timeline(request: HttpRequest, scope: Scope, asked: Asked) -> dict[str, Any]:
    """Return one page of the responses, newest first, and the numbers of the pages beside it."""
    text = request.GET.get("page", "1")
    page = min(int(text[:9]), MOST_PAGES) if text.isascii() and text.isdigit() and int(text[:9]) > 0 else 1
    order = ("-started_at", "-pk")
    rows = Response.objects.visible_to(scope.viewer).filter(account=scope.account)
    rows = rows.exclude(survey__in=asked.confidential).order_by(*order)
    first = (page - 1) * RESPONSES_A_PAGE
    # Chosen before any more is read of them: every contact was joined with every response of the account.
    shown = Response.objects.filter(pk__in=rows.values("pk")[first : first + RESPONSES_A_PAGE + 1])
    found = list(shown.select_related("survey", "contact").only(*OF_RESPONSES).order_by(*order))
    for response in found:
        response.account = scope.account
    return {
        "voices": voices(found[:RESPONSES_A_PAGE], asked),
        "page": page,
        "newer": page - 1,
        "older": page + 1 if len(found) > RESPONSES_A_PAGE else 0,
    }


def _invitations(scope: Scope) -> Any:
    """Return the newest invitations of the account's contacts."""
    order = ("-created_at", "-pk")
    rows = Invitation.objects.visible_to(scope.viewer).filter(contact__account=scope.account)
    newest = Invitation.objects.filter(pk__in=rows.order_by(*order).values("pk")[:INVITATIONS])
    answered = Response.objects.completed().filter(invitation=OuterRef("pk"))
    return (
        newest.select_related("contact", "survey", "campaign")
        .only(*OF_INVITATIONS)
        .annotate(answered_at=Subquery(answered.values("submitted_at")[:1]))
        .order_by(*order)
    )


def _revenue(scope: Scope) -> dict[str, Any]:
    ledger = Ledger(scope)
    levels = arr_levels(ledger, TREND_MONTHS)
    rates = ledger.rates(scope.today)
    due = coming_renewals(scope, RENEWAL_DAYS, rates=rates)
    return {
        "arr": ledger.arr(scope.today, rates),
        "levels": levels,
        "levels_chart": levels_chart(levels),
        "renewal": due[0] if due else None,
    }
