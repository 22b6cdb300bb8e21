from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.actions.keys import admit_call
from accounts.models import ApiKey
from accounts.models.keys import SCOPES


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer esk_…`; a key in the query is never looked at."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        """Return the key as both viewer and credentials, None without the header, or raise."""
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Use `Authorization: Bearer` with an API key.")
        # Found by its hash, so that no comparison's time tells how much of a guess was right.
        is_counted = settings.API_CALLS_PER_MINUTE > 0
        key = admit_call(secret.strip(), is_counted=is_counted, now=timezone.now())
        if key is None:
            raise AuthenticationFailed("This key is not known, or no longer valid.")
        return key, key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that makes a refusal a 401."""
        return "Bearer"


class HasScope(BasePermission):
    """The view's resource with the method's verb, and the view's further scopes, must be among the key's."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether there is a key that may read (GET, HEAD) or write (everything else) here, or raise."""
        if not isinstance(request.auth, ApiKey):
            return False
        verb = "read" if request.method in ("GET", "HEAD") else "write"
        for scope in (f"{view.resource}:{verb}", *view.further_scopes):
            if scope not in SCOPES:
                raise MethodNotAllowed(str(request.method))
            if scope not in request.auth.scopes:
                raise PermissionDenied(f"This key lacks the scope {scope}.")
        return True
