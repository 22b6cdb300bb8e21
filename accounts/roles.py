"""The five roles as groups. Each app's migration grants what that app has; administrators get everything."""

from collections.abc import Mapping
from typing import Any

ADMINISTRATOR, BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER = (
    "administrator",
    "builder",
    "analyst",
    "executive",
    "account manager",
)
ROLES = (ADMINISTRATOR, BUILDER, ANALYST, EXECUTIVE, ACCOUNT_MANAGER)


def grant(apps: Any, app_label: str, grants: Mapping[str, Mapping[str, str]]) -> None:
    """Give roles their permissions in one app, from inside a migration: {model: {role: "add change view …"}}.

    Django creates permissions only after all migrations have run, so the missing ones are created here, with
    the names that it would give them. A verb that holds an underscore is a whole codename ("view_revenue").
    """
    content_types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    groups = apps.get_model("auth", "Group").objects
    for model, roles in grants.items():
        content_type, _ = content_types.get_or_create(app_label=app_label, model=model)
        for role, verbs in roles.items():
            group, _ = groups.get_or_create(name=role)
            for verb in verbs.split():
                codename = verb if "_" in verb else f"{verb}_{model}"
                permission, _ = permissions.get_or_create(
                    content_type=content_type,
                    codename=codename,
                    defaults={"name": f"Can {codename.replace('_', ' ')}"},
                )
                group.permissions.add(permission)
