"""The page of one metric: what it means, how it is computed, and that with the company's own numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.visibility import user_of
from accounts.models import Account, Contact, User
from metrics.measures.dimensions import OF_ANSWERS
from metrics.measures.query import METRICS, NotAsked, ask
from metrics.measures.receipts import Receipt, Row, receipt
from metrics.measures.receipts.rows import cursor_of, key_of
from metrics.measures.scope import NotClosed
from metrics.measures.targets import aim_of
from metrics.pages.examples import worked_example
from metrics.pages.filters import read_filters
from metrics.pages.meanings import GROUPS, MEANINGS
from metrics.pages.windows import MONTHS
from metrics.pages.wording import name_of

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


def metric_list(request: HttpRequest) -> TemplateResponse:
    """Show every metric that the user may see with what it means."""
    viewer = user_of(request)
    context = {
        **admin.site.each_context(request),
        "title": "Metrics",
        "groups": [
            (title, [(name, MEANINGS[name]) for name in names if _may_see(viewer, name)])
            for title, names in GROUPS.items()
            if any(_may_see(viewer, name) for name in names)
        ],
    }
    return TemplateResponse(request, "metrics/metric_list.html", context)


def metric(request: HttpRequest, name: str) -> TemplateResponse:
    """Show what a metric means, and an example worked with what the user may see."""
    context = _asked(request, name)
    scope = context["filters"].scope
    try:
        measure = ask(name, scope)
    except (NotAsked, NotClosed) as fault:
        context["refused"] = str(fault)
    else:
        context |= {
            "measure": measure,
            "aim": aim_of(scope, measure),
            "example": worked_example(measure),
        }
    return TemplateResponse(request, "metrics/metric.html", context)


def metric_rows(request: HttpRequest, name: str) -> TemplateResponse:
    """Show the rows that a metric is made of: its receipt."""
    context = _asked(request, name)
    viewer = user_of(request)
    try:
        found = receipt(name, context["filters"].scope)
    except NotAsked as fault:
        context["refused"] = str(fault)
    else:
        try:
            rows, following = found.page(key_of(request.GET.get("after", "")), ROWS_A_PAGE)
        except (TypeError, ValueError, IndexError):
            context["filters_fault"] = (
                "The address names no row that these begin after: shown from the first."
            )
            rows, following = found.page(None, ROWS_A_PAGE)
        context |= {
            "receipt": found,
            "following": following and cursor_of(following),
            "head": [column.replace("_", " ") for column in found.columns],
            "rows": _shown(found, rows, viewer),
        }
    context["title"] = f"{name_of(name)}: rows"
    return TemplateResponse(request, "metrics/metric_rows.html", context)


def _asked(request: HttpRequest, name: str) -> dict[str, Any]:
    """Return what both pages of a metric share; unknown ones are not found, hidden ones are refused."""
    viewer = user_of(request)
    if name not in METRICS:
        raise Http404(f"There is no metric “{name}”.")
    if not _may_see(viewer, name):
        raise PermissionDenied
    dimensions = [each for each in OF_ANSWERS if each in METRICS[name].dimensions and each != "account"]
    filters = read_filters(request, *dimensions, default="12m", windows=MONTHS, replays=True)
    return {
        **admin.site.each_context(request),
        "title": name_of(name),
        "name": name,
        "meaning": MEANINGS[name],
        "filters": filters,
        "is_revenue": METRICS[name].is_revenue,
    }


def _shown(found: Receipt, rows: Sequence[Row], viewer: User) -> list[list[tuple[str, Any, str]]]:
    """Return the cells of the rows as (column, what is shown, where it leads), accounts by name."""
    shown = [
        _cell(column, {row[place] for row in rows}, viewer) for place, column in enumerate(found.columns)
    ]
    return [
        [(column, *show(value)) for column, show, value in zip(found.columns, shown, row, strict=True)]
        for row in rows
    ]


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


def _may_see(viewer: User, name: str) -> bool:
    return viewer.sees_revenue or not METRICS[name].is_revenue
