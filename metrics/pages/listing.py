"""Rows of a receipt on a page: so many at once, each leading to what it names."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.http import HttpRequest, QueryDict
from django.urls import reverse

from accounts.admin.visibility import user_of
from accounts.models import Account, Contact, User
from metrics.measures.receipts import Receipt, Row
from metrics.measures.receipts.rows import cursor_of, key_of
from surveys.asking.policy import Protected

ROWS_A_PAGE = 100
# What names a row of its own: who may open it, and on which page.
OPENED: Mapping[str, tuple[str, str]] = {
    "account": ("accounts.view_account", "account"),
    "contact": ("accounts.view_contact", "admin:accounts_contact_change"),
    "invitation": ("surveys.view_invitation", "admin:surveys_invitation_change"),
    "response": ("surveys.view_response", "response"),
    "subscription": ("accounts.view_subscription", "admin:accounts_subscription_change"),
}
# What is shown by its name rather than by its number.
NAMED: Mapping[str, type[Account] | type[Contact]] = {"account": Account, "contact": Contact}


class ContactRow(NamedTuple):
    """A contact in a list, what stands against asking them, and on which day where it is one of several."""

    contact: Contact
    block: Protected | None
    day: date | None = None


def read_known(asked: QueryDict, known: Mapping[str, Collection[str]]) -> tuple[dict[str, str], list[str]]:
    """Return what an address asks for by each name, "" for nothing known, and in words what there is not."""
    said = {name: asked.get(name, "") for name in known}
    faults = [
        f"There is no {name} “{value[:60]}” here: left out."
        for name, value in said.items()
        if value and value not in known[name]
    ]
    return {name: value if value in known[name] else "" for name, value in said.items()}, faults


def listing_of(request: HttpRequest, found: Receipt) -> dict[str, Any]:
    """Return the rows that the address asks for, from the first where it names none, and what comes after."""
    viewer, fault = user_of(request), ""
    try:
        rows, following = found.page(key_of(request.GET.get("after", "")), ROWS_A_PAGE)
    except (TypeError, ValueError, IndexError):
        fault = "The address names no row that these begin after: shown from the first."
        rows, following = found.page(None, ROWS_A_PAGE)
    return {
        "receipt": found,
        "filters_fault": fault,
        "following": following and cursor_of(following),
        "head": [column for column in found.columns if column != _twice(viewer)],
        "rows": _shown(found, rows, viewer),
    }


def _shown(found: Receipt, rows: Sequence[Row], viewer: User) -> list[list[tuple[str, Any, str]]]:
    """Return the cells of the rows as (column, what is shown, where it leads), each account once, by name."""
    unshown = _twice(viewer)
    shown = [
        _cell(column, {row[place] for row in rows}, viewer) for place, column in enumerate(found.columns)
    ]
    return [
        [
            (column, *show(value))
            for column, show, value in zip(found.columns, shown, row, strict=True)
            if column != unshown
        ]
        for row in rows
    ]


def _twice(viewer: User) -> str:
    """Return the column that says what another does: whoever may open accounts sees them by name."""
    return "name" if viewer.has_perm(OPENED["account"][0]) else ""


def _cell(column: str, values: set[Any], viewer: User) -> Callable[[Any], tuple[Any, str]]:
    """Return how a value of a column is shown, and where it leads: '' where the viewer may not follow."""
    if column == "role":
        return lambda role: (Contact.Role(role).label if role else role, "")
    permission, page = OPENED.get(column, ("", ""))
    if not page or not viewer.has_perm(permission):
        return lambda value: (value, "")
    if column not in NAMED:
        return lambda value: (str(value)[:8], reverse(page, args=[value]))
    named = NAMED[column].objects.visible_to(viewer).in_bulk(values - {None})
    return lambda value: (named[value], reverse(page, args=[value])) if value in named else (value, "")
