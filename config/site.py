"""The admin's site: the theme's, without what its frame would find out anew for every page."""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import SimpleLazyObject
from unfold.settings import get_config
from unfold.sites import UnfoldAdminSite
from unfold.templatetags import unfold_list

from accounts.posted import posted_from


class Site(UnfoldAdminSite):  # type: ignore[misc]
    """The theme's site, on which only the search and pages of one application read the list of models.

    Its settings stay as the process found them, and the sidebar is ours: together a fifth of a plain page.
    """

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return what the user may administer, found out when somebody reads it: a tenth of a plain page."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Return the groups of the sidebar, as our template of it shows them."""
        groups: list[dict[str, Any]] = self._get_value(self._settings["SIDEBAR"]["navigation"], request)
        return groups

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseBase:
        """Log out who asks for it; who only opens the address is led home, still logged in."""
        return posted_from("admin:index")(super().logout)(request, extra_context=extra_context)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        """Offer rows for a field of a form; refuse what is no field, where Django falls over."""
        return Choices.as_view(admin_site=self)(request)

    @cached_property
    def _settings(self) -> dict[str, Any]:
        settings: dict[str, Any] = get_config(self.settings_name)
        return settings

    @cached_property
    def _colors(self) -> dict[str, dict[str, str]]:
        colors: dict[str, dict[str, str]] = super()._get_colors("COLORS")
        return colors

    def _get_config(self, key: str, *args: Any) -> Any:
        value = self._settings.get(key)
        return self._get_value(value, *args) if value else None

    def _get_colors(self, key: str, *args: Any) -> dict[str, dict[str, str]]:
        return self._colors

    def _get_value(self, value: Any, *args: Any) -> Any:
        """Return what a setting says; a text without a dot is no path of a function to look for."""
        if isinstance(value, str) and "." not in value:
            return value
        return super()._get_value(value, *args)


class Choices(AutocompleteJsonView):
    """Django's search for a field's choices; a relation that other models have to this one has none."""

    def process_request(self, request: HttpRequest) -> Any:
        """Return what was asked for; the third of it is the field."""
        asked = super().process_request(request)
        if asked[2].auto_created:
            raise PermissionDenied
        return asked


def heads_of(changes: Any) -> Sequence[dict[str, Any]]:
    """Return the heads of a list's columns, found out once: the theme asks for them again for every row."""
    if not hasattr(changes, "heads"):
        changes.heads = tuple(_found_heads(changes))
    heads: Sequence[dict[str, Any]] = changes.heads
    return heads


_found_heads = unfold_list.result_headers
# The theme has no setting for it, and a third of a list's time went there.
unfold_list.result_headers = heads_of
