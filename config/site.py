"""The admin's site: the theme's, without the work for a list of models that its menu does not show."""

from functools import partial
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite


class Site(UnfoldAdminSite):  # type: ignore[misc]
    """The theme's site, on which only the search and pages of one application read the list of models."""

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return what the user may administer, found out when somebody reads it: a tenth of a plain page."""
        return SimpleLazyObject(partial(super().get_app_list, request, app_label))
