"""The page of one metric: what it means, how it is computed, and that with the company's own numbers."""

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
from metrics.measures.receipts import Receipt, receipt
from metrics.measures.receipts.rows import cursor_of, key_of
from metrics.measures.targets import aim_of
from metrics.pages.examples import worked_example
from metrics.pages.filters import read_filters
from metrics.pages.meanings import GROUPS, MEANINGS
from metrics.pages.windows import MONTHS
from metrics.pages.wording import name_of

ROWS_A_PAGE = 100


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
    except NotAsked as fault:
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
    filters = read_filters(request, *dimensions, default="12m", windows=MONTHS)
    return {
        **admin.site.each_context(request),
        "title": name_of(name),
        "name": name,
        "meaning": MEANINGS[name],
        "filters": filters,
        "is_revenue": METRICS[name].is_revenue,
    }


def _shown(found: Receipt, rows: Any, viewer: User) -> list[list[tuple[str, Any, str]]]:
    """Return the cells of the rows as (column, value, where it leads), accounts by name."""
    place = found.columns.index("account") if "account" in found.columns else None
    names: dict[Any, Account] = {}
    if place is not None:
        names = Account.objects.visible_to(viewer).in_bulk({row[place] for row in rows if row[place]})
    shown = []
    for row in rows:
        cells: list[tuple[str, Any, str]] = []
        for column, value in zip(found.columns, row, strict=True):
            if column == "account" and (account := names.get(value)):
                cells.append((column, account, account.get_absolute_url()))
            elif column == "response" and viewer.has_perm("surveys.view_response"):
                cells.append((column, value[:8], reverse("response", args=[value])))
            elif column == "role" and value:
                cells.append((column, Contact.Role(value).label, ""))
            else:
                cells.append((column, value, ""))
        shown.append(cells)
    return shown


def _may_see(viewer: User, name: str) -> bool:
    return viewer.sees_revenue or not METRICS[name].is_revenue
