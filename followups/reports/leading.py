"""Where the numbers of a report lead: to pages that its reader may open."""

from collections.abc import Iterable
from datetime import date, timedelta
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from followups.models import FollowUp
from metrics.formulas.days import Window
from metrics.formulas.health import Band
from metrics.pages.registry import PAGES

UNFINISHED = (FollowUp.State.OPEN.value, FollowUp.State.IN_PROGRESS.value)
RIGHTS = {page.name: page for page in PAGES}


def page_for(reader: User, name: str, days: Window, anchor: str = "", **asked: str) -> str:
    """Return the address of a page of these days, asked for what is named, "" where the reader may not go."""
    query = {"from": days.start, "to": days.end - timedelta(days=1), **asked}
    return for_reader(reader, name, f"{reverse(name)}?{urlencode(query)}{anchor and f'#{anchor}'}")


def for_reader(reader: User, name: str, address: str) -> str:
    """Return an address of the named page, "" where the reader may not go."""
    return address if RIGHTS[name].is_for(reader) else ""


def renewals_on(reader: User, day: date, within: int, bands: Iterable[Band] = (), **narrowed: object) -> str:
    """Return the address of the renewals ahead as they stood on a day, of accounts in the bands or in any.

    "" where the reader may not go.
    """
    asked = {"as_of": day, "within": within, "band": [band.value for band in bands], **narrowed}
    return for_reader(reader, "renewals", f"{reverse('renewals')}?{urlencode(asked, doseq=True)}#rows")


def cases_of(**asked: object) -> str:
    """Return the address of the follow-ups that are asked for, which are listed to who may see any."""
    return f"{reverse('admin:followups_followup_changelist')}?{urlencode(asked, doseq=True)}"
