"""What apps above this one add to the page of an account and to Home, named in the settings."""

from collections.abc import Iterator

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string

from accounts.models import Account
from metrics.measures.scope import Scope


def account_panels(request: HttpRequest, account: Account) -> Iterator[str]:
    """Yield the HTML of each panel that has something to show to this user."""
    for path in settings.ACCOUNT_PANELS:
        html = import_string(path)(request, account)
        if html:
            yield html


def home_panels(request: HttpRequest, scope: Scope) -> Iterator[str]:
    """Yield the HTML of each panel that has something to show to this user of the accounts in question."""
    for path in settings.HOME_PANELS:
        html = import_string(path)(request, scope)
        if html:
            yield html
