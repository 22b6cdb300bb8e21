"""What a scope of a key means in the permissions of people, so that both are asked the same question."""

from collections.abc import Mapping

from accounts.models import ApiKey, User, Viewer
from accounts.models.keys import SCOPES

MODELS = {
    "accounts": "accounts.{}_account",
    "contacts": "accounts.{}_contact",
    "subscriptions": "accounts.{}_subscription",
    "services": "accounts.{}_servicesmonth",
    "signals": "accounts.{}_signal",
    "events": "accounts.{}_event",
    "surveys": "surveys.{}_survey",
    "campaigns": "surveys.{}_campaign",
    "invitations": "surveys.{}_invitation",
    "responses": "surveys.{}_response",
    "metrics": "metrics.{}_health",
}
# What writing takes where it is not adding, changing and deleting rows of that name.
WRITING = {
    "events": ("accounts.add_event",),
    "campaigns": (
        *(
            f"surveys.{verb}_{model}"
            for verb in ("add", "change", "delete")
            for model in ("audience", "campaign")
        ),
        "surveys.approve_campaign",
    ),
    "invitations": ("surveys.add_invitation",),
    "responses": ("surveys.change_survey",),
}
# An export holds what its maker may read anyway.
OTHERS: Mapping[str, tuple[str, ...]] = {
    "revenue": ("accounts.view_revenue",),
    "personal": ("accounts.view_contact",),
    "exports:read": (),
    "exports:write": (),
}


def scopes_within(user: User) -> list[str]:
    """Return the scopes that give no right beyond the user's own (SECURITY T28)."""
    return [scope for scope in SCOPES if user.has_perms(rights_of(scope))]


def may_read(viewer: Viewer, resource: str) -> bool:
    """Whether the viewer, a person or a key, may read rows of the resource."""
    if isinstance(viewer, ApiKey):
        return f"{resource}:read" in viewer.scopes
    return isinstance(viewer, User) and viewer.is_active and viewer.has_perms(rights_of(f"{resource}:read"))


def rights_of(scope: str) -> tuple[str, ...]:
    """Return the permissions that a person has who may do what the scope allows."""
    if scope in OTHERS:
        return OTHERS[scope]
    resource, _, verb = scope.partition(":")
    if verb == "read":
        return (MODELS[resource].format("view"),)
    return WRITING.get(resource) or tuple(
        MODELS[resource].format(verb) for verb in ("add", "change", "delete")
    )
