"""What the page of an account shows of its follow-ups."""

from datetime import timedelta

from django.db.models import F, Q
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.admin.visibility import user_of
from accounts.models import Account
from followups.models import FollowUp

MOST = 10
MOST_CLOSED = 3
# Closed cases are shown for so long.
LATELY = timedelta(days=90)
SHOWN = (
    *("account", "about", "due_on", "state", "closed_at"),
    *("contact__account", "contact__name", "contact__email", "contact__external_id"),
    *("owner__first_name", "owner__last_name", "owner__email"),
)


def account_panel(request: HttpRequest, account: Account) -> str:
    """Return the HTML of the account's unfinished and lately closed follow-ups, '' without the right."""
    user = user_of(request)
    if not user.has_perm("followups.view_followup"):
        return ""
    today = timezone.localdate()
    rows = FollowUp.objects.visible_to(user).filter(account=account)
    open_first = rows.filter(closed_at=None).order_by("due_on", "pk").values("pk")[:MOST]
    lately = rows.filter(closed_at__date__gt=today - LATELY)
    newest = lately.order_by("-closed_at", "due_on", "pk").values("pk")[:MOST_CLOSED]
    # Chosen before any more is read of them: an account may have hundreds of cases.
    chosen = FollowUp.objects.filter(Q(pk__in=open_first) | Q(pk__in=newest))
    cases = list(
        chosen.select_related("owner", "contact")
        .only(*SHOWN)
        .order_by(F("closed_at").desc(nulls_first=True), "due_on", "pk")
    )
    context = {
        "account": account,
        "unfinished": [case for case in cases if not case.closed_at],
        "closed": [case for case in cases if case.closed_at],
        "today": today,
        "may_add": user.has_perm("followups.add_followup"),
    }
    return render_to_string("followups/_panel.html", context, request=request)
