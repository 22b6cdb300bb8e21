from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from config.lists import LISTS
from followups.pages import reports
from metrics.pages.registry import menu


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups of the sidebar whose links the user may follow; that of the page itself is active."""
    home = {"title": "Home", "icon": "home", "link": _address("admin:index")}
    groups: list[dict[str, Any]] = [
        {"title": "", "items": [home, *menu(request.user), *menu(request.user, reports.PAGES)]}
    ]
    for title, lists in LISTS.items():
        items = [_link(name, icon, label) for name, icon, label in lists if _may_view(request, label)]
        groups.append({"title": title, "items": items})
    for item in (each for group in groups for each in group["items"]):
        is_below = item is not home and request.path.startswith(item["link"])
        item["is_active"] = is_below or item["link"] == request.path
    return [group for group in groups if group["items"]]


def _may_view(request: HttpRequest, label: str) -> bool:
    return admin.site.get_model_admin(apps.get_model(label)).has_view_permission(request)


def _link(title: str, icon: str, label: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": _address(f"admin:{label.replace('.', '_')}_changelist"),
    }


# Looked up once: the menu names forty, on every page.
_address = cache(reverse)
