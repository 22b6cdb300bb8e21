"""Forms that are sent to an address of their own, from a page that shows them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse

View = Callable[..., HttpResponseBase]


def posted_from(page: str, *of: str) -> Callable[[View], View]:
    """Return a decorator for the view that takes a form of the named page, found by these of its arguments.

    Whoever comes there without the form, after a login or by reloading, is led to the page.
    """

    def decorator(view: View) -> View:
        @wraps(view)
        def posted(request: HttpRequest, **arguments: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, **arguments)
            query = request.GET.urlencode()
            address = reverse(page, kwargs={name: arguments[name] for name in of})
            return HttpResponseRedirect(f"{address}?{query}" if query else address)

        return posted

    return decorator
