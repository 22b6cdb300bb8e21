"""What Home shows of the follow-ups: how many wait, and those that are due first."""

from datetime import timedelta
from urllib.parse import urlencode

from django.db.models import Count, Q, Window
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse

from accounts.admin.visibility import user_of
from followups.models import FollowUp
from metrics.measures.scope import Scope

MOST = 8
SHOWN = (
    *("about", "due_on", "state", "account__name", "account__external_id"),
    *("owner__first_name", "owner__last_name", "owner__email"),
)


def home_panel(request: HttpRequest, scope: Scope) -> str:
    """Return the HTML of the unfinished follow-ups of the accounts in question, '' without the right.

    In one query. The counts lead to the list of follow-ups, which is not narrowed as Home may be.
    """
    user = user_of(request)
    if not user.has_perm("followups.view_followup"):
        return ""
    rows = FollowUp.objects.visible_to(user).unfinished()
    if scope.is_narrowed:
        rows = rows.filter(account__in=scope.accounts)
    late = Q(due_on__lt=scope.today)
    cases = list(
        rows.select_related("account", "owner")
        .only(*SHOWN)
        .annotate(waiting=Window(Count("pk")), late=Window(Count("pk", filter=late)))
        .order_by("due_on", "pk")[:MOST]
    )
    address = "" if scope.is_narrowed else reverse("admin:followups_followup_changelist")
    state = [("state__exact", each.value) for each in FollowUp.State if each is not FollowUp.State.CLOSED]
    context = {
        "cases": cases,
        "waiting": cases[0].waiting if cases else 0,
        "late": cases[0].late if cases else 0,
        "today": scope.today,
        "all_waiting": address and f"{address}?{urlencode(state)}",
        "all_late": address
        and f"{address}?{urlencode([*state, ('due_on_to', scope.today - timedelta(days=1))])}",
    }
    return render_to_string("followups/_home.html", context, request=request)
