"""How the admin looks: settings of django-unfold. Everything is served from here, nothing from elsewhere."""

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static


def icon(request: HttpRequest) -> str:
    """Return the address of our icon."""
    return static("brand/icon.svg")


def style(request: HttpRequest) -> str:
    """Return the address of what we add to the theme's style."""
    return static("brand/admin.css")


def script(request: HttpRequest) -> str:
    """Return the address of what we add to the theme's script."""
    return static("brand/admin.js")


def login_image(request: HttpRequest) -> str:
    """Return the address of the picture beside the login form."""
    return static("brand/login.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Earshot",
    "SITE_HEADER": "Earshot",
    "SITE_SUBHEADER": "Voice of the customer",
    "SITE_URL": None,
    "DASHBOARD_CALLBACK": "metrics.pages.home.dashboard",
    "SITE_ICON": icon,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "STYLES": [style],
    "SCRIPTS": [script],
    "SHOW_BACK_BUTTON": True,
    "SHOW_VIEW_ON_SITE": False,
    "LOGIN": {"image": login_image, "form": "accounts.login.LoginForm"},
    "SIDEBAR": {"show_search": False, "navigation": "config.navigation.sidebar"},
    # White on 600 and 500 on the darkest ground both reach a contrast of 5:1.
    "COLORS": {
        "primary": {
            "50": "#eef2ff",
            "100": "#e0e7ff",
            "200": "#c7d2fe",
            "300": "#a5b4fc",
            "400": "#818cf8",
            "500": "#818cf8",
            "600": "#4338ca",
            "700": "#3730a3",
            "800": "#312e81",
            "900": "#272463",
            "950": "#1e1b4b",
        },
    },
}
