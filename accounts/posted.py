"""Forms that are sent to an address of their own, from a page that shows them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

View = Callable[..., HttpResponseBase]

NOT_DONE = "Nothing was done: that address takes what a button sends. Please use the button on this page."
# Django refuses to lead to an address of more than 16,384 characters, browsers and proxies to less.
LONGEST_QUERY = 8000


def posted_from(page: str, *of: str) -> Callable[[View], View]:
    """Return a decorator for the view that takes a form of the named page, found by these of its arguments.

    Whoever comes there without the form, after a login or by reloading, is led to the page and told so.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def posted(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, **arguments)
            if request.method not in ("GET", "HEAD"):
                return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
            messages.info(request, NOT_DONE)
            query = request.GET.urlencode()
            address = reverse(page, kwargs={name: arguments[name] for name in of})
            return HttpResponseRedirect(f"{address}?{query}" if 0 < len(query) < LONGEST_QUERY else address)

        return posted

    return decorator
