from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from accounts.models import ApiKey
from accounts.models.keys import hash_of

# Knowing the minute is enough, and saves a write on almost every request.
LAST_USED_STEP = timedelta(minutes=1)


class BearerKey(BaseAuthentication):
    """`Authorization: Bearer esk_…`; a key in the query is never looked at."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        """Return the key as both viewer and credentials, None without the header, or raise."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if not scheme:
            return None
        if scheme.lower() != "bearer":
            raise AuthenticationFailed("Use `Authorization: Bearer` with an API key.")
        now = timezone.now()
        # Found by its hash, so that no comparison's time tells how much of a guess was right.
        key = ApiKey.objects.usable_at(now).filter(secret_hash=hash_of(secret.strip())).first()
        if key is None:
            raise AuthenticationFailed("This key is not known, or no longer valid.")
        if key.last_used_at is None or key.last_used_at < now - LAST_USED_STEP:
            is_stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_STEP)
            ApiKey.objects.filter(is_stale, pk=key.pk).update(last_used_at=now)
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
            if scope not in request.auth.scopes:
                raise PermissionDenied(f"This key lacks the scope {scope}.")
        return True
