"""A person's word on a health: said and withdrawn on the page of the account."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.models import Account, User
from metrics.actions.overrides import OverrideRefused, override_health, withdraw_override
from metrics.pages.forms import OverrideForm


@require_POST
def override(request: HttpRequest, pk: int) -> HttpResponseRedirect:
    """Set or withdraw the override of an account that the user sees, and lead back to its page."""
    viewer = request.user
    if not isinstance(viewer, User) or not viewer.has_perm("metrics.add_healthoverride"):
        raise PermissionDenied
    account = get_object_or_404(Account.objects.visible_to(viewer), pk=pk)
    now = timezone.now()
    if "withdraw" in request.POST:
        withdraw_override(account, by=viewer, now=now)
        messages.success(request, "The override has ended; the health is that of its parts again.")
        return HttpResponseRedirect(account.get_absolute_url())
    form = OverrideForm(timezone.localdate(now), request.POST)
    try:
        if not form.is_valid():
            raise OverrideRefused(" ".join(_complaints(form)))
        override_health(account, author=viewer, now=now, **form.cleaned_data)
    except OverrideRefused as refused:
        messages.error(request, f"Not overridden. {refused}")
    else:
        messages.success(request, "Overridden from today on.")
    return HttpResponseRedirect(account.get_absolute_url())


def _complaints(form: OverrideForm) -> list[str]:
    return [f"{form[name].label}: {each}" for name, faults in form.errors.items() for each in faults]
