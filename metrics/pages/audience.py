"""Who is in an audience: how many, which part of the revenue, and who cannot be asked today and why."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.models import Account, Contact, User
from metrics.formulas.money import ZERO
from metrics.measures.exchange import rates_on
from metrics.measures.revenue import arr_on
from surveys.asking.audiences import AudienceRefused, contacts_of, read_conditions
from surveys.asking.standing import standing_of
from surveys.models import Audience

SAMPLE = 20


def audience(request: HttpRequest, pk: int) -> TemplateResponse:
    """Show who is in an audience now, over the accounts that the user sees."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("surveys.view_audience"):
        raise PermissionDenied
    found = get_object_or_404(Audience, pk=pk)
    context = {**admin.site.each_context(request), "title": found.name, "audience": found}
    try:
        context |= _who(found, viewer, timezone.now())
    except AudienceRefused as refused:
        context["refused"] = str(refused)
    return TemplateResponse(request, "metrics/audience.html", context)


def _who(found: Audience, viewer: User, now: Any) -> dict[str, Any]:
    today = now.astimezone(settings.REPORTING_ZONE).date()
    conditions = read_conditions(found.conditions)
    if not viewer.sees_revenue and any(condition.field.needs_revenue for condition in conditions):
        raise AudienceRefused("It is chosen by amounts of money, which you may not see.")
    contacts = contacts_of(found, now=now).visible_to(viewer)
    everyone = Contact.objects.visible_to(viewer)
    roles = dict(contacts.order_by().values_list("role").annotate(Count("pk")))
    of_all = dict(everyone.order_by().values_list("role").annotate(Count("pk")))
    reasons = Counter(one.block.reason for one in standing_of(contacts.iterator(2000), today) if one.block)
    sample = standing_of(contacts.order_by("name", "pk")[:SAMPLE], today)
    count = contacts.count()
    return {
        "conditions": conditions,
        "count": count,
        "may_be_asked": count - reasons.total(),
        "accounts": contacts.order_by().values("account").distinct().count(),
        "roles": [(label, roles.get(role, 0), of_all.get(role, 0)) for role, label in Contact.Role.choices],
        "revenue": _revenue(contacts.order_by().values("account"), viewer, today)
        if viewer.sees_revenue
        else None,
        "sample": [(one.contact, one.block.reason if one.block else "") for one in sample],
        "reasons": reasons.most_common(),
        "left_count": reasons.total(),
    }


def _revenue(accounts: Any, viewer: User, today: date) -> tuple[Decimal, Decimal]:
    """Return the ARR of the accounts in the audience and of all that the user sees, as far as it is known."""
    seen = Account.objects.visible_to(viewer)
    rates = rates_on(today)
    inside = arr_on(today, seen.filter(pk__in=accounts), rates)
    return _sum(inside.by_account.values()), _sum(arr_on(today, seen, rates).by_account.values())


def _sum(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount), ZERO)
