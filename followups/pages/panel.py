"""What the page of an account shows of its follow-ups."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from accounts.admin.visibility import user_of
from accounts.models import Account
from followups.models import FollowUp

MOST = 10


def account_panel(request: HttpRequest, account: Account) -> str:
    """Return the HTML of the account's unfinished and lately closed follow-ups, '' without the right."""
    user = user_of(request)
    if not user.has_perm("followups.view_followup"):
        return ""
    rows = FollowUp.objects.visible_to(user).filter(account=account).select_related("owner", "contact")
    context = {
        "account": account,
        "unfinished": rows.unfinished()[:MOST],
        "closed": rows.filter(state=FollowUp.State.CLOSED).order_by("-closed_at")[:3],
        "today": timezone.localdate(),
        "may_add": user.has_perm("followups.add_followup"),
    }
    return render_to_string("followups/_panel.html", context, request=request)
