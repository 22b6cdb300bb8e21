"""A person's word on a health: said and withdrawn on the page of the account."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils import timezone

from accounts.models import Account, User
from accounts.posted import posted_from
from metrics.actions.overrides import OverrideRefused, override_health, withdraw_override
from metrics.pages.account import account as account_page
from metrics.pages.forms import OverrideForm


@posted_from("account", "pk")
def override(request: HttpRequest, pk: int) -> HttpResponse:
    """Set or withdraw the override of an account that the user sees and lead back to its page.

    What is refused shows there as it was filled in, with what is wrong.
    """
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
    if form.is_valid():
        try:
            override_health(account, author=viewer, now=now, **form.cleaned_data)
        except OverrideRefused as refused:
            form.add_error(None, str(refused))
    if form.errors:
        return account_page(request, pk, override_form=form)
    messages.success(request, "Overridden from today on.")
    return HttpResponseRedirect(account.get_absolute_url())
