"""So many calls a minute for each key, counted by the database: no other server has to be up for it."""

from typing import Any, NamedTuple

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from accounts.models import ApiKey


class Allowance(NamedTuple):
    """How many calls a key may make in a minute, how many are left, and in how many seconds it ends."""

    limit: int
    remaining: int
    reset: int

    def headers(self) -> dict[str, str]:
        """Return what an answer says of it."""
        return {f"RateLimit-{name.title()}": str(value) for name, value in self._asdict().items()}


class CallsPerMinute(BaseThrottle):
    """Refuses the calls beyond `API_CALLS_PER_MINUTE`; 0 lets all pass. `admit_call` has counted."""

    reset = 0

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the key's minute has room for this call; the view's answer says how much is left."""
        limit, key = settings.API_CALLS_PER_MINUTE, request.auth
        if not limit or not isinstance(key, ApiKey):
            return True
        self.reset = key.seconds_left
        view.allowance = Allowance(limit, max(limit - key.calls, 0), self.reset)
        return bool(key.calls <= limit)

    def wait(self) -> float:
        """Return the seconds until the next minute."""
        return self.reset
