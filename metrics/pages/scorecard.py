"""The page of the scorecard: what health is weighed by, what another would do, and what was in force when."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.admin.visibility import user_of
from accounts.models import User
from metrics.actions.scorecards import ScorecardUnchanged, activate_scorecard, current_card
from metrics.formulas.days import months_later
from metrics.formulas.scorecards import Card, content_hash, rules_to_json, weights_to_json
from metrics.measures.previews import Preview, preview, proposed
from metrics.measures.scope import Scope
from metrics.measures.scorecard_history import scorecard_versions
from metrics.pages.backtest import behind_tests
from metrics.pages.forms import ScorecardForm

# Renewals of two years back a scorecard up; earlier ones tell of another company.
BACKTEST_MONTHS = 24
ROWS = 20


@require_http_methods(["GET", "HEAD", "POST"])
def scorecard(request: HttpRequest) -> HttpResponse:
    """Show the scorecard, and what the one in the address would do: a preview is a link, and stores nothing.

    Whoever may write one puts in force what they looked at. A preview is for who may see revenue: with all
    the weight on it, the scores would tell how the revenue of every account moved (SECURITY T19).
    """
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("metrics.view_scorecard"):
        raise PermissionDenied
    current = current_card()
    may_preview = viewer.has_perm("metrics.view_health") and viewer.sees_revenue
    may_change = viewer.has_perm("metrics.add_scorecard") and may_preview
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Scorecard",
        "versions": scorecard_versions(),
        "may_change": may_change,
        "form": ScorecardForm(current),
    }
    scope = _scope(viewer)
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        form = context["form"] = ScorecardForm(current, request.POST)
        is_valid = form.is_valid()
        if form.card:
            previewed = _previewed(current, form.card)
            # Only what was looked at is put in force: whoever changed it, or the card below it, looks again.
            is_seen = request.POST.get("previewed") == previewed
            if is_valid and is_seen and request.POST.get("do") == "activate":
                return _activated(request, viewer, form.card, form.cleaned_data["note"])
            context |= _shown(request, preview(scope, current, form.card)) | {"previewed": previewed}
            context["is_to_be_seen_again"] = "previewed" in request.POST and not is_seen
    elif request.GET.get("do") == "preview":
        form = context["form"] = ScorecardForm(current, request.GET)
        if not may_preview:
            context["is_withheld"] = True
        elif form.is_valid() and form.card:
            previewed = _previewed(current, form.card)
            context |= _shown(request, preview(scope, current, form.card)) | {"previewed": previewed}
    elif "proposed" in request.GET and may_change:
        better = proposed(scope, current)
        context |= {"was_proposed": True, "is_better": better is not None}
        if better:
            context["form"] = ScorecardForm(current, shown=better)
    return TemplateResponse(request, "metrics/scorecard.html", context)


def _shown(request: HttpRequest, found: Preview) -> dict[str, Any]:
    """Return a preview with the accounts that are asked for: those of one flow, else who changes band."""
    before, _, after = request.GET.get("flow", "").partition("-")
    is_flow = any((each[0], each[1]) == (before, after) for each in found.flows)
    listed = found.of_flow(before, after) if is_flow else found.moved
    return {
        "preview": found,
        "flow": (before, after) if is_flow else None,
        # Scored by another card, but the same renewals.
        "tested_of": behind_tests(user_of(request), timezone.localdate(), BACKTEST_MONTHS),
        "page": Paginator(listed, ROWS).get_page(request.GET.get("page")),
        # What is sent by a form and not by the address is no link.
        "is_linked": request.method != "POST",
    }


def _activated(request: HttpRequest, viewer: User, card: Card, note: str) -> HttpResponse:
    try:
        made = activate_scorecard(card, author=viewer, note=note, now=timezone.now())
    except ScorecardUnchanged:
        messages.info(request, "Nothing was changed: the scorecard in force says the same.")
    else:
        messages.success(
            request, f"{made} is in force from today on. The health of accounts follows tonight."
        )
    return HttpResponseRedirect(reverse("scorecard"))


def _scope(viewer: User) -> Scope:
    today = timezone.localdate()
    return Scope(viewer=viewer, today=today, start=months_later(today, -BACKTEST_MONTHS), end=today)


def _previewed(current: Card, card: Card) -> str:
    """Return what tells one preview from another: the card, and the one that it is compared with."""
    return "-".join(content_hash(weights_to_json(each), rules_to_json(each)) for each in (current, card))
