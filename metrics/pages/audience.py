"""Who is in an audience: how many, which part of the revenue, and who cannot be asked today and why."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Account, Contact, User
from metrics.formulas.money import ZERO
from metrics.measures.exchange import rates_on
from metrics.measures.revenue import arr_on
from surveys.admin.audience_form import conditions_typed
from surveys.asking.audiences import AudienceRefused, matching, read_conditions
from surveys.asking.days import local_day
from surveys.asking.standing import Candidate, standing_of
from surveys.models import Audience

SAMPLE, LEFT_A_PAGE = 20, 50


def audience(request: HttpRequest, pk: int) -> TemplateResponse:
    """Show who is in an audience now, over the accounts that the user sees, and each who is left out."""
    viewer = _viewer(request)
    found = get_object_or_404(Audience, pk=pk)
    context = {**admin.site.each_context(request), "title": found.name, "audience": found}
    left: list[Candidate] = []
    try:
        who, left = _who(found.conditions, viewer, timezone.now(), audience=found.pk)
        context |= who
    except AudienceRefused as refused:
        context["refused"] = str(refused)
    left.sort(key=lambda one: (one.contact.name, one.contact.pk))
    context["page"] = Paginator(left, LEFT_A_PAGE).get_page(request.GET.get("page"))
    return TemplateResponse(request, "metrics/audience.html", context)


@require_POST
def audience_typed(request: HttpRequest) -> TemplateResponse:
    """Show who would be in an audience of the conditions that were typed; nothing is stored."""
    viewer = _viewer(request)
    raw = request.POST.get("audience", "")
    own = Audience.objects.filter(pk=raw).first() if raw.isdecimal() and len(raw) < 19 else None
    try:
        typed = list(conditions_typed(request.POST))
        context, _ = _who(typed, viewer, timezone.now(), audience=own.pk if own else None)
    except AudienceRefused as refused:
        context = {"refused": str(refused)}
    return TemplateResponse(request, "metrics/_audience_typed.html", context)


def _viewer(request: HttpRequest) -> User:
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("surveys.view_audience"):
        raise PermissionDenied
    return viewer


def _who(
    document: Any, viewer: User, now: datetime, *, audience: int | None
) -> tuple[dict[str, Any], list[Candidate]]:
    """Return what is shown of the contacts for whom conditions hold, and those who cannot be asked today."""
    today = local_day(now)
    conditions = read_conditions(document)
    if not viewer.sees_revenue and any(condition.field.needs_revenue for condition in conditions):
        raise AudienceRefused("It is chosen by amounts of money, which you may not see.")
    contacts = matching(conditions, now=now, audience=audience).visible_to(viewer)
    everyone = Contact.objects.visible_to(viewer)
    roles = dict(contacts.order_by().values_list("role").annotate(Count("pk")))
    of_all = dict(everyone.order_by().values_list("role").annotate(Count("pk")))
    left = [one for one in standing_of(contacts.iterator(2000), today) if one.block]
    reasons = Counter(one.block.reason for one in left if one.block)
    count = contacts.count()
    context = {
        "conditions": conditions,
        "count": count,
        "may_be_asked": count - len(left),
        "accounts": contacts.order_by().values("account").distinct().count(),
        "roles": [(label, roles.get(role, 0), of_all.get(role, 0)) for role, label in Contact.Role.choices],
        "revenue": _revenue(contacts.order_by().values("account"), viewer, today)
        if viewer.sees_revenue
        else None,
        "sample": list(standing_of(contacts.order_by("name", "pk")[:SAMPLE], today)),
        "reasons": reasons.most_common(),
        "left_count": len(left),
    }
    return context, left


def _revenue(accounts: Any, viewer: User, today: date) -> tuple[Decimal, Decimal]:
    """Return the ARR of the accounts in the audience and of all that the user sees, as far as it is known."""
    seen = Account.objects.visible_to(viewer)
    rates = rates_on(today)
    inside = arr_on(today, seen.filter(pk__in=accounts), rates)
    return _sum(inside.by_account.values()), _sum(arr_on(today, seen, rates).by_account.values())


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount), ZERO)
