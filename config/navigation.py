from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from followups.pages import reports
from metrics.pages.registry import menu

# Title, symbol and model of each link, by group.
LISTS = {
    "Listen": (
        ("Programmes", "campaign", "surveys.programme"),
        ("Surveys", "quiz", "surveys.survey"),
        ("Responses", "forum", "surveys.response"),
    ),
    "Ask": (
        ("Campaigns", "send", "surveys.campaign"),
        ("Audiences", "group_work", "surveys.audience"),
        ("Invitations", "outgoing_mail", "surveys.invitation"),
        ("Mails", "mail", "surveys.mail"),
        ("Contact policy", "do_not_disturb_on", "surveys.contactpolicy"),
        ("Suppressed addresses", "block", "surveys.suppression"),
        ("Links and embeds", "link", "surveys.collector"),
        ("Quotas", "pie_chart", "surveys.quota"),
    ),
    "Act": (
        ("Follow-ups", "task_alt", "followups.followup"),
        ("Follow-up rules", "rule", "followups.rule"),
        ("Reports by mail", "mark_email_read", "followups.mailing"),
        ("Reports sent", "outbox", "followups.delivery"),
    ),
    "Customers": (
        ("Accounts", "domain", "accounts.account"),
        ("Contacts", "contacts", "accounts.contact"),
        ("Subscriptions", "contract", "accounts.subscription"),
        ("Services", "handyman", "accounts.servicesmonth"),
        ("Signals", "monitoring", "accounts.signal"),
        ("Events", "bolt", "accounts.event"),
    ),
    "Data": (
        ("Imports", "upload", "accounts.tableimport"),
        ("Exports", "download", "accounts.export"),
        ("Closed months", "event_available", "metrics.close"),
    ),
    "Settings": (
        ("Users", "person", "accounts.user"),
        ("Who is in which team", "group_add", "accounts.team"),
        ("Roles", "badge", "auth.group"),
        ("API keys", "key", "accounts.apikey"),
        ("Themes of comments", "sell", "metrics.taxonomy"),
        ("Signals from events", "conversion_path", "accounts.signalrule"),
        ("Exchange rates", "currency_exchange", "accounts.exchangerate"),
        ("History", "history", "admin.logentry"),
    ),
}


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
