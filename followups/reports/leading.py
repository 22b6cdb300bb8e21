"""Where the numbers of a report lead: to pages that its reader may open."""

from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from metrics.formulas.days import Window
from metrics.pages.registry import PAGES

RIGHTS = {page.name: page for page in PAGES}


def page_for(reader: User, name: str, days: Window, anchor: str = "", **asked: str) -> str:
    """Return the address of a page of these days, asked for what is named, "" where the reader may not go."""
    query = {"from": days.start, "to": days.end - timedelta(days=1), **asked}
    return for_reader(reader, name, f"{reverse(name)}?{urlencode(query)}{anchor and f'#{anchor}'}")


def for_reader(reader: User, name: str, address: str) -> str:
    """Return an address of the named page, "" where the reader may not go."""
    return address if RIGHTS[name].is_for(reader) else ""
