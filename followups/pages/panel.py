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
# Closed cases are shown for so long; of very many cases the first are read, the unfinished before all others.
LATELY = timedelta(days=90)
READ = 200


def account_panel(request: HttpRequest, account: Account) -> str:
    """Return the HTML of the account's unfinished and lately closed follow-ups, '' without the right."""
    user = user_of(request)
    if not user.has_perm("followups.view_followup"):
        return ""
    today = timezone.localdate()
    lately = Q(closed_at=None) | Q(closed_at__date__gt=today - LATELY)
    rows = (
        FollowUp.objects.visible_to(user).filter(lately, account=account).select_related("owner", "contact")
    )
    cases = list(rows.order_by(F("closed_at").desc(nulls_first=True), "due_on", "pk")[:READ])
    context = {
        "account": account,
        "unfinished": [case for case in cases if not case.closed_at][:MOST],
        "closed": [case for case in cases if case.closed_at][:3],
        "today": today,
        "may_add": user.has_perm("followups.add_followup"),
    }
    return render_to_string("followups/_panel.html", context, request=request)
