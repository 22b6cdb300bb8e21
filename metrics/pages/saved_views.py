"""One's own views of a list: kept under a name, and forgotten."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseRedirect, QueryDict
from django.urls import reverse

from accounts.admin.visibility import user_of
from accounts.posted import posted_from
from metrics.actions.saved_views import ViewRefused, forget_view, save_view
from metrics.pages.portfolio import NAME


@posted_from(NAME)
def saved_views(request: HttpRequest) -> HttpResponseRedirect:
    """Save the view that the address names, or forget one, and lead back to it."""
    viewer, query = user_of(request), QueryDict(request.POST.get("query", "")).urlencode()
    name = request.POST.get("name", "")
    if "forget" in request.POST:
        if forget_view(viewer, page=NAME, name=name):
            messages.success(request, f"The view “{name}” is gone; its accounts are not.")
    else:
        try:
            made = save_view(viewer, page=NAME, name=name, query=query)
        except ViewRefused as refused:
            messages.error(request, f"Not saved. {refused}")
        else:
            messages.success(request, f"Saved as “{made.name}”.")
    return HttpResponseRedirect(f"{reverse(NAME)}?{query}")
