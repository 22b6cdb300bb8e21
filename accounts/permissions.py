"""What a user may do, read at once."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission


class OneQuery(ModelBackend):
    """Django's own users and permissions; every page needs both kinds, one's own and those of roles."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """Return the user's permissions as "app.codename", kept on the user, in one query for both kinds."""
        if user_obj.is_superuser or not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            found: set[str] = super().get_all_permissions(user_obj, obj)
            return found
        if not hasattr(user_obj, "_perm_cache"):
            own, of_roles = (
                Permission.objects.filter(**{by: user_obj})
                .order_by()
                .values_list("content_type__app_label", "codename")
                for by in ("user", "group__user")
            )
            user_obj._perm_cache = {f"{app}.{codename}" for app, codename in own.union(of_roles)}
        kept: set[str] = user_obj._perm_cache
        return kept
